from __future__ import annotations

import json

import pytest

from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport, row_label
from pyserini_xqg.evaluation.comparison.row_differences import MEAN
from pyserini_xqg.evaluation.measures.scores import OfficialFigure
from pyserini_xqg.reporting.json import from_object, to_object
from pyserini_xqg.reporting.latex import as_latex
from pyserini_xqg.reporting.summaries import run_summaries
from pyserini_xqg.reporting.text import as_text
from pyserini_xqg.reporting.tsv import as_tsv
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


def test_languages_of_predictions_have_rows_and_count_in_the_mean() -> None:
    """The official script's mean is over the languages that predictions name, whatever the gold file says."""
    comparison = compare_runs(VALUES, {" fi": LANGUAGES["fi"]})
    official = {
        "plain": OfficialFigure({"fi": 1 / 3, "te": 0.0}, 1 / 6),
        "new": OfficialFigure({"fi": 0.5, " fi": 1.0, "ar": 0.0}, 0.5),
        "other": OfficialFigure({" fi": 1.0}, 1.0),
    }
    found = MeasureReport.of("R@2kt", comparison, official)
    assert (found.rows, found.predicted, found.overall) == ([" fi", "te", "fi", "ar", "mean"], ["te", "fi", "ar"], MEAN)
    assert found.values == {
        "plain": {" fi": 1 / 3, "te": 0.0, "fi": None, "ar": None, "mean": 1 / 6},
        "new": {" fi": 1.0, "te": None, "fi": 0.5, "ar": 0.0, "mean": 0.5},
        "other": {" fi": 1.0, "te": None, "fi": None, "ar": None, "mean": 1.0},
    }
    assert [found.count(row) for row in found.rows] == [3, 0, 0, 0, 3]
    assert found.official == ["plain", "new"]
    gain = found.difference("new", "plain")
    assert list(gain.rows) == [" fi", "mean"] and gain.rows["mean"].difference == gain.rows[" fi"].difference
    assert from_object("R@2kt", json.loads(json.dumps(to_object(found)))).rows == found.rows
    text = as_text([found]) + as_latex([("runs", [found])]) + as_tsv([found])
    shown = [" ".join(line.split()) for line in text.splitlines()]
    assert "Telugu (te) 0 0.0 - -" in shown and "mean of the languages 3 16.7 50.0 100.0" in shown
    controlled = MeasureReport.of(
        "R@2kt", compare_runs(VALUES, {" fi": LANGUAGES["fi"]}, controls=[("other", "new")]), official
    )
    assert "Telugu (te) 0 0.0 - - | - -" in [" ".join(line.split()) for line in as_text([controlled]).splitlines()]


def test_no_note_names_a_mean_that_is_not_shown() -> None:
    values = {**VALUES, "other": VALUES["new"]}
    comparison = compare_runs(values, {"fi": LANGUAGES["fi"]}, controls=[("other", "new")])
    found = MeasureReport.of("RR@10", comparison)
    assert found.not_above == {"new": {"other": ["fi"]}}
    text = as_text([found])
    assert "! other gains as much as new or more: Finnish (fi). What" in text
    assert "mean of the languages" not in text
    assert all("mean of" not in sentence for each in run_summaries([found]) for sentence in each.not_above)


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
