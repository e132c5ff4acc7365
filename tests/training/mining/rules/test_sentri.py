from __future__ import annotations

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.training.mining.labelling import Candidate, label_candidates
from pyserini_xqg.training.mining.rules.sentri import by_answer_string
from pyserini_xqg.training.mining.settings import mining_settings
from tests.training.mining.test_labelling import ids, passage


def test_an_answer_in_the_text_makes_a_positive_and_its_absence_a_negative() -> None:
    found = [
        passage("a", "It rises in Guinea."),
        passage("b", "New Guineans sang"),
        passage("c", "an island", "Guinea"),
        passage("d", "GUINEA, again"),
    ]
    example = TrainingExample("q", "where", answers=("Guinea",))
    settings = mining_settings({"recipe": "sentri"})
    result = label_candidates(example, list(map(Candidate, found)), by_answer_string(example), settings)
    assert ids(result.example.positives) == ["a", "d"]
    assert ids(result.example.negatives) == ["b"]
    assert result.passed_over == {"answer in the title only": 1}
