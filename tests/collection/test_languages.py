from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iso639 import iter_langs

from pyserini_xqg.collection.languages import language_code, language_name
from pyserini_xqg.errors import InvalidInput


@pytest.mark.parametrize(
    ("given_as", "code"),
    [
        ("te", "te"),
        ("TE", "te"),
        ("tel", "te"),
        ("Telugu", "te"),
        ("telugu", "te"),
        ("TELUGU", "te"),
        (" ar", "ar"),
        ("Swahili", "sw"),
        ("fil", "fil"),
        ("Modern Greek (1453-)", "el"),
        ("Greek", "el"),
        ("bem", "bem"),
        ("hau", "ha"),
    ],
)
def test_codes_and_names_give_the_shortest_code(given_as: str, code: str) -> None:
    assert language_code(given_as) == code


def test_the_name_of_a_code_gives_the_code() -> None:
    codes = [str(language.pt1) for language in iter_langs() if language.pt1]
    names = [language_name(code) for code in codes]
    assert len(codes) > 180
    assert [language_code(code) for code in codes] == codes
    assert [language_code(name) for name in names] == codes
    assert not [name for name in names if "(" in name]


def test_every_three_letter_code_has_one_code_that_stays() -> None:
    for language in iter_langs():
        if language.pt3:
            code = language_code(language.pt3)
            assert code == (language.pt1 or language.pt3)
            assert language_code(code) == code


@pytest.mark.parametrize(("code", "name"), [("el", "Greek"), ("sw", "Swahili"), ("fi", "Finnish"), ("gaa", "Ga")])
def test_names_are_as_people_write_them(code: str, name: str) -> None:
    assert language_name(code) == name


@pytest.mark.parametrize(
    ("given_as", "hint"), [("Finish", "did you mean Finnish"), ("Telegu", "did you mean Telugu"), ("teluguu", "Telugu")]
)
def test_an_unknown_language_comes_with_the_nearest_ones(given_as: str, hint: str) -> None:
    with pytest.raises(InvalidInput, match=f"unknown language '{given_as}': .*{hint}"):
        language_code(given_as)


@pytest.mark.parametrize("given_as", ["", " ", "\x00", "qqqqqqqqqqqqqqqq"])
def test_nothing_like_a_language_has_no_hint(given_as: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        language_code(given_as)
    assert "did you mean" not in str(caught.value)


@settings(deadline=None, max_examples=10)
@given(given_as=st.text(max_size=12))
def test_any_text_is_a_language_or_invalid_input(given_as: str) -> None:
    try:
        code = language_code(given_as)
    except InvalidInput as error:
        assert repr(given_as) in str(error)
    else:
        assert language_code(code) == code
