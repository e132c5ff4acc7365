"""Files of vectors: Anserini's JSON lines, and Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.errors import MissingPrerequisite, install_extra
from pyserini_xqg.export.rows import Blocks

# Nine digits tell all float32 numbers apart; with sign, exponent and comma no number takes more bytes.
DIGITS, NUMBER_BYTES = "%.9g", 16

Writer = Callable[[Path, Blocks, int], None]


def as_list(vector: Vectors) -> str:
    """A vector as a JSON list that is read back to the same float32 numbers."""
    return "[" + ",".join([DIGITS] * len(vector)) % tuple(vector.tolist()) + "]"


def write_jsonl(file: Path, blocks: Blocks, dimension: int) -> None:
    """Write ``{"docid": ..., "vector": [...]}`` lines, as Anserini's JsonDenseVectorCollection reads them."""
    with file.open("w", encoding="utf-8", newline="\n") as handle:
        for ids, vectors in blocks:
            for identifier, vector in zip(ids, vectors, strict=True):
                handle.write(f'{{"docid": {json.dumps(identifier)}, "vector": {as_list(vector)}}}\n')


def write_parquet(file: Path, blocks: Blocks, dimension: int) -> None:
    """Write the columns ``docid`` (string) and ``vector`` (list of float32), a row group a block.

    All lists have the size `dimension`. That is not in the schema: Milvus takes lists, but not Arrow's lists of fixed
    size, and LanceDB and Lucene find out for themselves.
    """
    import pyarrow as pa
    from pyarrow import parquet

    vector = pa.list_(pa.float32(), dimension)
    schema = pa.schema([pa.field("docid", pa.string(), False), pa.field("vector", vector, False)])
    # Numbers of vectors hardly repeat, and do not compress.
    plain = {"compression": "none", "use_dictionary": False, "write_statistics": ["docid"], "store_schema": False}
    with parquet.ParquetWriter(file, schema, **plain) as writer:
        for ids, vectors in blocks:
            numbers = pa.array(np.ascontiguousarray(vectors).reshape(-1))
            rows = pa.FixedSizeListArray.from_arrays(numbers, type=vector)
            writer.write_table(pa.table([pa.array(ids), rows], schema=schema), row_group_size=len(ids))


def require_pyarrow() -> None:
    """Check that Parquet can be written.

    Raises
    ------
    MissingPrerequisite
        pyarrow is not installed.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise MissingPrerequisite(f"Parquet needs the package pyarrow ({error}): {install_extra('parquet')}") from error
