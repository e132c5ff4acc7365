from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.evaluation.measures.recall_at_tokens import (
    THRESHOLDS,
    Substring,
    Words,
    hit,
    hits,
    officially_counted,
)
from pyserini_xqg.evaluation.measures.tokenization import word_tokenize

# Each case: passages, answers, threshold, whether it is a hit, and why.
OFFICIAL = {
    "the answer is a token": (["Paris is large"], ["Paris"], 10, True),
    "no answer is there": (["Paris is large"], ["London"], 10, False),
    "one of several answers is enough": (["Paris is large"], ["London", "large"], 10, True),
    "there are no passages": ([], ["Paris"], 10, False),
    "there are no answers": (["Paris"], [], 10, False),
    # Tokens: Paris is large. The third is "large".
    "the token before the cut counts": (["Paris is large"], ["large"], 3, True),
    "the token after the cut does not": (["Paris is large"], ["large"], 2, False),
    "an answer over the cut does not match": (["Paris is large"], ["is large"], 2, False),
    # Cut to exactly the threshold within a passage: "a b" + "c" of "c d".
    "the passage that reaches the threshold is cut": (["a b", "cc dd"], ["dd"], 3, False),
    "and its first tokens count": (["a b", "cc dd"], ["cc"], 3, True),
    "nothing comes after a passage that ends at the threshold": (["a b", "cc"], ["cc"], 2, False),
    # 'it' counts by tokens, not by words: "don't" is do + n't, so Paris is the third.
    "tokens are counted, not words": (["don't Paris"], ["Paris"], 2, False),
    "the end of a sentence is a token": (["No. Paris"], ["Paris"], 2, False),
    # 1 token with the rules up to NLTK 3.9.2, 3 from 3.9.3 on; then Paris would be the fourth.
    "a range of years is one token": (["1914–1918 Paris"], ["Paris"], 2, True),
    "a range of years can be an answer": (["from 1914–1918 on"], ["1914–1918"], 10, True),
    # 3.9.3 would join "1914 – 1918", where "1914–" is not.
    "a dash stays at its number": (["from 1914–1918 on"], ["1914–"], 10, True),
    "case matters": (["paris is large"], ["Paris"], 10, False),
    "a part of a word matches": (["The party began"], ["art"], 10, True),
    "a part of a number matches": (["in 1945"], ["94"], 10, True),
    # "May 5, 1945" is joined as "May 5 , 1945".
    "an answer with a comma does not match": (["on May 5, 1945 at noon"], ["May 5, 1945"], 10, False),
    "unless no blank follows the comma": (["some 3,000 men"], ["3,000"], 10, True),
    # "5%" is joined as "5 %".
    "an answer with a per cent sign does not match": (["rose 5% then"], ["5%"], 10, False),
    "its number does": (["rose 5% then"], ["5"], 10, True),
    "an answer with a dollar sign does not match": (["paid $3 then"], ["$3"], 10, False),
    # "Alzheimer's" is joined as "Alzheimer 's".
    "an answer with 's does not match": (["has Alzheimer's disease"], ["Alzheimer's"], 10, False),
    "nor one with n't": (["I can't stop"], ["can't"], 10, False),
    "nor one with parentheses": (["Java (language) is"], ["Java (language)"], 10, False),
    # Quotes become `` and ''.
    "an answer in quotes does not match": (['the song "Help" was'], ['"Help"'], 10, False),
    "unless the answer is written as NLTK's tokens": (['the song "Help" was'], ["`` Help ''"], 10, True),
    # "Washington, D.C." in mid-sentence is "Washington , D.C.".
    "a known abbreviation keeps its stop": (["in D.C. in May"], ["D.C."], 10, True),
    # At the end of a text its last stop is a token: "D.C ."
    "but not at the end": (["lives in D.C."], ["D.C."], 10, False),
    "a hyphen is no border": (["a well-known man"], ["well-known"], 10, True),
    # Joined "New York": one space between passages.
    "an answer may cross passages": (["He saw New", "York today"], ["New York"], 10, True),
    # Passages with no token leave no second space.
    "empty passages between do not matter": (["He saw New", "", "  ", "York"], ["New York"], 10, True),
    "white space in a passage becomes one space": (["New \n  York"], ["New York"], 10, True),
    "white space in an answer stays": (["New York"], ["New  York"], 10, False),
    # The white space is joined away; there is none before the first token.
    "an answer with a blank before it needs a token before it": (["Paris is"], [" Paris"], 10, False),
    "and matches after one": (["in Paris"], [" Paris"], 10, True),
    "an empty answer matches": (["Paris"], [""], 10, True),
    "an empty answer matches nothing at all": ([], [""], 10, True),
    # "yes" is dropped, though it stands there.
    "yes does not count": (["he said yes"], ["yes"], 10, False),
    "nor does no": (["he said no"], ["no", "yes"], 10, False),
    "the others beside yes do": (["he said yes in Paris"], ["yes", "Paris"], 10, True),
    "Yes counts": (["Yes he can"], ["Yes"], 10, True),
    "yes with a blank counts": (["he said yes to it"], ["yes "], 10, True),
    # No decomposition: e + combining acute is not é.
    "accents are compared as they are coded": (["caf\u00e9 au lait"], ["cafe\u0301"], 10, False),
}


@pytest.mark.parametrize(("passages", "answers", "tokens", "expected"), OFFICIAL.values(), ids=OFFICIAL)
def test_the_official_measure_by_hand(passages: list[str], answers: list[str], tokens: int, expected: bool) -> None:
    assert hit(passages, answers, tokens) is expected


BY_WORDS = {
    "case does not matter": (["paris is large"], ["Paris"], 10, True),
    "a part of a word does not match": (["The party began"], ["art"], 10, False),
    "a comma in the answer does not matter": (["on May 5, 1945 at noon"], ["May 5, 1945"], 10, True),
    "nor does a per cent sign": (["rose 5% then"], ["5%"], 10, True),
    "nor does 's": (["has Alzheimer's disease"], ["Alzheimer's"], 10, True),
    "nor do quotes": (['the song "Help" was'], ['"Help"'], 10, True),
    "nor does their kind": (["the song “Help” was"], ['"Help"'], 10, True),
    # The answer ends with "D.C ." and the passage has "D.C.": both are "d.c".
    "nor does a last full stop": (["in D.C. in May"], ["Washington", "D.C."], 10, True),
    "words follow each other": (["New old York"], ["New York"], 10, False),
    "the cut is the same": (["Paris is large"], ["large"], 2, False),
    # Tokens: No . Paris. The stop is counted, though not compared.
    "full stops count as tokens": (["No. Paris"], ["Paris"], 2, False),
    "an answer over the cut does not match": (["Paris is large"], ["is large"], 2, False),
    "an empty answer does not match": (["Paris"], ["", " ", "."], 10, False),
    "yes does not count": (["he said yes"], ["yes"], 10, False),
    "an answer may cross passages": (["He saw New", "York today"], ["new york"], 10, True),
    # Casefold: ß is ss.
    "case is folded": (["STRASSE in Berlin"], ["Straße"], 10, True),
}


@pytest.mark.parametrize(("passages", "answers", "tokens", "expected"), BY_WORDS.values(), ids=BY_WORDS)
def test_the_measure_by_words_by_hand(passages: list[str], answers: list[str], tokens: int, expected: bool) -> None:
    assert hit(passages, answers, tokens, Words) is expected


def test_2000_tokens_are_2000() -> None:
    # A passage of 100 tokens twenty times: the last of them is token 2000, what follows 2001.
    passages = [" ".join(["w"] * 100)] * 19 + [" ".join(["w"] * 99 + ["last"]), "after it"]
    assert hits(passages, ["last"]) == {2000: True, 5000: True}
    assert hits(passages, ["after"]) == {2000: False, 5000: True}


def test_passages_that_the_threshold_does_not_reach_are_not_taken() -> None:
    def passages() -> Iterator[str]:
        yield "a b c"
        yield "d e"
        raise AssertionError("a third passage was asked for")

    assert hits(passages(), ["x"], (2, 5)) == {2: False, 5: False}


def test_after_a_hit_no_more_passages_are_taken() -> None:
    def passages() -> Iterator[str]:
        yield "a b c"
        raise AssertionError("a second passage was asked for")

    assert hits(passages(), ["b"], (2, 5)) == {2: True, 5: True}


def test_answers_that_count() -> None:
    assert officially_counted(["yes", "Yes", "no", "", "no way"]) == ["Yes", "", "no way"]


@pytest.mark.parametrize("thresholds", [(), (0,), (-1, 5)])
def test_thresholds_are_numbers_of_tokens(thresholds: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="from 1 up, are expected"):
        hits(["a"], ["a"], thresholds)


def straightforward(passages: Sequence[str], answers: Sequence[str], limit: int) -> bool:
    """The measure as it is described, with nothing done to be quick."""
    spans = [answer for answer in answers if answer != "yes" and answer != "no"]
    tokens: list[str] = []
    for passage in passages:
        tokens = tokens + word_tokenize(passage)
        if len(tokens) >= limit:
            break
    text = " ".join(tokens[:limit])
    return any(span in text for span in spans)


WORDS = st.sampled_from(
    ["a", "b", "New", "York", "5%", "king's", '"Help"', "yes", "no", "May 5, 1945", "U.S.", ".", ""]
)
PASSAGES = st.lists(st.lists(WORDS, max_size=6).map(" ".join), max_size=6)
ANSWERS = st.lists(WORDS | st.sampled_from(["a b", "b New", ". a", "``", "5 %"]), max_size=3)


@settings(deadline=None, max_examples=400)
@given(passages=PASSAGES, answers=ANSWERS, thresholds=st.sets(st.integers(1, 30), min_size=1))
def test_every_threshold_is_as_the_straightforward_measure_has_it(
    passages: list[str], answers: list[str], thresholds: set[int]
) -> None:
    expected = {threshold: straightforward(passages, answers, threshold) for threshold in thresholds}
    assert hits(passages, answers, tuple(thresholds)) == expected


@settings(deadline=None, max_examples=200)
@given(passages=PASSAGES, answers=ANSWERS, matcher=st.sampled_from([Substring, Words]))
def test_a_hit_stays_one_with_more_tokens(
    passages: list[str], answers: list[str], matcher: type[Substring | Words]
) -> None:
    found = [hit(passages, answers, threshold, matcher) for threshold in range(1, 40)]
    assert found == sorted(found)


def test_the_thresholds_are_the_papers() -> None:
    assert THRESHOLDS == (2000, 5000)
