from __future__ import annotations

import random

import numpy as np
import pytest
from nltk.translate import AlignedSent, IBMModel1

from pyserini_xqg.generation.dictionaries.word_alignment import IbmModel1, links


def sentences(number: int) -> list[tuple[list[int], list[int]]]:
    """Pairs in which word n is 9 - n, in another order, now and then with a word more."""
    chance = random.Random(0)
    pairs = []
    for _ in range(number):
        ours = chance.sample(range(10), chance.randint(1, 5))
        theirs = [9 - word for word in ours] + [10] * chance.randint(0, 1)
        chance.shuffle(theirs)
        pairs.append((ours, theirs))
    return pairs


@pytest.mark.parametrize("iterations", [1, 3])
def test_it_is_ibm_model_1_of_nltk(iterations: int) -> None:
    pairs = sentences(12)
    own = IbmModel1(pairs, iterations)
    # nltk translates "mots" to "words".
    known = IBMModel1([AlignedSent(theirs, ours) for ours, theirs in pairs], iterations)
    for target in range(11):
        for source in (None, *range(10)):
            assert own.probability(source, target) == pytest.approx(
                known.translation_table[target][source] if own.probability(source, target) else 0, abs=1e-9
            )


def test_probabilities_of_a_word_add_up() -> None:
    model = IbmModel1(sentences(20))
    for source in (None, *range(10)):
        assert np.isclose(sum(model.probability(source, target) for target in range(11)), 1)
    assert model.probability(99, 0) == 0


def test_words_that_go_together_are_linked_wherever_they_stand() -> None:
    pairs = sentences(60)
    for (ours, theirs), found in zip(pairs, links(pairs), strict=True):
        sure = {(ours.index(9 - word), place) for place, word in enumerate(theirs) if word != 10}
        assert sure <= found
