from __future__ import annotations

import pytest

from pyserini_xqg.generation.backends.lexicon.casing import WORD, is_capitalised, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The U.S. army's 1,000 men.", ["The", "U.S", "army's", "1", "000", "men"]),
        ("well-known (König) snake_case", ["well-known", "König", "snake", "case"]),
        ("it’s 3.5", ["it’s", "3.5"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert WORD.findall(text) == expected


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One two. Three four! Five? Six: Seven", ["One", "Three", "Five", "Six", "Seven"]),
        ("Title Here\nText Here", ["Title", "Text"]),
        ("Mr. Bush, J. Smith, St. Louis and the U.S. Army", ["Mr"]),
        ("He said, “We go”. The “Red Balloon” (Paris)", ["He", "We", "The"]),
        ("At 3.5 Metres. In 1999. Then", ["At", "In", "Then"]),
        ("", []),
    ],
)
def test_which_words_begin_a_sentence(text: str, first: list[str]) -> None:
    assert [token.text for token in tokens(text) if token.first] == first


def test_possessives_lose_their_ending_and_contractions_do_not() -> None:
    found = tokens("NASA's king’s WHO'S it's O'Brien's didn't boys'")
    assert [token.text for token in found] == ["NASA", "king", "WHO'S", "it's", "O'Brien", "didn't", "boys"]
    assert [token.text for token in found if token.is_contraction] == ["WHO'S", "it's", "didn't"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("River", True),
        ("A", True),
        ("USA", False),
        ("McDonald", False),
        ("river", False),
        ("1st", False),
        ("Éire", True),
    ],
)
def test_capitals(word: str, expected: bool) -> None:
    assert is_capitalised(word) is expected
