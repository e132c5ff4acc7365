from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.base import ExampleFormat
from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.datasets.formats import FORMATS, detect_format, read_examples
from pyserini_xqg.collection.datasets.records import json_objects, text_of
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from tests.conftest import write_lines


def test_what_is_no_training_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no such"):
        read_examples(tmp_path / "nothing")
    with pytest.raises(InvalidInput, match=r"c.jsonl:1: .*id, text.*Tevatron"):
        read_examples(write_lines(tmp_path / "c.jsonl", [{"id": "1", "text": "x"}]))
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(InvalidInput, match="empty"):
        read_examples(tmp_path / "empty.jsonl")
    with pytest.raises(UsageError, match="tevatron, dpr"):
        read_examples(tmp_path, "csv")


def test_a_file_and_a_line_make_a_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_pairs(path: Path, language: str, split: str) -> Iterator[TrainingExample]:
        for record in json_objects(path):
            passage = Passage(str(record.line), text_of(record, "holds"))
            yield TrainingExample(f"{split}-{record.line}", text_of(record, "asks"), language, (passage,))

    monkeypatch.setitem(
        FORMATS,  # type: ignore[arg-type]
        "pairs",
        ExampleFormat(read_pairs, "pairs (asks, holds)", ("asks", "holds"), re.compile(r"\.pairs\.jsonl$")),
    )
    file = write_lines(tmp_path / "dev.pairs.jsonl", [{"asks": "mikä", "holds": "a river"}])
    assert detect_format(file) == detect_format(tmp_path) == "pairs"
    assert read_examples(file, split="dev", language="fi") == read_examples(
        tmp_path, "pairs", split="dev", language="fi"
    )
    (found,) = read_examples(file, split="dev", language="fi")
    assert found == TrainingExample("dev-1", "mikä", "fi", (Passage("1", "a river"),))
    with pytest.raises(InvalidInput, match=r"with the fields asks; expected: Tevatron's .*, or pairs \(asks, holds\)"):
        detect_format(write_lines(tmp_path / "other.jsonl", [{"asks": "mikä"}]))


def test_the_published_sets(shared_data: Path) -> None:
    def count(name: str, **given: str) -> tuple[int, Counter[str], bool]:
        found = read_examples(shared_data / name, **given)  # type: ignore[arg-type]
        ids = {each.id for each in found}
        assert len(ids) == len(found)
        return len(found), Counter(each.language for each in found), all(each.positives for each in found)

    assert count("nq") == (2655, Counter(und=2655), True)
    size, languages, with_passages = count("xor-tydi/xor_train_retrieve_eng_span.jsonl")
    assert (size, len(languages), with_passages) == (15250, 7, False)
    assert languages["ar"] > 0
    assert count("xquad") == (6 * 1190, Counter(dict.fromkeys(("ar", "es", "hi", "ru", "vi", "zh"), 1190)), True)
    assert count("mlqa")[1]["ar"] == 517
    size, languages, with_passages = count("afriqa", split="dev")
    assert with_passages
    assert set(languages) <= {"bem", "ha", "ig", "rw", "tw", "yo", "zu"}
