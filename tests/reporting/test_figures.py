from __future__ import annotations

from pyserini_xqg.evaluation.measures.scores import OfficialFigure
from pyserini_xqg.reporting.figures import Unit, p_value
from tests.fixtures.reports import made


def test_values_are_per_cent_only_where_all_are_shares() -> None:
    unit = Unit.of(made())
    assert (unit.title("RR@10"), unit.value(0.125), unit.signed(-0.125)) == ("RR@10 (%)", "12.5", "−12.5")
    unit = Unit.of(made(3))
    assert (unit.title("RR@10"), unit.value(1.5), unit.signed(0.0)) == ("RR@10", "1.500", "+0.000")
    assert Unit.of_values([0, 1]).percent and not Unit.of_values([0.5, -0.1]).percent


def test_a_single_question_above_one_counts_too() -> None:
    # Its mean is a share all the same.
    assert not Unit.of(made(1.2)).percent


def test_a_figure_that_is_not_there_is_a_dash() -> None:
    report = made(official={"new": OfficialFigure({"fi": 1.0}, 0.9)})
    assert Unit.of(report).value(report.value("new", "ar")) == "–"


def test_p_values() -> None:
    assert [p_value(value) for value in (None, 0.0004, 0.05, 1.0)] == ["–", "<0.001", "0.050", "1.000"]
