from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyserini_xqg.generation.backends.lexicon.casing import WORD
from pyserini_xqg.generation.backends.lexicon.terms import DocumentFrequencies, Term, salient_terms

TEXTS = ["the river and the bridge", "the river", "The king", "a stone"]
HEADWORDS = {"river", "bridge", "king", "stone", "stone age", "bank of england", "the", "old"}


def lookup(words: Sequence[str]) -> str | None:
    phrase = " ".join(words).casefold()
    return phrase if phrase in HEADWORDS else None


def terms(text: str, texts: Sequence[str] = TEXTS) -> list[Term]:
    return [term for term, _ in salient_terms(text, DocumentFrequencies(texts), lookup)]


def words(text: str, texts: Sequence[str] = TEXTS) -> list[str]:
    return [term.text for term in terms(text, texts)]


def test_idf_is_that_of_the_passages_with_a_word_in_any_case() -> None:
    frequencies = DocumentFrequencies(TEXTS)
    assert frequencies.idf("river") == frequencies.idf("RIVER") == math.log(5 / 3)
    assert frequencies.idf("the") == math.log(5 / 4)
    assert frequencies.idf("nowhere") == math.log(5)
    assert DocumentFrequencies(["river"] * 3).idf("river") == 0
    assert DocumentFrequencies([]).idf("river") == 0


def test_a_word_counts_once_a_passage() -> None:
    assert DocumentFrequencies(["river river river", "king"]).idf("river") == math.log(3 / 2)


def test_rare_words_come_before_frequent_ones_and_repeated_ones_before_single_ones() -> None:
    assert words("river bridge") == ["bridge", "river"]
    assert words("bridge stone stone") == ["stone", "bridge"]
    assert words("stone bridge") == ["stone", "bridge"]  # as they stand, where they weigh the same
    assert words("bridge stone") == ["bridge", "stone"]


def test_weights_are_tf_idf() -> None:
    weighted = salient_terms("river bridge river river", DocumentFrequencies(TEXTS), lookup)
    assert weighted == [
        (Term("river", "river"), pytest.approx(math.log(5 / 3) * (1 + math.log(3)))),
        (Term("bridge", "bridge"), pytest.approx(math.log(5 / 2))),
    ]


def test_the_longest_phrase_is_taken_and_its_words_are_not_taken_again() -> None:
    assert terms("stone age") == [Term("stone age", "stone age")]
    assert terms("Bank of England") == [Term("Bank of England", "bank of england")]
    assert set(words("old stone age stone")) == {"old", "stone age", "stone"}


def test_a_phrase_is_as_rare_as_its_rarest_word() -> None:
    ((_, weight),) = salient_terms("stone age", DocumentFrequencies(["stone", "stone"]), lookup)
    assert weight == pytest.approx(math.log(3))


def test_names_and_numbers_are_kept_and_other_words_that_no_dictionary_has_are_not() -> None:
    found = {term.text: term.headword for term in terms("Tessin opened 1911 its 3rd lido over the river Mava-Sur's")}
    assert found == {"Tessin": None, "1911": None, "3rd": None, "river": "river", "Mava-Sur": None}


def test_function_words_and_single_letters_are_left_out_whatever_the_dictionary_has() -> None:
    assert words("The of A is I 7 x The the") == []


def test_a_headword_is_one_term_however_it_is_written() -> None:
    assert words("River RIVER river") == ["River"]


CASED = {"Turkey": "Turkey", "US": "US", "May": "May", "World": "World", "Bush": "Bush", "bush": "bush", "led": "led"}
SMALL = (
    "super",
    "bowl",
    "turkey",
    "us",
    "may",
    "world war",
    "river",
    "black",
    "game",
    "chancellor",
    "win",
    "it",
    "iron",
)


def cased_lookup(words: Sequence[str]) -> str | None:
    """As a dictionary's: as it stands, else in small letters."""
    phrase = " ".join(words)
    return CASED.get(phrase) or (phrase.lower() if phrase.lower() in SMALL else None)


def looked_up(
    text: str, texts: Sequence[str] = ("a bush and a river of black iron",), cased: bool = True
) -> dict[str, str | None]:
    found = salient_terms(text, DocumentFrequencies(texts), cased_lookup, cased)
    return {term.text: term.headword for term, _ in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Broncos win the Super Bowl.", {"Broncos": None, "win": "win", "Super": None, "Bowl": None}),
        ("River water", {"River": "river"}),
        ("Super Bowl", {"Super": "super", "Bowl": None}),  # a name may begin a sentence: it cannot be told
        ("Bowl. The Bowl.", {"Bowl": None}),  # it can where the name stands elsewhere
        ("Turkey and the turkey", {"Turkey": "turkey"}),
        ("Turkey wins", {"Turkey": "Turkey"}),
        ("in Turkey", {"Turkey": "Turkey"}),
        ("Mr. Bush and George W. Bush", {"Mr": None, "Bush": "Bush", "George": None}),
        ("Bush grows", {"Bush": "bush"}),
        ("he led the US in May", {"led": "led", "US": "US", "May": "May"}),
        ("it may hit us. May it?", {}),
        ("an LED", {"LED": None}),
        ("IT is", {}),
        ("the World War", {"World War": "world war"}),
        ("BLACK IRON", {"BLACK": "black", "IRON": None}),  # four letters may be an abbreviation
        ('He said, "River."', {"River": "river"}),
        ("Chancellor of Black's", {"Chancellor": "chancellor", "Black": None}),
        ("Unknown things", {"Unknown": None}),
    ],
)
def test_names_inside_a_sentence_are_looked_up_as_names_only(text: str, expected: dict[str, str | None]) -> None:
    assert looked_up(text) == expected


def test_a_common_word_at_the_beginning_of_a_sentence_is_no_name() -> None:
    assert looked_up("Things fall", ("all things", "")) == {}


def test_names_are_looked_up_in_small_letters_where_case_is_unknown_and_no_text_has_them_so() -> None:
    assert looked_up("the Super river of Black", cased=False) == {"Super": "super", "river": "river", "Black": None}
    assert looked_up("Super Bowl\nThe Super Bowl", cased=False) == {"Super": None, "Bowl": None}
    assert looked_up("the Super Bowl", cased=False) == {"Super": None, "Bowl": None}
    assert looked_up("the Super, Bowl", cased=False) == {"Super": "super", "Bowl": "bowl"}
    assert looked_up("in The World and US", cased=False) == {"World": "World"}


@pytest.mark.parametrize("number", ["38", "3.5", "1,000", "20th", "1911", "F-16", "4x4"])
def test_numbers_are_never_looked_up(number: str) -> None:
    known = {"38": "drei Achtel", "river": "joki"}
    found = salient_terms(
        f"river; {number}",
        DocumentFrequencies([]),
        lambda words: known.get("".join(words), "found" if len(words) == 1 else None),
    )
    assert all(term.headword is None for term, _ in found if any(map(str.isdigit, term.text)))
    assert " ".join(term.text for term, _ in found if term.headword is None).replace(" ", ",") in (number, "000")


@pytest.mark.parametrize("word", ["it's", "It’s", "didn't", "DON'T", "they've", "I'm", "who's", "let's"])
def test_contractions_are_left_out(word: str) -> None:
    assert salient_terms(f"the {word}", DocumentFrequencies([]), lambda words: "found") == []


def test_nothing_comes_of_nothing() -> None:
    assert words("") == words("... — !") == []


@given(st.text(alphabet="the riverbank of England Stone age 19.-’ \n", max_size=80))
def test_terms_are_pieces_of_the_text_each_once_with_falling_weights(text: str) -> None:
    weighted = salient_terms(text, DocumentFrequencies(TEXTS), lookup)
    joined = " ".join(WORD.findall(text))
    assert all(term.text in joined and weight >= 0 for term, weight in weighted)
    assert [weight for _, weight in weighted] == sorted((weight for _, weight in weighted), reverse=True)
    assert len({term.headword or term.text for term, _ in weighted}) == len(weighted)
