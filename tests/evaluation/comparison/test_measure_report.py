from __future__ import annotations

import pytest

from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MEAN, MeasureReport, row_label
from pyserini_xqg.evaluation.measures.scores import OfficialFigure
from tests.fixtures.reports import LANGUAGES, VALUES, made


def test_runs_controls_and_differences() -> None:
    found = made()
    assert (found.baseline, found.compared, found.controls) == ("plain", ["new"], {"other"})
    assert found.rows == ["fi", "ar", "mean"] and found.count("mean") == 5
    assert found.controls_not_below("new", "fi") == ["other"] and found.controls_not_below("new", "ar") == []
    gain = found.gain("new")
    assert gain is not None and found.gain("plain") is None
    tested = gain.rows["fi"]
    assert (tested.won, tested.lost, tested.test) == (2, 0, "mcnemar")
    assert gain.at(MEAN) == gain.overall == gain.rows["mean"]
    with pytest.raises(KeyError, match="other - new"):
        found.difference("other", "new")


def test_a_control_with_a_control_of_its_own_is_a_run_like_others() -> None:
    values = {**VALUES, "both": VALUES["new"]}
    found = compare_runs(values, LANGUAGES, controls=[("new", "both"), ("other", "new")])
    report = MeasureReport.of("RR@10", found)
    assert (report.compared, report.controls) == (["new", "both"], {"new", "other"})


def test_official_figures_that_are_otherwise_are_named() -> None:
    assert made().official == made().officially_otherwise() == []
    found = made(official={"new": OfficialFigure({"fi": 1.0}, 0.9)})
    assert (found.value("new", "fi"), found.value("new", "ar"), found.value("new", MEAN)) == (1.0, None, 0.9)
    assert found.official == ["new"]
    assert "new" in found.officially_otherwise()
    assert made(official={"new": OfficialFigure({"fi": 1.0, "ar": 0.5}, 0.75)}).official == []


def test_a_group_has_the_mean_of_its_languages_official_or_not() -> None:
    groups = {"both": ["fi", "ar"], "weak": ["ar"]}
    comparison = compare_runs(VALUES, LANGUAGES, groups=groups)
    found = MeasureReport.of("R@2kt", comparison, {"new": OfficialFigure({"fi": 0.8}, 0.8)})
    assert found.rows == ["fi", "ar", "mean", "both", "weak"]
    assert (found.value("other", "both"), found.value("new", "both"), found.count("weak")) == (0.5, None, 2)
    gain = found.difference("other", "plain")
    assert gain.rows["both"] == gain.rows["mean"]


def test_the_mean_of_one_language_is_its_figure() -> None:
    found = MeasureReport.of("RR@10", compare_runs(VALUES, {"fi": LANGUAGES["fi"]}))
    assert (found.rows, found.overall, found.value("new", MEAN)) == (["fi"], "fi", 1.0)
    gain = found.difference("new", "plain")
    assert (gain.rows["fi"].low, gain.rows["fi"].high) == (gain.overall.low, gain.overall.high)
    assert gain.overall.low is not None and gain.overall.p == gain.rows["fi"].p


def test_labels() -> None:
    labels = [row_label(row) for row in ("fi", " ar", "Finnish", "all", "mean", "low-resource")]
    assert labels == [
        "Finnish (fi)",
        "Arabic (ar)",
        "Finnish (Finnish)",
        "all questions",
        "mean of the languages",
        "low-resource",
    ]
