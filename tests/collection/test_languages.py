from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iso639 import iter_langs

from pyserini_xqg.collection.languages import (
    canonical_code,
    in_language,
    language_code,
    language_name,
    one_a_language,
)
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
    # Two-letter codes that are another language: Bokmål is Norwegian, Tagalog is Filipino.
    stay = [{"nb": "no", "tl": "fil"}.get(code, code) for code in codes]
    assert [language_code(code) for code in codes] == stay
    assert [language_code(name) for name in names] == stay
    assert not [name for name in names if "(" in name]


def test_every_three_letter_code_has_one_code_that_stays_and_has_a_name() -> None:
    folded = {}
    for language in iter_langs():
        if language.pt3:
            code = language_code(language.pt3)
            assert language_code(code) == code
            assert language_name(code)
            if code != (own := language.pt1 or language.pt3):
                folded[str(own)] = code
    assert {"swh", "arb", "cmn", "pes", "nb", "zsm", "khk", "lvs", "uzn"} <= folded.keys()
    assert len(folded) < 80
    assert folded.keys().isdisjoint(folded.values())


@pytest.mark.parametrize(
    ("given_as", "code"),
    [
        # FLORES
        ("swh", "sw"),
        ("swh_Latn", "sw"),
        ("arb_Arab", "ar"),
        ("pes_Arab", "fa"),
        ("prs_Arab", "fa"),
        ("zho_Hans", "zh"),
        ("zho_Hant", "zh"),
        ("zsm_Latn", "ms"),
        ("nob_Latn", "no"),
        ("tgl_Latn", "fil"),
        ("pbt_Arab", "ps"),
        ("quy_Latn", "qu"),
        ("als_Latn", "sq"),
        ("khk_Cyrl", "mn"),
        ("ydd_Hebr", "yi"),
        # Tatoeba, NTREX, mBART, BCP 47
        ("cmn", "zh"),
        ("lvs", "lv"),
        ("uzn", "uz"),
        ("srp-Cyrl", "sr"),
        ("zho-CN", "zh"),
        ("en_XX", "en"),
        ("zh-TW", "zh"),
        ("zh_tw", "zh"),
        ("zh-Hant-HK", "zh"),
        ("pt_BR", "pt"),
        ("PT-br", "pt"),
        ("zh-yue", "yue"),
        ("de-1996", "de"),
        ("Mandarin Chinese", "zh"),
        ("nb", "no"),
    ],
)
def test_what_is_the_same_language_has_the_same_code_and_is_said(
    given_as: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    language_code.cache_clear()
    for _ in range(2):
        assert language_code(given_as) == canonical_code(given_as) == code
    assert caplog.messages == [f"the language {given_as} is taken as {code} ({language_name(code)})"]


@pytest.mark.parametrize(
    ("given_as", "code"),
    [
        ("swa", "sw"),
        ("Persian", "fa"),
        ("ger", "de"),
        ("iw", "he"),  # retired
        ("sh", "sr"),
        ("kzj", "dtp"),
        ("ajp", "apc"),
        ("ber", "ber"),  # a family
        ("arz", "arz"),  # members of macrolanguages that do not stand for them
        ("yue", "yue"),
        ("ckb", "ckb"),
        ("nn", "nn"),
        ("no", "no"),
        ("id", "id"),
        ("ind", "id"),
        ("twi", "tw"),
        ("hrv", "hr"),
    ],
)
def test_other_codes_stay_and_nothing_is_said(given_as: str, code: str, caplog: pytest.LogCaptureFixture) -> None:
    language_code.cache_clear()
    assert language_code(given_as) == code
    assert not caplog.messages


@pytest.mark.parametrize("given_as", ["fi-en", "en-foo", "xx-YY", "zh-", "sw-Swahili", "root", "und-Latn", "fi=x"])
def test_subtags_that_do_not_exist_make_no_language(given_as: str) -> None:
    with pytest.raises(InvalidInput, match="unknown language"):
        language_code(given_as)


def test_two_names_of_one_language_are_one_too_many() -> None:
    assert one_a_language(["fi", "swh", " ar"], "here") == {"fi": "fi", "sw": "swh", "ar": " ar"}
    for names in (["zho_Hans", "zho_Hant"], ["nb", "no"], ["fi", "fi"]):
        with pytest.raises(
            InvalidInput, match=f"here: the language .* is there twice, as {names[0]} and as {names[1]}"
        ):
            one_a_language(names, "here")
    with pytest.raises(InvalidInput, match=r"^the language fi is there twice"):
        one_a_language(["fi", "fin"])


def test_what_is_in_a_language_is_found_however_it_is_written(caplog: pytest.LogCaptureFixture) -> None:
    assert in_language("swh_Latn", ("ar", "sw", " swh", "x?")) == ("sw", " swh")
    assert in_language("x?", ("ar", "x?")) == ("x?",)
    assert not caplog.messages
    assert in_language("arz", ("ar", "fi")) == in_language("ar", ("arz",)) == ()
    assert caplog.messages == ["arz (Egyptian Arabic) is not taken as ar (Arabic): each is a language of its own here"]
    assert in_language("id", ("ms", "no")) == in_language("nn", ("no",)) == ()
    assert len(caplog.messages) == 1


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
