from __future__ import annotations

from pyserini_xqg.evaluation.sweep.grid import Point
from pyserini_xqg.reporting.sweep.curves import CurvePoint, curve_values, read_curve
from tests.reporting.sweep.conftest import made


def test_a_curve_goes_through_the_best_point_and_begins_with_the_plain_index() -> None:
    result = made()
    assert [(each["alpha"], each["mean"]) for each in curve_values(result, "Success@1", "alpha")] == [
        (0.0, 0.375),
        (0.2, 0.625),
        (0.5, 0.75),
    ]
    subsets = curve_values(result, "Success@1", "subset")
    assert subsets[0] == {"subset": "all", "languages": {"fi": 0.5, "ar": 0.5}, "mean": 0.5}
    assert [each["subset"] for each in subsets] == ["all", "own"]
    assert len(curve_values(result, "Success@1", "hubness")) == 1


def test_numbers_rise_and_all_is_the_last() -> None:
    points = [{"num_queries": number, "mean": 0.5, "languages": {"fi": 0.5}} for number in (None, 5, 1)]
    chosen = [Point(num_queries=5), Point(num_queries=None), Point(num_queries=5)]
    curve = read_curve("RR@10", "num_queries", points, chosen[1], chosen)
    assert curve.points == [CurvePoint(name, 0.5, {"fi": 0.5}) for name in ("1", "5", "all")]
    assert (curve.best, curve.chosen) == ("all", {"5": 2, "all": 1})
