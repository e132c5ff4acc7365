from __future__ import annotations

import struct
import tempfile
from itertools import pairwise
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.indexing.flat_file import RowFile, flat_header, npy_header, read_flat


def vectors(rows: int, dimension: int, seed: int = 0) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)


def flat_index(values: npt.NDArray[np.float32]) -> faiss.IndexFlatIP:
    index = faiss.IndexFlatIP(values.shape[1])
    index.add(values)
    return index


# At 64, 256 and 16384 a counter of faiss read from a byte beside its own looks like another one.
@settings(deadline=None)
@given(dimension=st.integers(1, 1100), rows=st.integers(0, 9))
@example(dimension=1, rows=3)
@example(dimension=4, rows=1)
@example(dimension=64, rows=0)
@example(dimension=64, rows=5)
@example(dimension=256, rows=5)
@example(dimension=1024, rows=2)
@example(dimension=16384, rows=3)
def test_header_and_rows_are_the_bytes_that_faiss_writes(dimension: int, rows: int) -> None:
    values = vectors(rows, dimension)
    index = faiss.IndexFlatIP(dimension)
    if rows:
        index.add(values)
    assert flat_header(dimension, rows) + values.tobytes() == faiss.serialize_index(index).tobytes()


@pytest.mark.parametrize("dimension", [3, 64, 256, 384])
@pytest.mark.parametrize("rows", [10**6, 2**31 + 1, 10**12])
def test_the_header_counts_rows_that_no_memory_holds(dimension: int, rows: int) -> None:
    header, one = flat_header(dimension, rows), flat_header(dimension, 1)
    numbers = [struct.unpack_from("<q", header, at)[0] for at in range(len(header) - 7)]
    assert rows in numbers
    assert rows * dimension in numbers
    assert len(header) == len(one)
    assert sum(a != b for a, b in zip(header, one, strict=True)) <= 16


@settings(deadline=None)
@given(dimension=st.sampled_from([1, 3, 64, 256, 300]), rows=st.integers(0, 40))
def test_what_faiss_wrote_is_read_back_in_place(dimension: int, rows: int) -> None:
    values = vectors(rows, dimension)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "index")
        faiss.write_index(flat_index(values), str(file))
        found = read_flat(file)
        assert isinstance(found, np.memmap)
        assert found.dtype == np.float32
        assert not found.flags.writeable
        np.testing.assert_array_equal(found, values)


@settings(deadline=None)
@given(
    rows=st.integers(1, 40),
    cuts=st.sets(st.integers(1, 39), max_size=6),
    reopen=st.booleans(),
    kind=st.sampled_from(["flat", "wide", "narrow"]),
    random=st.randoms(use_true_random=False),
)
def test_rows_written_in_any_order_and_number_of_goes_give_the_array(
    rows: int, cuts: set[int], reopen: bool, kind: str, random: object
) -> None:
    values: npt.NDArray[np.generic] = vectors(rows, 5)
    header = flat_header(5, rows)
    if kind == "wide":
        header = npy_header((rows, 5), "<f4")
    elif kind == "narrow":
        values = np.arange(rows, dtype=np.int64) ** 3
        header = npy_header((rows,), "<i8")
    bounds = [0, *sorted(cut for cut in cuts if cut < rows), rows]
    pieces = list(pairwise(bounds))
    random.shuffle(pieces)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows")
        row_bytes = values[:1].nbytes
        file = RowFile(path, header, row_bytes)
        for start, stop in pieces:
            # Every other value of a twice as large array: not contiguous in memory.
            file.write(start, np.repeat(values[start:stop], 2, axis=0)[::2])
            if reopen:
                file = RowFile(path, header, row_bytes)
            assert file.read(start, stop - start) == values[start:stop].tobytes()
        assert file.read(0, rows + 1) == values.tobytes()
        if kind == "flat":
            found: npt.NDArray[np.generic] = read_flat(path)
            index = faiss.read_index(str(path))
            assert (index.ntotal, index.metric_type) == (rows, faiss.METRIC_INNER_PRODUCT)
        else:
            found = np.load(path, mmap_mode="r")
        np.testing.assert_array_equal(found, values)


def test_a_written_piece_is_in_the_file_at_once_and_the_file_is_not_left_open(tmp_path: Path) -> None:
    values = vectors(4, 3)
    before = len(list(Path("/proc/self/fd").iterdir()))
    file = RowFile(tmp_path / "rows.npy", npy_header((4, 3), "<f4"), 12)
    file.write(0, values)
    file.read(0, 4)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    np.testing.assert_array_equal(np.load(tmp_path / "rows.npy"), values)


@pytest.mark.parametrize("shape", [(7,), (0,), (123456, 384)])
def test_npy_headers_are_numpys_own(tmp_path: Path, shape: tuple[int, ...]) -> None:
    for dtype in ("<f4", "<i8"):
        file = tmp_path / f"{dtype[1:]}.npy"
        np.lib.format.open_memmap(file, mode="w+", dtype=dtype, shape=shape) if 0 not in shape else np.save(
            file, np.zeros(shape, dtype)
        )
        header = npy_header(shape, dtype)
        with file.open("rb") as handle:
            assert handle.read(len(header)) == header


@pytest.mark.parametrize(
    ("factory", "metric"),
    [
        ("Flat", faiss.METRIC_L2),
        ("Flat", faiss.METRIC_L1),
        ("HNSW8", faiss.METRIC_INNER_PRODUCT),
        ("SQfp16", faiss.METRIC_INNER_PRODUCT),
        ("IDMap,Flat", faiss.METRIC_INNER_PRODUCT),
        ("Flat,RFlat", faiss.METRIC_INNER_PRODUCT),
    ],
)
def test_only_flat_inner_product_indexes_hold_the_vectors(tmp_path: Path, factory: str, metric: int) -> None:
    index = faiss.index_factory(8, factory, metric)
    if "IDMap" in factory:
        index.add_with_ids(vectors(10, 8), np.arange(10))
    else:
        index.train(vectors(10, 8))
        index.add(vectors(10, 8))
    faiss.write_index(index, str(tmp_path / "index"))
    with pytest.raises(InvalidInput, match=r"index: starts with b.*a flat inner-product index .*--factory Flat"):
        read_flat(tmp_path / "index")


def test_a_missing_index_file_is_missing(tmp_path: Path) -> None:
    for file in (tmp_path / "index", tmp_path):
        with pytest.raises(MissingInput, match="a Pyserini index folder holds index and docid"):
            read_flat(file)


@settings(deadline=None)
@given(cut=st.integers(0, 45 + 4 * 8 * 10 - 1), more=st.sampled_from([b"", b"more"]))
@example(cut=45 + 4 * 8 * 10, more=b"more")
def test_an_index_file_that_is_not_whole_is_invalid(cut: int, more: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "index")
        whole = faiss.serialize_index(flat_index(vectors(10, 8))).tobytes()
        assume(cut + len(more) != len(whole))
        file.write_bytes(whole[:cut] + more)
        with pytest.raises(InvalidInput, match=r"index: (starts with b|\d+ bytes; )"):
            read_flat(file)


def test_the_sizes_of_a_cut_file_are_named(tmp_path: Path) -> None:
    file = tmp_path / "index"
    file.write_bytes(faiss.serialize_index(flat_index(vectors(10, 8))).tobytes()[:-1])
    with pytest.raises(InvalidInput, match=r"index: 364 bytes; 10 vectors of 8 dimensions take 365"):
        read_flat(file)


@settings(deadline=None)
@given(content=st.binary(max_size=80), kind=st.sampled_from([b"", b"IxFI"]))
def test_any_bytes_are_invalid(content: bytes, kind: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "index")
        file.write_bytes(kind + content)
        with pytest.raises(InvalidInput, match=r"index: (starts with b|-?\d+ bytes; )"):
            read_flat(file)
