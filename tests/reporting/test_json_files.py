from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.reporting._json_files import read_json, written_by


@pytest.mark.parametrize(("text", "said"), [("{", "not JSON"), ("[]", "a JSON list"), ("[" * 100_000, "not JSON")])
def test_what_is_no_json_object_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(InvalidInput, match=rf"file: {said}.*; mine is expected"):
        read_json(tmp_path / "file", "mine is expected")
    with pytest.raises(MissingInput, match=r"nowhere: cannot be read \(No such file or directory\); mine"):
        read_json(tmp_path / "nowhere", "mine is expected")


def test_an_object_is_read_whatever_mark_it_begins_with(tmp_path: Path) -> None:
    (tmp_path / "file").write_text('\ufeff{"a": 1}', encoding="utf-8")
    assert read_json(tmp_path / "file", "") == {"a": 1}


def test_what_is_missing_or_of_another_form_is_said_of_the_file() -> None:
    file = Path("f")
    with (
        pytest.raises(InvalidInput, match=r"f: not what xqg sweep .* 'a' is missing"),
        written_by("xqg sweep", file),
    ):
        {}["a"]
    with pytest.raises(InvalidInput, match=r"f: not what xqg align writes \(could not"), written_by("xqg align", file):
        float("much")
