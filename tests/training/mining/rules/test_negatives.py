from __future__ import annotations

from pyserini_xqg.training.mining.labelling import Candidate, label_candidates
from pyserini_xqg.training.mining.rules.negatives import by_absence
from pyserini_xqg.training.mining.settings import mining_settings
from tests.training.mining.test_labelling import EXAMPLE, ids, passage


def test_negatives_are_neither_positives_nor_hold_an_answer() -> None:
    found = [
        passage("own", "an earlier state of the gold text"),
        passage("copy", "The gold text."),
        passage("a"),
        passage("holds", "in Guinea"),
        passage("titled", "where else", "Guinea"),
        passage("twin", "Text of A!"),
        passage("b"),
    ]
    settings = mining_settings({"recipe": "negatives"})
    result = label_candidates(EXAMPLE, list(map(Candidate, found)), by_absence(EXAMPLE), settings)
    assert ids(result.example.positives) == ["own"]
    assert ids(result.example.negatives) == ["a", "b"]
    assert result.passed_over == {"has an answer": 1, "answer in the title only": 1, "same text twice": 1}
