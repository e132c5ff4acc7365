from __future__ import annotations

import json
import sys
from pathlib import Path

import faiss
import numpy as np
import pytest
from pyarrow import dataset, parquet

from pyserini_xqg.errors import InvalidInput, MissingInput, MissingPrerequisite, UsageError, XqgError
from pyserini_xqg.export import ExportSettings, export_index, rows
from tests.conftest import call
from tests.fixtures.processes import start_and_kill
from tests.indexing.helpers import files_of, records, vectors_of


def exported(folder: Path) -> tuple[list[str], np.ndarray]:
    lines = [line for file in sorted((folder / "vectors").iterdir()) for line in records(file)]
    return [line["docid"] for line in lines], np.array([line["vector"] for line in lines], dtype=np.float32)


def test_json_lines_hold_the_same_numbers_in_the_same_order(stock_index, tmp_path) -> None:
    index = stock_index()
    made = export_index(index, tmp_path / "out", ExportSettings("jsonl", part_size=10))
    ids, vectors = exported(tmp_path / "out")
    assert ids == [f"d{row}" for row in range(23)]
    assert np.array_equal(vectors, vectors_of(index))
    assert [len(records(file)) for file in sorted((tmp_path / "out" / "vectors").iterdir())] == [10, 10, 3]
    assert made.counts == {"passages": 23, "dimension": 8}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out", "stock"]


def test_parquet_has_plain_lists_in_row_groups(stock_index, tmp_path, monkeypatch) -> None:
    index = stock_index()
    monkeypatch.setattr(rows, "BLOCK_BYTES", 4 * 4 * 8)
    export_index(index, tmp_path / "out", ExportSettings("parquet", part_size=10))
    found = dataset.dataset(tmp_path / "out" / "vectors", format="parquet")
    # Not fixed_size_list, which Milvus refuses.
    assert [str(field.type) for field in found.schema] == ["string", "list<element: float>"]
    table = found.to_table()
    assert table["docid"].to_pylist() == [f"d{row}" for row in range(23)]
    assert np.array_equal(np.stack(table["vector"].to_numpy()), vectors_of(index))
    groups = parquet.ParquetFile(tmp_path / "out" / "vectors" / "part-000000.parquet").metadata
    assert [groups.row_group(number).num_rows for number in range(groups.num_row_groups)] == [4, 4, 2]


def test_the_same_export_again_does_nothing_and_another_one_is_refused(stock_index, tmp_path) -> None:
    index, out = stock_index(), tmp_path / "out"
    settings = ExportSettings("jsonl")
    export_index(index, out, settings)
    before = [file.stat().st_mtime_ns for file in sorted(out.rglob("*"))]
    export_index(index, out, settings)
    assert [file.stat().st_mtime_ns for file in sorted(out.rglob("*"))] == before
    with pytest.raises(UsageError, match=r"part_size was 65536, now 5"):
        export_index(index, out, ExportSettings("jsonl", part_size=5))


@pytest.mark.slow
@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_a_killed_export_shows_nothing_and_goes_on_to_the_same_bytes(format: str, stock_index, tmp_path) -> None:
    index = stock_index(1800, 32)
    command = ["export", index, "--format", format, "--part-size", 30]
    partial = tmp_path / "out.partial" / "parts"
    start_and_kill([*command, "--to", tmp_path / "out"], lambda: len(list(partial.rglob("*.json"))) > 5)
    assert not (tmp_path / "out").exists()
    done = {file: file.stat().st_mtime_ns for file in (tmp_path / "out.partial" / "vectors").glob(f"*.{format}")}
    assert 5 < len(done) < 60
    assert call(*command, "--to", tmp_path / "out") == 0
    assert call(*command, "--to", tmp_path / "whole") == 0
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")
    for file, written in sorted(done.items())[:5]:  # the last one may have had no marker yet
        assert (tmp_path / "out" / "vectors" / file.name).stat().st_mtime_ns == written


def test_an_index_that_is_not_flat_or_not_whole_is_refused(stock_index, tmp_path) -> None:
    index, out = stock_index(), tmp_path / "out"
    ids = (index / "docid").read_text()
    broken = {"more": (ids + "d23\n", "more ids"), "fewer": (ids[:-4], "22 ids")}
    broken["empty"] = (ids.replace("d7\n", "\n"), ":8: the id")
    for name, (lines, said) in broken.items():
        (index / "docid").write_text(lines)
        with pytest.raises(InvalidInput, match=said):
            export_index(index, tmp_path / name, ExportSettings("jsonl"))
        assert not (tmp_path / name).exists()
    (index / "docid").unlink()
    with pytest.raises(MissingInput, match="docid: no such file"):
        export_index(index, out, ExportSettings("jsonl"))
    graph = faiss.IndexHNSWFlat(8, 4, faiss.METRIC_INNER_PRODUCT)
    graph.add(np.ones((3, 8), dtype=np.float32))
    faiss.write_index(graph, str(index / "index"))
    with pytest.raises(InvalidInput, match="Build one with --factory Flat"):
        export_index(index, out, ExportSettings("jsonl"))
    assert not out.exists()


def test_a_vector_that_is_not_finite_is_named(stock_index, tmp_path) -> None:
    vectors = np.ones((3, 4), dtype=np.float32)
    vectors[1, 2] = np.nan
    with pytest.raises(InvalidInput, match="'d1' is not finite"):
        export_index(stock_index(vectors=vectors), tmp_path / "out", ExportSettings("parquet"))


def test_an_index_that_changes_meanwhile_is_noticed(stock_index, tmp_path) -> None:
    index = stock_index()
    read = rows.IndexRows(index)
    (index / "docid").write_text((index / "docid").read_text().replace("d3\n", "d99\n"))
    with pytest.raises(XqgError, match="has changed"):
        for _, blocks in read.parts([0], 100):
            list(blocks)


def test_questions_need_an_index_that_names_its_encoder(stock_index, tmp_path) -> None:
    (tmp_path / "fi.tsv").write_text("q1\tjoki\n", encoding="utf-8")
    with pytest.raises(UsageError, match="does not name its encoder"):
        export_index(stock_index(), tmp_path / "out", ExportSettings("jsonl", [("fi", tmp_path / "fi.tsv")]))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"format": "csv"}, "one of jsonl"),
        ({"format": "jsonl", "part_size": 0}, "part_size is 0"),
        ({"format": "jsonl", "threads": 0}, "threads is 0"),
        ({"format": "queries"}, "give --topics"),
        ({"format": "jsonl", "topics": [("../fi", "fi.tsv")]}, "a language is expected"),
    ],
)
def test_settings_that_cannot_be(given: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ExportSettings(**given)  # type: ignore[arg-type]


def test_parquet_without_pyarrow_names_the_extra(stock_index, tmp_path, monkeypatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPrerequisite, match=r"\[parquet\]"):
        export_index(stock_index(), tmp_path / "out", ExportSettings("parquet"))


def test_a_disk_that_is_too_small_is_said_before_anything_is_written(stock_index, full_disk) -> None:
    index = stock_index(300, 32)
    with pytest.raises(XqgError, match=r"the export needs up to 0\.\d GB and"):
        export_index(index, full_disk / "out", ExportSettings("jsonl"))
    assert not (full_disk / "out").exists()
    export_index(index, full_disk / "small", ExportSettings("parquet"))


def test_the_command_prints_what_it_made(stock_index, tmp_path, capsys) -> None:
    assert call("export", stock_index(), "--format", "jsonl", "--to", tmp_path / "out", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"exported": str(tmp_path / "out"), "passages": 23, "dimension": 8}
