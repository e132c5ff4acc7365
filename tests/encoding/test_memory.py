from __future__ import annotations

import logging

import pytest
import torch

from pyserini_xqg.encoding.memory import MemoryLimit, out_of_memory
from pyserini_xqg.errors import XqgError


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA"),
        RuntimeError("CUDA failed with error out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("MPS backend out of memory (MPS allocated: 8.0 GB)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: not enough memory: you tried to allocate 8"),
        RuntimeError("std::bad_alloc"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_a_lack_of_memory_is_recognised(error: Exception) -> None:
    assert out_of_memory(error)
    assert not out_of_memory(RuntimeError("something else"))
    # A file of that name is no lack of it.
    assert not out_of_memory(FileNotFoundError("out of memory.txt"))


def test_a_batch_is_halved_until_it_fits_and_later_ones_are_no_larger(caplog: pytest.LogCaptureFixture) -> None:
    asked = []

    def run(part: slice) -> list[int]:
        asked.append((part.start, part.stop))
        if part.stop - part.start > 4:
            raise MemoryError
        return list(range(100))[part]

    memory = MemoryLimit()
    with caplog.at_level(logging.WARNING, logger="pyserini_xqg"):
        pieces = memory.run(run, 13, 10, str, "texts")
    assert [each for piece in pieces for each in piece] == list(range(13))
    assert asked == [(0, 13), (0, 6), (0, 3), (3, 6), (6, 9), (9, 12), (12, 13)]
    assert "out of memory at 13 texts; going on with half as many" in caplog.text
    caplog.clear()
    assert memory.run(run, 3, 10, str) == [[0, 1, 2]]
    # Longer ones take as many tokens together, and shorter ones too.
    assert memory.run(run, 3, 20, str) == [[0], [1], [2]]
    assert memory.run(run, 4, 5, str) == [[0, 1, 2, 3]]
    assert memory.run(run, 2, 1000, str) == [[0], [1]]
    assert caplog.text == ""
    assert MemoryLimit().run(run, 4, 10**9, str) == [[0, 1, 2, 3]]


def test_what_does_not_fit_alone_or_fails_otherwise_is_an_error() -> None:
    def run(part: slice) -> int:
        if part.start <= 2 < part.stop:
            raise torch.OutOfMemoryError("out of memory")
        return 0

    with pytest.raises(XqgError, match="item 2 is too large") as error:
        MemoryLimit().run(run, 5, 1, lambda number: f"item {number} is too large")
    assert isinstance(error.value.__cause__, torch.OutOfMemoryError)

    def fail(part: slice) -> int:
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        MemoryLimit().run(fail, 5, 1, str)
