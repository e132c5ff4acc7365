from __future__ import annotations

from pyserini_xqg.reporting.alignment.text import alignment_as_text
from tests.reporting.alignment.conftest import made


def test_accuracy_by_language_means_and_weights() -> None:
    parts = alignment_as_text(made()).split("\n\n")
    assert parts[0].splitlines() == [
        "cosine A@1 (%)         pairs  plain  mine  difference   won/lost      p   |  shuffled  mean  hubness",
        "Finnish (fi)              12    0.0  75.0       +75.0!       9/0  0.008*  |      25.0  75.0     50.0",
        "Urdu (ur)                 12   50.0  75.0       +25.0!       3/0  0.250   |      75.0  50.0     50.0",
        "mean of the languages     24   25.0  75.0       +50.0             0.004*  |      50.0  62.5     50.0",
    ]
    assert parts[1].splitlines() == [
        "means (%)                   languages  plain   mine",
        "A@1, mean of the languages          2   25.0   75.0+",
        "A@1, weak                           1   50.0   75.0",
    ]
    assert parts[2] == "weights, for each fold the best by cosine A@1 of the others:\n  mine: 0.3, 0.5"
    assert parts[3] == "shares of hubness, for each fold the best by cosine A@1 of the others:\n  mine: 0.5, 1"
    assert parts[4].startswith("difference: to plain")


def test_plain_alone() -> None:
    said = alignment_as_text(made(queries=False))
    assert said.splitlines()[0] == "cosine A@1 (%)         pairs  plain"
    assert "weights, for" not in said
