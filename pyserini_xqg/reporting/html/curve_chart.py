"""Curves of a sweep, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from pyserini_xqg.collection.visible_text import visible
from pyserini_xqg.evaluation.comparison.measure_report import row_label
from pyserini_xqg.reporting.html.svg import INK, LINES, MEAN, MUTED, drawing, inline, shortened
from pyserini_xqg.reporting.sweep.curves import Curve, CurvePoint

AXES = {
    "alpha": "alpha, the weight of the queries",
    "hubness": "hubness, the share of the mean query direction taken out",
    "num_queries": "queries of each language",
    "subset": "languages whose queries count",
}
NAMES = {"alpha": "alpha", "hubness": "hubness", "num_queries": "number of queries", "subset": "languages"}
STYLES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))
SIZE = (5.0, 3.1)
GAP = 0.052  # between the labels at the lines' ends, as a share of the axis


def curve_svg(curve: Curve, identifier: str, percent: bool) -> Markup:
    """A curve: the mean of the languages thick, in the band of its intervals; each language thin, its code at its end.

    Parameters
    ----------
    curve : Curve
    identifier : str
        Begins the ids within the picture; another one for every picture of a page.
    percent : bool
        Whether values are shown as per cent.
    """
    scale = 100 if percent else 1
    points = curve.points
    named = curve.axis == "subset"
    with drawing(*SIZE) as figure:
        axes = figure.add_axes((0.115, 0.165, 0.765, 0.79))
        axes.patch.set_visible(False)
        places = range(len(points))
        languages = list(points[0].languages)
        several = len(languages) > 1
        for number, language in enumerate(languages if several else ()):
            (line,) = axes.plot(
                places,
                [scale * point.languages[language] for point in points],
                color=LINES[number % len(LINES)],
                linestyle=STYLES[number // len(LINES) % len(STYLES)] if not named else "",
                linewidth=1.1,
                marker="o" if named else None,
                markersize=3.5,
            )
            line.set_gid(f"language-{number}")
        (line,) = axes.plot(
            places,
            [scale * point.mean for point in points],
            color=MEAN,
            linewidth=2.6,
            linestyle="" if named else "-",
            marker="D" if named else "o",
            markersize=6 if named else 4.5,
            zorder=3,
        )
        line.set_gid("mean")
        _band(axes, points, scale, apart=named)
        for number, point in enumerate(points):
            if point.name in curve.chosen:
                axes.axvline(number, color=INK, linewidth=0.8, linestyle=(0, (2, 3)), zorder=0).set_gid(
                    f"chosen-{number}"
                )
            if point.name == curve.best:
                (ring,) = axes.plot(
                    [number], [scale * point.mean], "o", markersize=12, fillstyle="none", color=INK, zorder=4
                )
                ring.set_gid("best")
        axes.set_xticks(list(places), [shortened(point.name) for point in points])
        if sum(len(shortened(point.name)) for point in points) > 60:
            axes.tick_params(axis="x", labelrotation=30)
            for text in axes.get_xticklabels():
                text.set_horizontalalignment("right")
        axes.set_xlabel(AXES[curve.axis])
        axes.set_ylabel(visible(f"{curve.measure} (%)" if percent else curve.measure))
        axes.margins(x=0.03, y=0.07)
        axes.grid(axis="y", color=MUTED, linewidth=0.5)
        axes.set_axisbelow(True)
        _end_labels(axes, languages if several else [], points[-1], scale)
        tips = {f"language-{number}": row_label(language) for number, language in enumerate(languages)}
        return inline(figure, identifier, _title(curve), _description(curve, scale), tips)


def _band(axes: Any, points: Sequence[CurvePoint], scale: float, apart: bool) -> None:
    """The intervals of the mean: a band, or a bar each where the points are no line."""
    known = [(place, *point.interval) for place, point in enumerate(points) if point.interval]
    if not known:
        return
    places, low, high = zip(*((place, scale * low, scale * high) for place, low, high in known), strict=True)
    if apart:
        found = axes.vlines(places, low, high, color=MEAN, linewidth=1.3, zorder=2)
    else:
        found = axes.fill_between(places, low, high, color=MEAN, alpha=0.16, linewidth=0, zorder=1)
    found.set_gid("band")


def _end_labels(axes: Any, languages: Sequence[str], last: CurvePoint, scale: float) -> None:
    """The codes of the languages beside their lines' ends, moved apart where these are close."""
    bottom, top = axes.get_ylim()
    ends = [(scale * last.mean, "mean" if languages else "", MEAN)]
    ends += [
        (scale * last.languages[language], language.strip(), LINES[number % len(LINES)])
        for number, language in enumerate(languages)
    ]
    ends.sort(key=lambda end: end[0])
    heights = spread([(value - bottom) / (top - bottom) for value, _, _ in ends], GAP)
    for height, (value, text, colour) in zip(heights, ends, strict=True):
        start = (value - bottom) / (top - bottom)
        axes.plot([1.0, 1.022], [start, height], transform=axes.transAxes, color=colour, linewidth=0.6, clip_on=False)
        weight = "bold" if colour == MEAN else "normal"
        place = {"transform": axes.transAxes, "verticalalignment": "center", "fontsize": 8, "fontweight": weight}
        axes.text(1.03, height, text, color=INK, **place)


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Rising heights moved apart to be at least `gap` from each other, as little as is simple, and within 0 and 1.

    Where there is no room for all, they are evenly spread.
    """
    if (len(heights) - 1) * gap >= 1:
        return [number / (len(heights) - 1) for number in range(len(heights))]
    moved = list(heights)
    for _ in range(100):
        for low in range(len(moved) - 1):
            if (lack := gap - (moved[low + 1] - moved[low])) > 1e-9:
                moved[low] -= lack / 2
                moved[low + 1] += lack / 2
    for number in range(len(moved)):  # what is left after that, upwards and then downwards
        moved[number] = max(moved[number], number * gap, moved[number - 1] + gap if number else 0.0)
    for number in reversed(range(len(moved))):
        above = moved[number + 1] - gap if number + 1 < len(moved) else 1.0
        moved[number] = min(moved[number], above)
    return moved


def _title(curve: Curve) -> str:
    return f"{curve.measure} over {AXES[curve.axis]}"


def _description(curve: Curve, scale: float) -> str:
    highest = max(curve.points, key=lambda point: point.mean)
    lowest = min(curve.points, key=lambda point: point.mean)
    return (
        f"The mean of the languages over {len(curve.points)} values of {NAMES[curve.axis]}: "
        f"lowest {scale * lowest.mean:.4g} at {lowest.name}, highest {scale * highest.mean:.4g} at {highest.name}. "
        "All values are in the table below."
    )
