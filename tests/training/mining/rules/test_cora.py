from __future__ import annotations

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.training.mining.labelling import Candidate, label_candidates
from pyserini_xqg.training.mining.rules.cora import by_reader
from pyserini_xqg.training.mining.settings import mining_settings
from tests.training.mining.test_labelling import ids, passage


def test_the_readers_right_answers_make_positives_whatever_the_text_holds() -> None:
    found = [passage("a", "It rises in Guinea."), passage("b"), passage("c"), passage("d")]
    example = TrainingExample("q", "where", answers=("Guinea", "yes"))
    judge = by_reader(example, ["the Congo", "The guinea.", "yes", ""])
    result = label_candidates(
        example, list(map(Candidate, found)), judge, mining_settings({"recipe": "cora", "reader": "r"})
    )
    assert ids(result.example.positives) == ["b"]
    assert ids(result.example.negatives) == ["a", "c", "d"]
