"""Intervals, p values and folds say what they claim, where questions are not independent: see the benchmark."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pyserini_xqg.evaluation.comparison.clusters import NONE, PASSAGE


@pytest.fixture(scope="module")
def calibration() -> ModuleType:
    file = Path(__file__).parents[3] / "benchmarks" / "calibration.py"
    spec = importlib.util.spec_from_file_location("calibration", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look it up
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize(("language", "passage"), [(0.0, 0.0), (0.6, 0.0), (0.9, 0.5)])
def test_an_interval_holds_the_truth_as_often_as_it_says(
    calibration: ModuleType, language: float, passage: float
) -> None:
    assert 0.94 <= calibration.coverage(calibration.Questions.make(), PASSAGE, language, passage) <= 0.96


@pytest.mark.slow
@pytest.mark.parametrize(("language", "passage"), [(0.0, 0.0), (0.6, 0.0), (0.9, 0.5)])
def test_a_test_finds_no_more_than_it_says(calibration: ModuleType, language: float, passage: float) -> None:
    assert 0.04 <= calibration.false_alarms(calibration.Questions.make(), PASSAGE, language, passage, 4000) <= 0.06


@pytest.mark.slow
@pytest.mark.parametrize("passage", [0.2, 0.9])
def test_hits_of_one_passage_raise_no_false_alarms(calibration: ModuleType, passage: float) -> None:
    assert 0.035 <= calibration.false_alarms_of_hits(calibration.Questions.make(), PASSAGE, passage) <= 0.06


@pytest.mark.slow
def test_folds_report_nothing_of_equally_good_points(calibration: ModuleType) -> None:
    assert abs(calibration.folds_gain(calibration.Questions.make(), PASSAGE, 0.6, 0.5, grids=200)) <= 0.3


def test_without_clusters_too_much_would_be_claimed(calibration: ModuleType) -> None:
    questions = calibration.Questions.make()
    assert calibration.coverage(questions, NONE, 0.9, 0.5, runs=200) < 0.75


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "least"), [("equally good", 0), ("3 points worse", -2), ("up to 4 points better, then worse", 1)]
)
def test_what_is_chosen_is_below_plain_no_more_often_than_chance_says(
    calibration: ModuleType, kind: str, least: float
) -> None:
    below, gain = calibration.choice(calibration.Questions.make(), kind, "simplest", 0.6, 0.5, 150)
    assert below <= 0.04  # 0.025 of equally good ones, and what 150 grids tell
    assert gain >= least
