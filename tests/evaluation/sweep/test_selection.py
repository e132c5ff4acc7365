from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.comparison.clusters import find_clusters
from pyserini_xqg.evaluation.sweep.grid import PLAIN, Point
from pyserini_xqg.evaluation.sweep.selection import GridValues, choose, cross_validated, folds_of

POINTS = [PLAIN, Point(alpha=0.1), Point(alpha=0.2)]


def grid_values(rng: np.random.Generator) -> GridValues:
    questions = {"fi": [f"f{n}" for n in range(23)], "ru": [f"r{n}" for n in range(7)]}
    values = {language: rng.integers(0, 2, (3, len(ids))).astype(float) for language, ids in questions.items()}
    return GridValues(POINTS, questions, {"M": values})


def test_languages_weigh_the_same_and_ties_go_to_the_first() -> None:
    values = {
        "fi": np.array([[1, 0, 0, 0], [1, 1, 0, np.nan], [1, 1, 1, np.nan]]),
        "ru": np.array([[1.0], [1.0], [0.0]]),
    }
    questions = {"fi": list("abcd"), "ru": ["e"]}
    of = GridValues(POINTS, questions, {"M": values})
    assert of.macro("M") == pytest.approx([5 / 8, 5 / 6, 1 / 2])
    assert choose(of, "M") == 1
    equal = GridValues(
        POINTS, questions, {"M": {language: np.ones((3, len(ids))) for language, ids in questions.items()}}
    )
    assert choose(equal, "M") == 0


def test_folds_are_stratified_and_seeded() -> None:
    values = grid_values(np.random.default_rng(0))
    folds = folds_of(values, 5, seed=1)
    for language, counts in (("fi", {4, 5}), ("ru", {1, 2})):
        assert set(np.bincount(folds[language], minlength=5).tolist()) == counts
    assert all((folds[la] == folds_of(values, 5, seed=1)[la]).all() for la in folds)
    assert any((folds[la] != folds_of(values, 5, seed=2)[la]).any() for la in folds)
    for number in (1, 31):
        with pytest.raises(UsageError, match="folds"):
            folds_of(values, number, seed=1)


def test_clusters_are_dealt_out_whole() -> None:
    ids = {language: [f"{language}:q{number}" for number in range(30)] for language in ("fi", "ru")}
    values = GridValues(POINTS, ids, {"M": {language: np.zeros((3, 30)) for language in ids}})
    folds = folds_of(values, 5, seed=1)
    np.testing.assert_array_equal(folds["fi"], folds["ru"])
    qrels = {question: {f"d{number // 3}": 1} for of in ids.values() for number, question in enumerate(of)}
    by_passage = folds_of(values, 5, 1, find_clusters(ids, qrels))
    np.testing.assert_array_equal(by_passage["fi"], np.repeat(by_passage["fi"][::3], 3))
    np.testing.assert_array_equal(np.bincount(by_passage["fi"]), [6] * 5)
    with pytest.raises(UsageError, match="11 folds: from 2 to 10, the clusters"):
        folds_of(values, 11, 1, find_clusters(ids, qrels))
    apart = folds_of(values, 5, 1, find_clusters(ids, by="none"))
    assert (apart["fi"] != apart["ru"]).any()


def test_no_question_has_a_part_in_its_own_choice() -> None:
    values = grid_values(np.random.default_rng(0))
    folds = folds_of(values, 5, seed=1)
    before, of_questions = cross_validated(values, "M", 5, seed=1)
    assert {language: [before[fold] for fold in own] for language, own in folds.items()} == of_questions
    others = set()
    for fold in range(5):
        for point in range(3):
            changed = {language: array.copy() for language, array in values.values["M"].items()}
            for language, own in folds.items():
                changed[language][:, own == fold] = np.eye(3)[point][:, None]
            after, _ = cross_validated(replace(values, values={"M": changed}), "M", 5, seed=1)
            assert after[fold] == before[fold]
            others |= {other for other in range(5) if after[other] != before[other]}
    assert others  # what other folds choose does depend on it


def made(of_points: list[list[float]], points: list[Point]) -> GridValues:
    rows = np.array(of_points)
    return GridValues(points, {"fi": [f"q{number}" for number in range(rows.shape[1])]}, {"M": {"fi": rows}})


def test_the_simplest_within_a_standard_error_of_the_best_is_chosen() -> None:
    points = [PLAIN, Point(alpha=0.3, hubness=0.5), Point("own", alpha=0.1), Point(alpha=0.4), Point(alpha=0.2)]
    better, best = np.tile([1.0, 0.0], 20), np.tile([1.0, 0.0], 20)
    best[1] = 1.0  # one question more, which is one standard error of that difference
    worse = np.tile([1.0, 0.0, 0.0, 0.0], 10)
    of = made([worse, best, better, better, better], points)
    assert choose(of, "M") == choose(of, "M", rule="best") == 1
    assert choose(of, "M", rule="simplest") == 4  # not plain, one step, the smaller weight
    assert choose(of, "M", [0, 1, 2], "simplest") == 2  # fewer steps go before
    assert choose(of, "M", [0, 1], "simplest") == 1
    assert choose(made([better, best, better, better, better], points), "M", rule="simplest") == 0


def test_the_standard_error_is_that_of_clusters() -> None:
    points = [PLAIN, Point(alpha=0.2)]
    gains = np.zeros((2, 40))
    gains[1, :3] = 1.0
    of = made(gains.tolist(), points)
    assert choose(of, "M", rule="simplest") == 1  # three questions are 1.7 standard errors
    together = find_clusters(of.questions, {f"q{number}": {f"d{number // 4}": 1} for number in range(40)})
    assert choose(of, "M", rule="simplest", clusters=together) == 0  # of one passage, one
    alone = find_clusters(of.questions, {f"q{number}": {"d": 1} for number in range(40)})
    assert choose(of, "M", rule="simplest", clusters=alone) == 0


def test_questions_that_do_not_count_have_no_part_in_the_standard_error() -> None:
    rows = np.zeros((2, 40))
    rows[1, :3] = 1.0
    rows[:, 20:] = np.nan
    values = {"M": {"fi": rows, "ru": np.full((2, 3), np.nan)}}
    ids = {"fi": [f"f{number}" for number in range(40)], "ru": ["r1", "r2", "r3"]}
    assert choose(GridValues([PLAIN, Point(alpha=0.2)], ids, values), "M", rule="simplest") == 1
