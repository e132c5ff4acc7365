from __future__ import annotations

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.sweep.grid import PLAIN, Grid, Point


def test_grid_knows_plain_first_and_no_point_twice() -> None:
    grid = Grid([0.5, 0, 0.5], [0, 1], [None, 2], ["all", "each-left-out"], ["fi", "ru"])
    assert grid.points[0] == PLAIN
    assert len(set(grid.points)) == len(grid.points) == 1 + 3 * 2 * (1 + 2)
    assert grid.only([PLAIN]).points == [PLAIN]
    one = Point("own", 2, 0.5, 0.1)
    assert grid.only([one, PLAIN, one]).points == [PLAIN, one]


def test_languages_that_count() -> None:
    grid = Grid([0.1], [0], [None], ["all"], ["fi", "ru", "sw"])
    assert grid.chosen_languages("all", "fi") == ("fi", "ru", "sw")
    assert grid.chosen_languages("own", "fi") == ("fi",)
    assert grid.chosen_languages("own", "te") == ()
    assert grid.chosen_languages("others", "fi") == ("ru", "sw")
    assert grid.chosen_languages("without-ru", "fi") == ("fi", "sw")


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
