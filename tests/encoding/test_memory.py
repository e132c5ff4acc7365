from __future__ import annotations

import logging

import pytest
import torch

from pyserini_xqg.encoding.memory import in_halves, out_of_memory
from pyserini_xqg.errors import XqgError


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA"),
        RuntimeError("CUDA failed with error out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_a_lack_of_memory_is_recognised(error: Exception) -> None:
    assert out_of_memory(error)
    assert not out_of_memory(RuntimeError("something else"))


def test_a_batch_is_halved_until_it_fits(caplog: pytest.LogCaptureFixture) -> None:
    asked = []

    def run(part: slice) -> list[int]:
        asked.append((part.start, part.stop))
        if part.stop - part.start > 4:
            raise MemoryError
        return list(range(100))[part]

    with caplog.at_level(logging.WARNING, logger="pyserini_xqg"):
        pieces = in_halves(run, 0, 13, str, "texts")
    assert [each for piece in pieces for each in piece] == list(range(13))
    assert asked == [(0, 13), (0, 6), (0, 3), (3, 6), (6, 13), (6, 9), (9, 13)]
    assert "out of memory at 13 texts; going on with half as many" in caplog.text
    assert in_halves(run, 2, 5, str) == [[2, 3, 4]]


def test_what_does_not_fit_alone_or_fails_otherwise_is_an_error() -> None:
    def run(part: slice) -> int:
        if part.start <= 2 < part.stop:
            raise torch.OutOfMemoryError("out of memory")
        return 0

    with pytest.raises(XqgError, match="item 2 is too large") as error:
        in_halves(run, 0, 5, lambda number: f"item {number} is too large")
    assert isinstance(error.value.__cause__, torch.OutOfMemoryError)

    def fail(part: slice) -> int:
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        in_halves(fail, 0, 5, str)
