from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.errors import InvalidInput, MissingInput, XqgError
from pyserini_xqg.evaluation.files.xor_retrieve import (
    GoldQuestion,
    Prediction,
    predictions_of_run,
    read_gold,
    read_predictions,
    write_predictions,
)
from tests.conftest import write_lines

ENTRY = {"id": "-12", "question": "Missä?", "answers": ["Pariisi", "yes"], "lang": " ar", "split": "dev"}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def test_gold_is_read_as_it_is_written(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "gold.jsonl", [ENTRY, {"id": "7", "answers": [], "lang": "fi", "more": 1}])
    assert read_gold(file) == {
        "-12": GoldQuestion("-12", "Missä?", ("Pariisi", "yes"), " ar", "dev"),
        "7": GoldQuestion("7", "", (), "fi"),
    }


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        ({"id": 12}, "id is 12: text is expected"),
        ({"lang": None}, "lang is None: text is expected"),
        ({"answers": "Paris"}, "answers is no list of texts"),
        ({"answers": [1]}, "answers is no list of texts"),
        ({"answers": None}, "answers is no list of texts"),
        ({"question": 3}, "question is 3: text is expected"),
    ],
)
def test_a_bad_gold_field_is_named_with_its_line(tmp_path: Path, change: dict[str, object], fragment: str) -> None:
    file = write_lines(tmp_path / "gold.jsonl", [ENTRY | {"id": "1"}, ENTRY | change])
    with pytest.raises(InvalidInput) as caught:
        read_gold(file)
    assert str(caught.value) == f"{file}:2: {fragment}"


def test_a_gold_id_is_there_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"gold\.jsonl:2: the id '-12' was there before"):
        read_gold(write_lines(tmp_path / "gold.jsonl", [ENTRY, ENTRY]))


@settings(deadline=None)
@given(st.lists(st.builds(Prediction, TEXT, TEXT, st.lists(TEXT, max_size=3)), max_size=4))
def test_predictions_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, predictions: list[Prediction]
) -> None:
    file = tmp_path_factory.mktemp("predictions") / "predictions.json"
    write_predictions(iter(predictions), file)
    assert read_predictions(file) == predictions
    # What the official script does with it.
    assert json.loads(file.read_text(encoding="utf-8")) == [
        {"id": each.id, "lang": each.language, "ctxs": each.passages} for each in predictions
    ]
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_predictions_of_others_are_read_in_any_layout_and_gzipped(tmp_path: Path) -> None:
    file = tmp_path / "predictions.json.gz"
    value = [{"ctxs": ["a"], "lang": "fi", "id": "1", "score": 3}, {"id": "1", "lang": "fi", "ctxs": []}]
    file.write_bytes(gzip.compress(b"\xef\xbb\xbf" + json.dumps(value, indent=4).encode()))
    assert read_predictions(file) == [Prediction("1", "fi", ["a"]), Prediction("1", "fi", [])]


@pytest.mark.parametrize(
    ("content", "fragment"),
    [
        (b'{"id": "1"}', "a JSON dict: one array"),
        (b'[{"id": "1", "lang": "fi", "ctxs": []}', "no JSON array of predictions"),
        # JSON lines, the form of the gold file.
        (b'{"id": "1"}\n{"id": "2"}\n', "no JSON array of predictions (Extra data"),
        (b"", "no JSON array of predictions"),
        (b"\xff", "not UTF-8"),
        (b"[" * 100_000, "no JSON array of predictions"),
        (b"[3]", "prediction 1: a JSON object is expected, found int"),
        (b'[{"id": 1, "lang": "fi", "ctxs": []}]', "prediction 1: id is 1: text is expected"),
        (b'[{"id": "1", "ctxs": []}]', "prediction 1: lang is None"),
        (b'[{"id": "1", "lang": "fi"}]', "prediction 1: ctxs is no list of texts"),
        (b'[{"id": "1", "lang": "fi", "ctxs": [{"text": "a"}]}]', "prediction 1: ctxs is no list of texts"),
    ],
)
def test_what_is_no_file_of_predictions_is_refused(tmp_path: Path, content: bytes, fragment: str) -> None:
    file = tmp_path / "predictions.json"
    file.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read_predictions(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert fragment in str(caught.value)


def test_a_damaged_gzip_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "predictions.json.gz"
    file.write_bytes(gzip.compress(b"[]" * 100)[:-9])
    with pytest.raises(InvalidInput, match=r"predictions\.json\.gz: "):
        read_predictions(file)


@pytest.mark.parametrize("read", [read_gold, read_predictions])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, read: object) -> None:
    with pytest.raises(MissingInput, match=r"nowhere\.json"):
        read(tmp_path / "nowhere.json")  # type: ignore[operator]


def test_an_earlier_file_stays_when_writing_fails(tmp_path: Path) -> None:
    def predictions() -> Iterator[Prediction]:
        yield Prediction("1", "fi", ["a"])
        raise InvalidInput("no more")

    file = tmp_path / "predictions.json"
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(InvalidInput, match="no more"):
        write_predictions(predictions(), file)
    assert file.read_text(encoding="utf-8") == "[]"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_is_not_there_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(XqgError, match="cannot be written"):
        write_predictions([], tmp_path / "nowhere" / "predictions.json")


GOLD = {"7": GoldQuestion("7", "?", ("a",), "te"), "3": GoldQuestion("3", "?", ("a",), "fi")}


def test_a_run_becomes_predictions_in_its_order() -> None:
    run = {"7": ["d2", "d1"], "3": ["d1"]}
    assert list(predictions_of_run(run, {"d1": "one", "d2": "two"}, GOLD)) == [
        Prediction("7", "te", ["two", "one"]),
        Prediction("3", "fi", ["one"]),
    ]


def test_a_run_of_other_questions_is_refused() -> None:
    run: dict[str, list[str]] = {"7": [], "x": [], "y": []}
    with pytest.raises(InvalidInput, match="2 of the run's 3 questions are not in the gold file, x, y among them"):
        list(predictions_of_run(run, {}, GOLD))
