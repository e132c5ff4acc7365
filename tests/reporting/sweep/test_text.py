from __future__ import annotations

from pyserini_xqg.reporting.sweep.files import reports_of
from pyserini_xqg.reporting.sweep.text import sweep_as_text
from pyserini_xqg.reporting.text import as_text
from tests.reporting.sweep.conftest import made


def test_the_choice_and_its_figures() -> None:
    result = made()
    head, _, tables = sweep_as_text(result).partition("\n\n")
    assert head.splitlines() == [
        "5 points; chosen on the questions of the other folds:",
        "  alpha 0.5, hubness 0, queries all, languages own (1 of 2 folds)",
        "  alpha 0.2, hubness 0, queries all, languages own (1 of 2 folds)",
    ]
    assert tables == as_text(reports_of(result))
    assert tables.splitlines()[1].split() == ["Finnish", "(fi)", "4", "25.0", "100.0", "+75.0", "3/0", "0.500"]


def test_a_dev_set_chooses_once() -> None:
    assert sweep_as_text(made(folds=1)).splitlines()[:2] == [
        "5 points; chosen on the dev questions:",
        "  alpha 0.5, hubness 0, queries all, languages own",
    ]
