from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.reporting.html.forest_chart import forest_legend, forest_svg

COUNT = 40
RIGHT = {"plain": (10, 20), "new": (30, 22), "control": (12, 24)}


def report(groups: dict[str, list[str]] | None = None) -> MeasureReport:
    asked = {language: [f"{language}{number}" for number in range(COUNT)] for language in ("fi", "ar")}
    values = {
        run: {f"{language}{n}": float(n < many) for language, many in zip(asked, of, strict=True) for n in range(COUNT)}
        for run, of in RIGHT.items()
    }
    return MeasureReport.of("RR@10 <x>", compare_runs(values, asked, controls=[("control", "new")], groups=groups))


def drawn(found: MeasureReport, identifier: str = "f0") -> ElementTree.Element:
    return ElementTree.fromstring(forest_svg(found, "new", identifier))


def group(root: ElementTree.Element, identifier: str) -> ElementTree.Element:
    (found,) = [element for element in root.iter("g") if element.get("id") == identifier]
    return found


def points(root: ElementTree.Element, series: int) -> dict[str, list[tuple[float, float]]]:
    return {
        name: [
            (float(each.get("x", "")), float(each.get("y", "")))
            for each in group(root, f"f0-{name}-{series}").iter("use")
        ]
        for name in ("clear", "unclear")
    }


def lines(root: ElementTree.Element, series: int) -> list[tuple[float, float, float]]:
    """The height of each interval, and its ends."""
    paths = [path.get("d", "") for path in group(root, f"f0-intervals-{series}").iter("path")]
    ends = [[float(number) for number in re.findall(r"[\d.]+", path)] for path in paths]
    return [(start_height, start, end) for start, start_height, end, _ in ends]


@pytest.mark.parametrize(("series", "against"), [(0, "plain"), (1, "control")])
def test_points_and_intervals_stand_where_their_figures_are(series: int, against: str) -> None:
    found = report(groups={"weak": ["ar"]})
    root = drawn(found)
    zero = float(re.findall(r"M ([\d.]+)", next(group(root, "f0-zero").iter("path")).get("d", ""))[0])
    rows = [found.difference("new", against).rows[row] for row in found.rows]
    intervals = lines(root, series)
    assert len(intervals) == len(rows) == 4
    heights = [height for height, _, _ in intervals]
    assert heights == sorted(heights)
    by_height = dict(sorted((y, x) for of in points(root, series).values() for x, y in of))
    assert list(by_height) == pytest.approx(heights, abs=0.01)
    scale = (next(iter(by_height.values())) - zero) / rows[0].difference
    for row, x, (_, low, high) in zip(rows, by_height.values(), intervals, strict=True):
        for place, value in ((x, row.difference), (low, row.low), (high, row.high)):
            assert place - zero == pytest.approx(scale * (value or 0), abs=0.05)


def test_what_is_significant_is_filled() -> None:
    found = report()
    root = drawn(found)
    for series, against in enumerate(("plain", "control")):
        significant = [found.difference("new", against).rows[row].significant for row in found.rows]
        shown = points(root, series)
        assert (len(shown["clear"]), len(shown["unclear"])) == (significant.count(True), significant.count(False))
    assert "fill: var(--page)" in ElementTree.tostring(group(root, "f0-unclear-0"), encoding="unicode")


def test_rows_are_named_and_the_legend_is_of_the_page() -> None:
    found = report(groups={"<b>weak\x1b": ["ar"]})
    root = drawn(found)
    said = [element.text for element in root.iter("text")]
    for text in ("Finnish (fi)", "Arabic (ar)", "mean", "<b>weak\\u001b", "RR@10 <x>, difference in points"):
        assert text in said
    assert not list(root.iter("b"))
    assert [(number, name) for number, _, name in forest_legend(found, "new")] == [(0, "plain"), (1, "control")]
    text = forest_svg(found, "new", "f0")
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", re.sub(r'"#f0-|\(#f0-', "", text))
    assert forest_svg(found, "new", "f0") == text
    assert "mean of the languages: +27.5 (95% interval" in (root.find("desc").text or "")  # type: ignore[union-attr]


def test_a_language_without_interval_has_its_point_only() -> None:
    values = {"plain": {"a": 0.0}, "new": {"a": 1.0}}
    found = MeasureReport.of("RR@10", compare_runs(values, {"fi": ["a"]}))
    root = drawn(found)
    assert len(points(root, 0)["unclear"]) == 1
    assert not [element for element in root.iter("g") if (element.get("id") or "").startswith("f0-intervals")]
