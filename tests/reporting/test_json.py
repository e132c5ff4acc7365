from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.measures.scores import OfficialFigure
from pyserini_xqg.reporting.json import as_json, from_object, to_object
from tests.fixtures.reports import VALUES, made


@pytest.mark.parametrize(
    "report",
    [
        made(),
        made(1 / 3, groups={"weak": ["ar"], "both": ["fi", "ar"]}),
        MeasureReport.of("RR@10", compare_runs(VALUES, {"all": ["a", "b", "e"]}, controls=[("other", "new")])),
        MeasureReport.of("RR@10", compare_runs({"plain": VALUES["plain"]}, {"fi": ["a"], "ar": ["d"]})),
    ],
    ids=["hits", "graded with groups", "one language", "one run"],
)
def test_what_is_written_is_read_back(report: MeasureReport) -> None:
    read = json.loads(as_json([report], with_changes=True))
    found = from_object("RR@10", read["RR@10"])
    assert to_object(found, with_changes=True) == to_object(report, with_changes=True)
    # Means over rows and over questions are added up in another order.
    for mine, other in zip(found.differences, report.differences, strict=True):
        assert mine.overall.difference == pytest.approx(other.overall.difference)
        assert replace(mine, overall=other.overall) == other


def test_an_official_figure_that_is_not_there_is_null() -> None:
    report = made(official={"new": OfficialFigure({"fi": 1.0}, 0.9)})
    assert json.loads(as_json([report]))["RR@10"]["values"]["new"] == {"fi": 1.0, "ar": None, "mean": 0.9}
    assert from_object("RR@10", to_object(report)).value("new", "ar") is None


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
        lambda found: found.update(questions={}),
    ],
)
def test_objects_of_another_form_are_refused(spoil: Any) -> None:
    found = to_object(made())
    spoil(found)
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        from_object("RR@10", found)
