from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.errors import XqgError
from pyserini_xqg.indexing.augmentation import AugmentedPart
from pyserini_xqg.indexing.flat_file import read_flat
from pyserini_xqg.indexing.vector_files import VectorFiles

ROWS, DIMENSION, SIZE = 11, 4, 3
LANGUAGES = ("fi", "ru")
VECTORS = np.random.default_rng(0).standard_normal((4, ROWS, DIMENSION)).astype(np.float32)
COUNTS = np.arange(2 * ROWS).reshape(2, ROWS) % 3


def opened(folder: Path, keep: bool = True) -> VectorFiles:
    return VectorFiles(folder, ROWS, DIMENSION, SIZE, LANGUAGES, keep, (1,) if keep else ())


def part(number: int) -> AugmentedPart:
    rows = slice(number * SIZE, (number + 1) * SIZE)
    sums = VECTORS[2:, rows]
    return AugmentedPart(
        number, number * SIZE, VECTORS[0, rows], VECTORS[1, rows], sums, COUNTS[:, rows], sums[None] + 1, {}
    )


def files_of(folder: Path) -> dict[str, bytes]:
    found = (file for file in sorted(folder.rglob("*")) if file.is_file() and "parts" not in file.parts)
    return {str(file.relative_to(folder)): file.read_bytes() for file in found}


@pytest.mark.slow
@settings(deadline=None)
@given(
    keep=st.booleans(),
    order=st.permutations(range(4)),
    stop=st.integers(0, 4),
    harmed=st.integers(0, 6 * 200),
    data=st.data(),
)
def test_parts_in_any_order_with_a_stop_and_damage_between_end_with_the_same_files(
    keep: bool, order: list[int], stop: int, harmed: int, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        files = opened(Path(one), keep)
        for number in range(4):
            files.write(part(number))
        counted = files.query_counts()
        assert counted == (int((COUNTS.sum(axis=0) == 0).sum()), dict(zip(LANGUAGES, COUNTS.sum(axis=1), strict=True)))
        files = opened(Path(other), keep)
        for number in order[:stop]:
            files.write(part(number))
        name = data.draw(st.sampled_from(sorted(files_of(Path(other)))))
        whole = bytearray((Path(other) / name).read_bytes())
        if harmed < len(whole):
            whole[harmed] ^= 1
        (Path(other) / name).write_bytes(whole)
        files = opened(Path(other), keep)
        missing = set(files.parts.missing())
        assert missing >= set(order[stop:])
        for number in (number for number in reversed(order) if number in missing):
            files.write(part(number))
        assert files.query_counts() == counted
        assert files_of(Path(one)) == files_of(Path(other))
        np.testing.assert_array_equal(read_flat(Path(other, VectorFiles.FLAT)), VECTORS[0])


def test_a_disk_without_the_space_is_named_before_any_work(full_disk: Path) -> None:
    with pytest.raises(XqgError, match=r"the vectors need 0\.1 GB more and .* has 0\.0 GB free"):
        VectorFiles(full_disk, 10**6, 32, SIZE, LANGUAGES, False)
    assert list(full_disk.iterdir()) == []
