from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.parallel import ParallelText, parallel_text
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.evaluation.alignment import vectors as vectors_module
from pyserini_xqg.evaluation.alignment.alignment import Alignment, align
from pyserini_xqg.evaluation.alignment.settings import AlignmentSettings
from tests.conftest import write_lines


def test_a_second_run_encodes_nothing(
    made: tuple[Alignment, Path],
    text: ParallelText,
    queries: Path,
    encoder: EncoderSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, folder = made

    def refuse(*_: object) -> None:
        raise AssertionError("a text was encoded again")

    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    monkeypatch.setattr(TextEncoder, "_forward", refuse)
    again = align(text, encoder, {"words": queries}, folder, AlignmentSettings(alphas=(0.3,)))
    assert again.chosen["cosine"] == {"words": [0.3] * 5}
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before


def test_a_stop_while_vectors_are_written_leaves_no_half_file(
    text: ParallelText, encoder: EncoderSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(vectors_module.np, "save", lambda handle, _: handle.write(b"half") and 1 / 0)
        with pytest.raises(ZeroDivisionError):
            align(text, encoder, {}, tmp_path / "out")
    stopped = align(text, encoder, {}, tmp_path / "out")
    whole = align(text, encoder, {}, tmp_path / "whole")
    assert stopped.reports[0] == whole.reports[0]


def test_other_sentences_in_the_folder_are_refused(
    made: tuple[Alignment, Path], encoder: EncoderSettings, tmp_path: Path
) -> None:
    other = parallel_text({"fi": [("river", "joki"), ("stone", "kivi")]})
    with pytest.raises(UsageError, match="has other sentences in it"):
        align(other, encoder, {}, made[1])
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(UsageError, match="has something else in it"):
        align(other, encoder, {}, tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        align(other, encoder, {}, tmp_path / "note.txt")
    assert [file.name for file in tmp_path.iterdir()] == ["note.txt"]


def test_queries_of_other_sentences_are_refused(text: ParallelText, encoder: EncoderSettings, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "queries.jsonl", [{"id": "d1", "queries": {"fi": ["joki"]}}])
    with pytest.raises(InvalidInput, match="id"):
        align(text, encoder, {"words": file}, tmp_path / "out")
