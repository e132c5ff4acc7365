from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyserini_xqg.collection.published.by_name import NAMES
from tests.conftest import call
from tests.fixtures.published import stand_in


def test_a_data_set_is_written_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    place = stand_in("mlqa", tmp_path / "published")
    given = ("data", "mlqa", "--from", place, "--unchecked", "--language", "ar,Hindi", "--to", tmp_path / "mlqa")
    assert call(*given) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"data set: {tmp_path / 'mlqa'}",
        "title: MLQA",
        "licence: CC BY-SA 3.0",
        "questions: ar 4, hi 4",
        "passages: 4",
        "judgements: 8",
    ]
    assert "978 published" in caplog.text  # the stand-in has others, which is said
    assert call(*given[:4], *given[5:]) == 5  # without --unchecked
    assert "is not the published file" in capsys.readouterr().err


def test_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("data", "--list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [*NAMES]
    assert lines[0].endswith("--with training,corpus,queries")
    assert call("data", "--list", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [*found] == [*NAMES] and found["xor-tydi"]["optional"] == ["training", "corpus", "queries"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--to", "x"), "NAME is missing"),
        (("xquad",), "--to is missing"),
        (("squad", "--to", "x"), "no data set"),
    ],
)
def test_what_is_missing_is_said(given: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("data", *given) == 2
    assert said in capsys.readouterr().err
