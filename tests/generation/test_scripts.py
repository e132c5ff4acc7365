from __future__ import annotations

import pytest
from iso639 import iter_langs

from pyserini_xqg.generation.scripts import script_share, scripts

XOR_TYDI = ("ar", "bn", "fi", "ja", "ko", "ru", "te")
XNLI = ("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh")
AFRIQA = ("bem", "fon", "ha", "ig", "rw", "sw", "tw", "wo", "yo", "zu")
QUESTIONS = {
    "ar": "أين يقع النهر؟",
    "bg": "Къде е реката?",
    "bn": "নদীটি কোথায় অবস্থিত?",
    "de": "Wo liegt die Brücke?",
    "el": "Πού βρίσκεται ο ποταμός;",
    "es": "¿Dónde está el río?",
    "fi": "Missä silta sijaitsee?",
    "hi": "नदी कहाँ स्थित है?",
    "ja": "コーヒーはどこで作られますか?",
    "ko": "강은 어디에 있습니까?",
    "ru": "Где находится мост?",
    "sr": "Gde je reka, где је река?",
    "te": "నది ఎక్కడ ఉంది?",
    "th": "แม่น้ำอยู่ที่ไหน",
    "ur": "دریا کہاں ہے؟",
    "vi": "Con sông ở đâu?",
    "yo": "Níbo ni odò náà wà?",
    "zh": "河在哪里？",
}


@pytest.mark.parametrize("language", sorted({*XOR_TYDI, *XNLI, *AFRIQA}))
def test_the_languages_of_the_collections_have_a_known_script(language: str) -> None:
    assert scripts(language)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ja", ("Hira", "Kana", "Hani")),
        ("ko", ("Hang", "Hani")),
        ("zh", ("Hani",)),
        ("sr", ("Cyrl", "Latn")),
        ("sw", ("Latn",)),
        ("tw", ("Latn",)),
        ("ur", ("Arab",)),
        ("ayl", ("Arab",)),  # Libyan Arabic: CLDR has Arabic only
    ],
)
def test_scripts_of_a_language(language: str, expected: tuple[str, ...]) -> None:
    assert scripts(language) == expected


@pytest.mark.parametrize("language", QUESTIONS)
def test_a_question_is_wholly_in_the_script_of_its_language(language: str) -> None:
    assert script_share(QUESTIONS[language], language) == 1


@pytest.mark.parametrize(
    ("text", "language", "share"),
    [
        ("Where is the bridge?", "ru", 0),
        ("Где bridge", "ru", 3 / 9),
        ("Где находится BBC?", "ru", 12 / 15),
        ("दी", "en", 0),
        ("ラーメン", "ja", 1),
        ("1984?", "ru", 1),
        ("", "ru", 1),
    ],
)
def test_the_share_is_that_of_the_letters(text: str, language: str, share: float) -> None:
    assert script_share(text, language) == pytest.approx(share)


def test_a_language_whose_script_is_not_known_is_not_judged() -> None:
    assert scripts("mxi") == ()  # Mozarabic
    assert script_share("أين", "mxi") == script_share("where", "mxi") == 1


def test_every_language_there_is_can_be_judged() -> None:
    codes = {code for language in iter_langs() if (code := language.pt1 or language.pt3)}
    assert len(codes) > 7000
    assert all(0 <= script_share("abc где", code) <= 1 for code in codes)
