from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.comparison.clusters import Clusters
from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.sweep.compared import ComparedValues, comparison_of
from pyserini_xqg.evaluation.sweep.grid import Point
from pyserini_xqg.reporting.json import to_object
from pyserini_xqg.reporting.sweep.files import check_sweep_output, read_sweep, reports_of, write_sweep
from tests.reporting.sweep.conftest import POINTS, made


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    result = made()
    write_sweep(result, {"seed": 3}, tmp_path / "mine")
    found = read_sweep(tmp_path / "mine")
    assert (found.name, found.settings, found.points, found.folds) == ("mine", {"seed": 3}, 5, 2)
    assert found.overall == str(POINTS[4])
    assert found.chosen == {str(POINTS[4]): 1, str(POINTS[3]): 1}
    assert [to_object(each) for each in found.tests] == [to_object(each) for each in reports_of(result)]
    assert [curve.axis for curve in found.curves] == ["alpha", "subset"]  # the others have one point
    write_sweep(result, {"seed": 4}, tmp_path / "mine")  # an earlier sweep gives way
    assert read_sweep(tmp_path / "mine").settings == {"seed": 4}


def test_the_grid_has_all_points(tmp_path: Path) -> None:
    write_sweep(made(), {}, tmp_path)
    rows = [line.split("\t") for line in (tmp_path / "grid.tsv").read_text().splitlines()]
    assert rows[0] == [
        "measure",
        "alpha",
        "hubness",
        "num_queries",
        "subset",
        "normalize",
        "language",
        "questions",
        "value",
    ]
    assert len(rows) == 1 + 5 * 3
    assert rows[-3:] == [
        ["Success@1", "0.5", "0.0", "all", "own", "off", "fi", "4", "1.000000"],
        ["Success@1", "0.5", "0.0", "all", "own", "off", "ar", "2", "0.500000"],
        ["Success@1", "0.5", "0.0", "all", "own", "off", "mean", "6", "0.750000"],
    ]


def test_the_tested_questions_can_be_tested_anew(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    asked = {language: [f"{language}:{number}" for number in range(40)] for language in ("fi", "ar")}
    questions = [question for of in asked.values() for question in of]
    clusters = Clusters("passage", {question: f"d{int(question[3:]) // 2}" for question in questions})
    runs = {
        run: {question: 1 / int(rng.integers(1, most)) for question in questions}
        for run, most in (("plain", 9), ("chosen", 6), ("hubness alone", 8), ("queries alone", 7))
    }
    tested = {"RR@10": ComparedValues(asked, runs), "R@3": ComparedValues({"fi": asked["fi"]}, runs)}
    tests = {measure: comparison_of(each, clusters) for measure, each in tested.items()}
    write_sweep(replace(made(), tests=tests, values=tested, clusters=clusters), {}, tmp_path)
    with (tmp_path / "questions.tsv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file, delimiter="\t"))
    assert list(lines[0]) == ["language", "question", "cluster", "measure", *runs]
    assert len(lines) == 80 + 40
    for report in read_sweep(tmp_path).tests:
        of_measure = [line for line in lines if line["measure"] == report.measure]
        languages: dict[str, list[str]] = {}
        for line in of_measure:
            languages.setdefault(line["language"], []).append(line["question"])
        found = compare_runs(
            {run: {line["question"]: float(line[run]) for line in of_measure} for run in runs},
            languages,
            controls=[("hubness alone", "chosen"), ("queries alone", "chosen")],
            clusters=Clusters("passage", {line["question"]: line["cluster"] for line in of_measure}),
        )
        anew = MeasureReport.of(report.measure, found)
        assert to_object(anew) == to_object(report)
        assert anew.difference("chosen", "plain").overall.p == report.difference("chosen", "plain").overall.p


def test_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    for place in (tmp_path, tmp_path / "note.txt"):
        with pytest.raises(UsageError, match="is there and is no sweep"):
            check_sweep_output(place)
    check_sweep_output(tmp_path / "new")


def test_weights_of_languages_and_unit_length_are_written_and_read_back(tmp_path: Path) -> None:
    point = Point("own", None, 0.0, 0.3, True, (("fi", 0.2), ("ru", 0.4)))
    result = made(folds=1)
    grid = replace(result.grid, points=[*POINTS[:4], point])
    write_sweep(replace(result, grid=grid, chosen=[point], overall=point), {}, tmp_path)
    assert read_sweep(tmp_path).chosen == {str(point): 1}
    assert str(point) == "alpha fi=0.2,ru=0.4, hubness 0, queries all, languages own, unit length"
    last = (tmp_path / "grid.tsv").read_text().splitlines()[-1]
    assert last.split("\t")[:6] == ["Success@1", "fi=0.2,ru=0.4", "0.0", "all", "own", "on"]
