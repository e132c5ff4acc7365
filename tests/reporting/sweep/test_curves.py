from __future__ import annotations

from dataclasses import replace

import numpy as np

from pyserini_xqg.evaluation.comparison.bootstrap import resampled_means
from pyserini_xqg.evaluation.comparison.clusters import Clusters, find_clusters
from pyserini_xqg.evaluation.sweep.grid import Point
from pyserini_xqg.reporting.sweep.curves import CurvePoint, curves_of, read_curve
from tests.reporting.sweep.conftest import POINTS, made


def test_a_curve_goes_through_the_best_point_and_begins_with_the_plain_index() -> None:
    curves = curves_of(made(), "Success@1")
    assert [(each["alpha"], each["mean"]) for each in curves["alpha"]] == [
        (0.0, 0.375),
        (0.2, 0.625),
        (0.5, 0.75),
    ]
    first = curves["subset"][0]
    assert (first["subset"], first["languages"], first["mean"]) == ("all", {"fi": 0.5, "ar": 0.5}, 0.5)
    assert [each["subset"] for each in curves["subset"]] == ["all", "own"]
    assert len(curves["hubness"]) == 1


def test_intervals_draw_the_questions_that_count_in_whole_clusters() -> None:
    rng = np.random.default_rng(2)
    asked = {language: [f"{language}:{number}" for number in range(30)] for language in ("fi", "ar")}
    values = {language: (rng.random((len(POINTS), 30)) < 0.5).astype(float) for language in asked}
    values["ar"][:, :10] = np.nan  # of these a measure knows nothing
    result = made()
    result = replace(result, grid=replace(result.grid, questions=asked, values={"Success@1": values}))
    found = {}
    for by in ("question", "none"):
        curves = curves_of(replace(result, grid_clusters=find_clusters(asked, by=by)), "Success@1")
        found[by] = [(each["low"], each["high"]) for each in curves["alpha"]]
        points = {"fi": values["fi"][[0, 3, 4]], "ar": values["ar"][[0, 3, 4], 10:]}
        clusters = find_clusters(asked, by=by).numbers({"fi": asked["fi"], "ar": asked["ar"][10:]})
        expected = resampled_means(points, clusters)
        assert found[by] == [expected.interval(row, asked) for row in range(3)]
        for each, (low, high) in zip(curves["alpha"], found[by], strict=True):
            assert low < each["mean"] < high
    assert found["question"] != found["none"]


def test_a_curve_of_one_cluster_has_no_interval_and_nor_has_that_of_an_older_file() -> None:
    result = made()
    one = Clusters("one", dict.fromkeys(result.clusters.of, "one"))
    curves = curves_of(replace(result, grid_clusters=one), "Success@1")
    assert not any("low" in each for each in curves["alpha"])
    read = read_curve("Success@1", "alpha", curves["alpha"], result.overall, result.chosen)
    assert [point.interval for point in read.points] == [None] * 3


def test_numbers_rise_and_all_is_the_last() -> None:
    points = [{"num_queries": number, "mean": 0.5, "languages": {"fi": 0.5}} for number in (None, 5, 1)]
    chosen = [Point(num_queries=5), Point(num_queries=None), Point(num_queries=5)]
    curve = read_curve("RR@10", "num_queries", points, chosen[1], chosen)
    assert curve.points == [CurvePoint(name, 0.5, {"fi": 0.5}) for name in ("1", "5", "all")]
    assert (curve.best, curve.chosen) == ("all", {"5": 2, "all": 1})
