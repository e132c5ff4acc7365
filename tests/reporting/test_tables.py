from __future__ import annotations

from typing import Any

import pytest
from pyserini_xqg.reporting.tables import MeasureTable, p_value, tsv_rows

from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport, as_object
from pyserini_xqg.evaluation.measures.scores import OfficialFigure
from pyserini_xqg.reporting.tsv import as_tsv

LANGUAGES = {"fi": ["a", "b", "c"], "ar": ["d", "e"]}
VALUES = {
    "plain": {"a": 0.0, "b": 1.0, "c": 0.0, "d": 0.0, "e": 0.0},
    "new": {"a": 1.0, "b": 1.0, "c": 1.0, "d": 0.0, "e": 1.0},
    "other": {"a": 1.0, "b": 1.0, "c": 1.0, "d": 0.0, "e": 0.0},
}


def made(scale: float = 1, **given: Any) -> MeasureReport:
    values = {run: {question: scale * value for question, value in of.items()} for run, of in VALUES.items()}
    return MeasureReport("RR@10", compare_runs(values, LANGUAGES, controls=[("other", "new")]), **given)


def table(scale: float = 1, **given: Any) -> MeasureTable:
    return MeasureTable.of("RR@10", as_object(made(scale, **given), with_changes=True))


def test_rows_are_those_of_xqg_evaluate() -> None:
    report = made()
    rows = list(tsv_rows("RR@10", as_object(report)))
    assert rows == as_tsv([report]).splitlines()[1:]
    assert len(rows) == 3 * 3 + 3 * 3


def test_runs_controls_and_marks() -> None:
    found = table()
    assert (found.baseline, found.compared, found.controls) == ("plain", ["new"], {"other"})
    assert found.rows == ["fi", "ar", "mean"] and found.count("mean") == 5
    assert found.warned("new", "fi") == ["other"] and found.warned("new", "ar") == []
    assert found.best("fi") == {"new", "other"} and found.best("ar") == {"new"}
    tested = found.tested("new", "fi")
    assert tested is not None and (tested.won, tested.lost, tested.test) == (2, 0, "mcnemar")


def test_a_control_with_a_control_of_its_own_is_a_run_like_others() -> None:
    values = {**VALUES, "both": VALUES["new"]}
    found = compare_runs(values, LANGUAGES, controls=[("new", "both"), ("other", "new")])
    table = MeasureTable.of("RR@10", as_object(MeasureReport("RR@10", found)))
    assert (table.compared, table.controls) == (["new", "both"], {"new", "other"})


def test_values_are_per_cent_only_where_all_are_shares() -> None:
    assert (table().title, table().value(0.125), table().signed(-0.125)) == ("RR@10 (%)", "12.5", "−12.5")
    assert (table(3).title, table(3).value(1.5), table(3).signed(0.0)) == ("RR@10", "1.500", "+0.000")


def test_official_figures_that_are_otherwise_are_named() -> None:
    assert table().officially_otherwise() == []
    official = {"new": OfficialFigure({"fi": 1.0}, 0.9)}
    found = table(official=official)
    assert found.value(found.values["new"]["ar"]) == "–"
    assert "new" in found.officially_otherwise()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found.pop("values"),
        lambda found: found["values"]["plain"].pop("mean"),
        lambda found: found["values"].pop("other"),
        lambda found: found.update(baseline="nobody"),
        lambda found: found["differences"][0]["languages"].pop("ar"),
        lambda found: found["differences"].pop(1),
        lambda found: found["values"]["plain"].update(fi="much"),
        lambda found: found.update(questions=[]),
    ],
)
def test_objects_of_another_form_are_refused(spoil: Any) -> None:
    found = as_object(made())
    spoil(found)
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        MeasureTable.of("RR@10", found)


def test_p_values() -> None:
    assert [p_value(value) for value in (None, 0.0004, 0.05, 1.0)] == ["–", "<0.001", "0.050", "1.000"]
