from __future__ import annotations

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.sweep.grid import PLAIN, Grid, Point, languages_that_count


def test_grid_knows_plain_first_and_no_point_twice() -> None:
    grid = Grid([0.5, 0, 0.5], [0, 1], [None, 2], ["all", "each-left-out"], ["fi", "ru"])
    assert grid.points[0] == PLAIN
    assert len(set(grid.points)) == len(grid.points) == 1 + 3 * 2 * (1 + 2)
    assert grid.only([PLAIN]).points == [PLAIN]
    one = Point("own", 2, 0.5, 0.1)
    assert grid.only([one, PLAIN, one]).points == [PLAIN, one]


def test_languages_that_count() -> None:
    grid = Grid([0.1], [0], [None], ["all"], ["fi", "ru", "sw"])
    assert grid.chosen_languages(Point("all"), "fi") == ("fi", "ru", "sw")
    assert grid.chosen_languages(Point("own"), "fi") == ("fi",)
    assert grid.chosen_languages(Point("own"), "te") == ()
    assert grid.chosen_languages(Point("others"), "fi") == ("ru", "sw")
    assert grid.chosen_languages(Point("without-ru"), "fi") == ("fi", "sw")
    assert grid.chosen_languages(Point("own"), "swh_Latn") == ("sw",)
    assert grid.chosen_languages(Point("others"), "swh") == ("fi", "ru")
    kept = Grid([0.1], [0], [None], ["without-sw"], ["fi", "swh"])  # of an index made with another code
    assert [point.subset for point in kept.points] == ["all", "without-swh"]
    assert kept.chosen_languages(Point("own"), "sw") == ("swh",)
    assert kept.chosen_languages(Point("without-swh"), "sw") == ("fi",)


def test_a_part_of_a_macrolanguage_is_not_taken_for_it_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    assert languages_that_count("own", "yue", ("fi", "zh")) == ()
    assert languages_that_count("others", "yue", ("fi", "zh")) == ("fi", "zh")
    assert caplog.messages == ["yue (Yue Chinese) is not taken as zh (Chinese): each is a language of its own here"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"alphas": [1.5]}, "alpha is 1.5"),
        ({"hubness": [-1]}, "reduce_hubness is -1"),
        ({"subsets": ["none"]}, "'none' is no subset"),
        ({"subsets": ["without-te"]}, "'without-te' is no subset"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(changed, message) -> None:
    values = {"alphas": [0.1], "hubness": [0], "num_queries": [None], "subsets": ["all"], "languages": ["fi"]}
    with pytest.raises(UsageError, match=message):
        Grid(**{**values, **changed})


def test_hubness_is_reduced_without_queries_too_whatever_weights_are_tried() -> None:
    points = Grid([0.3], [0, 0.5], [None], ["all"], ["fi"], [False, True]).points
    assert [point for point in points if not point.alpha] == [
        PLAIN,
        Point(normalize=True),
        Point(hubness=0.5),
        Point(hubness=0.5, normalize=True),
    ]
    assert len(points) == 8


def test_weights_of_languages_go_by_the_codes_of_the_index() -> None:
    grid = Grid([0.1], [0], [None], ["all", "own"], ["fi", "swh"], alphas_by_language=[{"sw": 0.4, "Finnish": 0.2}])
    weighted = [point for point in grid.points if point.alphas]
    assert [point.subset for point in weighted] == ["all", "own"]
    assert weighted[0].alphas == (("fi", 0.2), ("swh", 0.4)) and weighted[0].alpha == pytest.approx(0.3)
    assert grid.chosen_languages(weighted[1], "sw") == ("swh",)
    with pytest.raises(UsageError, match=r"alpha te=0\.1: there are no queries in te; there are some in fi, swh"):
        Grid([0.1], [0], [None], ["all"], ["fi", "swh"], alphas_by_language=[{"te": 0.1}])
