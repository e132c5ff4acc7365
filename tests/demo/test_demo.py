from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.demo.collections import bundled
from pyserini_xqg.demo.demo import _pyserini, write_lexicon_queries
from pyserini_xqg.errors import MissingPrerequisite, XqgError
from pyserini_xqg.generation.show import show

ENTRIES = {"river": "joki", "water": "vesi", "city": "kaupunki", "mountain": "vuori", "music": "musiikki"}
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def digits(number: int) -> str:
    return (digits(number // 64) if number >= 64 else "") + DIGITS[number % 64]


@pytest.fixture
def dictionaries(tmp_path: Path) -> Path:
    """English-Finnish, five words."""
    folder = tmp_path / "dictionaries"
    folder.mkdir()
    text, index = "", ""
    for word, translation in ENTRIES.items():
        entry = f"{word}\n{translation}\n"
        index += f"{word}\t{digits(len(text.encode()))}\t{digits(len(entry.encode()))}\n"
        text += entry
    (folder / "freedict-eng-fin.dict").write_text(text, encoding="utf-8")
    (folder / "freedict-eng-fin.index").write_text(index, encoding="utf-8")
    return folder


def test_the_lexicon_writes_in_the_languages_that_have_a_dictionary(
    dictionaries: Path, tiny_sentence_model: Path, tmp_path: Path
) -> None:
    collection = bundled()
    collection.write(tmp_path / "demo")
    queries = write_lexicon_queries(collection, str(tiny_sentence_model), tmp_path / "demo", dictionaries, False)
    river = next(passage for passage in collection.passages if " river " in passage.text)
    assert "Finnish (fi)" in show(queries, river.id) and "joki" in show(queries, river.id)
    assert "Russian" not in show(queries, river.id)


def test_no_dictionary_at_all(tiny_sentence_model: Path, tmp_path: Path) -> None:
    collection = bundled()
    collection.write(tmp_path / "demo")
    with pytest.raises(MissingPrerequisite, match=r"there is none at all.*dict-freedict-eng-ara"):
        write_lexicon_queries(collection, str(tiny_sentence_model), tmp_path / "demo", tmp_path / "nothing", False)


@pytest.mark.slow
def test_a_command_of_pyserini_that_fails_is_told_with_what_to_do() -> None:
    with pytest.raises(
        XqgError, match=r"(?s)eval\.nothing ended with 1:.*nothing.*\nxqg doctor --run says what is mis"
    ):
        _pyserini("eval.nothing")
