from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyserini_xqg.generation.backends.lexicon.terms import WORD, DocumentFrequencies, Term, salient_terms

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
    assert found == {"Tessin": None, "1911": None, "3rd": None, "river": "river", "Mava-Sur's": None}


def test_function_words_and_single_letters_are_left_out_whatever_the_dictionary_has() -> None:
    assert words("The of A is I 7 x The the") == []


def test_a_headword_is_one_term_however_it_is_written() -> None:
    assert words("River RIVER river") == ["River"]


def test_nothing_comes_of_nothing() -> None:
    assert words("") == words("... — !") == []


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


@given(st.text(alphabet="the riverbank of England Stone age 19.-’ \n", max_size=80))
def test_terms_are_pieces_of_the_text_each_once_with_falling_weights(text: str) -> None:
    weighted = salient_terms(text, DocumentFrequencies(TEXTS), lookup)
    joined = " ".join(WORD.findall(text))
    assert all(term.text in joined and weight >= 0 for term, weight in weighted)
    assert [weight for _, weight in weighted] == sorted((weight for _, weight in weighted), reverse=True)
    assert len({term.headword or term.text for term, _ in weighted}) == len(weighted)
