from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from pyserini_xqg.reporting.html.curve_chart import GAP, curve_svg, spread
from pyserini_xqg.reporting.sweep.curves import Curve, CurvePoint

POINTS = [
    CurvePoint(name, mean, {"fi": mean + 0.05, "ar": mean - 0.05})
    for name, mean in (("0", 0.4), ("0.3", 0.6), ("<b>&0.9", 0.3))
]
CURVE = Curve("RR@10 <x>", "alpha", POINTS, "0.3", {"0.3": 3, "0": 1})


def drawn(curve: Curve = CURVE, identifier: str = "c0", percent: bool = True) -> ElementTree.Element:
    return ElementTree.fromstring(curve_svg(curve, identifier, percent))


def line(root: ElementTree.Element, identifier: str) -> list[float]:
    """The heights of a line's points."""
    (group,) = [element for element in root.iter("g") if element.get("id") == identifier]
    path = next(group.iter("path"))
    return [float(height) for height in re.findall(r"[ML] [\d.]+ ([\d.]+)", path.get("d", ""))]


@pytest.mark.parametrize(("identifier", "values"), [("mean", (0.4, 0.6, 0.3)), ("language-1", (0.35, 0.55, 0.25))])
def test_a_line_goes_through_its_values(identifier: str, values: tuple[float, ...]) -> None:
    heights = line(drawn(), f"c0-{identifier}")
    shares = [(height - heights[0]) / (heights[1] - heights[0]) for height in heights]
    assert shares == pytest.approx([(value - values[0]) / (values[1] - values[0]) for value in values], abs=1e-4)
    assert heights[1] < heights[0] < heights[2]  # SVG counts downwards


def test_text_stays_text_and_markup_in_it_stays_text() -> None:
    root = drawn()
    said = [element.text for element in root.iter("text")]
    assert {"0.3", "<b>&0.9", "RR@10 <x> (%)", "fi", "ar", "mean"} <= set(said)
    assert not list(root.iter("b"))
    assert "RR@10 <x>" in (root.find("title").text or "")  # type: ignore[union-attr]
    assert "highest 60 at 0.3" in (root.find("desc").text or "")  # type: ignore[union-attr]
    assert root.get("aria-labelledby") == "c0-title c0-desc"
    assert [element.text for element in root.iter("title")][1:] == ["Finnish (fi)", "Arabic (ar)"]


def test_the_best_and_the_chosen_values_are_marked() -> None:
    groups = {element.get("id") for element in drawn().iter("g")}
    assert {"c0-chosen-0", "c0-chosen-1"} <= groups
    assert "c0-chosen-2" not in groups
    assert "c0-best" in groups


def test_colours_are_the_pages() -> None:
    text = str(curve_svg(CURVE, "c0", True))
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", re.sub(r'"#c0-|\(#c0-', "", text))
    assert "var(--ink)" in text and "var(--accent)" in text and "var(--line-1)" in text
    assert "http" not in text and "<style" not in text


@pytest.mark.parametrize("axis", ["alpha", "subset"])
def test_intervals_of_the_mean_are_a_band_or_bars(axis: str) -> None:
    assert not [each for each in drawn().iter("g") if each.get("id") == "c0-band"]
    points = [replace(point, interval=(point.mean - 0.05, point.mean + 0.1)) for point in POINTS]
    root = drawn(replace(CURVE, axis=axis, points=points))
    (band,) = [element for element in root.iter("g") if element.get("id") == "c0-band"]
    text = ElementTree.tostring(band, encoding="unicode")
    assert "var(--accent)" in text
    heights = (
        line(root, "c0-mean")
        if axis == "alpha"
        else [
            float(each.get("y", "")) for each in next(g for g in root.iter("g") if g.get("id") == "c0-mean").iter("use")
        ]
    )
    scale = (heights[1] - heights[0]) / (POINTS[1].mean - POINTS[0].mean)
    offset = sum(float(each.get("y", "")) for each in band.iter("use"))
    paths = [path.get("d", "") for path in band.iter("path")]
    found = [offset + float(height) for path in paths for height in re.findall(r"[ML] [\d.]+ (-?[\d.]+)", path)]
    assert min(found) == pytest.approx(min(heights) + 0.1 * scale, abs=0.01)
    assert max(found) == pytest.approx(max(heights) - 0.05 * scale, abs=0.01)


def test_ids_differ_between_pictures() -> None:
    ids = [{each.get("id") for each in drawn(identifier=name).iter() if each.get("id")} for name in ("c0", "c1")]
    assert not ids[0] & ids[1]
    root = drawn()
    named = {element.get("id") for element in root.iter()}
    for element in root.iter():
        for value in element.attrib.values():
            for target in re.findall(r"url\(#([^)]+)\)", value) + re.findall(r"^#(.+)$", value):
                assert target in named


def test_the_same_curve_gives_the_same_bytes() -> None:
    assert curve_svg(CURVE, "c0", True) == curve_svg(CURVE, "c0", True)


def test_one_language_has_one_line() -> None:
    points = [CurvePoint(str(number), number, {"all": number}) for number in range(3)]
    root = drawn(Curve("AP", "hubness", points, None, {}), percent=False)
    assert not [each for each in root.iter("g") if (each.get("id") or "").startswith("c0-language")]
    assert "mean" not in [element.text for element in root.iter("text")]


@pytest.mark.parametrize("heights", [[0.1, 0.5, 0.9], [0.5] * 6, [0.0] * 6, [1.0] * 6, [0.1, 0.11, 0.12, 0.99, 1.0]])
def test_labels_are_moved_apart_and_stay_inside(heights: list[float]) -> None:
    moved = spread(heights, GAP)
    assert all(b - a >= GAP - 1e-6 for a, b in pairwise(moved))
    assert min(moved) >= -1e-9 and max(moved) <= 1 + 1e-9


def test_labels_that_are_apart_stay_and_too_many_are_spread_evenly() -> None:
    assert spread([0.1, 0.5, 0.9], GAP) == [0.1, 0.5, 0.9]
    assert spread([0.5] * 41, GAP) == pytest.approx([number / 40 for number in range(41)])
