"""Forest plots: the differences of a run to the baseline and to its controls, row by row, with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from pyserini_xqg.collection.visible_text import visible
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport, row_label
from pyserini_xqg.evaluation.comparison.row_differences import MEAN as MEAN_ROW
from pyserini_xqg.evaluation.comparison.row_differences import RowDifference
from pyserini_xqg.reporting.figures import MINUS, Unit
from pyserini_xqg.reporting.html.svg import INK, LINES, MEAN, MUTED, PAGE, drawing, inline, shortened
from pyserini_xqg.reporting.measure_tables import INTERVAL

# In inches, and characters.
WIDTH, MARGIN, CHARACTER = 5.0, 0.16, 0.078
TOP, BOTTOM, ROW, SERIES = 0.06, 0.48, 0.13, 0.1
LABEL = 24
# matplotlib's markers, and the same as characters for a legend.
SHAPES = {"o": "\N{BLACK CIRCLE}", "s": "\N{BLACK SQUARE}", "^": "\N{BLACK UP-POINTING TRIANGLE}"} | {
    "D": "\N{BLACK DIAMOND}"
}


def forest_legend(report: MeasureReport, run: str) -> list[tuple[int, str, str]]:
    """What is drawn: the number of its colour, a character of its shape, and the run that differences are to."""
    shapes = list(SHAPES.values())
    return [
        (1 + (number - 1) % len(LINES) if number else 0, shapes[number % len(shapes)], name)
        for number, name in enumerate(_against(report, run))
    ]


def forest_svg(report: MeasureReport, run: str, identifier: str) -> Markup:
    """A run's differences: a point each, filled where it is significant, and its interval.

    Parameters
    ----------
    report : MeasureReport
    run : str
        One that was compared, see :attr:`MeasureReport.compared`.
    identifier : str
        Begins the ids within the picture; another one for every picture of a page.
    """
    unit = Unit.of(report)
    rows = [row for row in report.rows if row not in report.predicted]
    series = {name: report.difference(run, name) for name in _against(report, run)}
    labels = ["mean" if row == MEAN_ROW else shortened(row_label(row), LABEL) for row in rows]
    inches = len(rows) * (ROW + SERIES * len(series))
    height = TOP + inches + BOTTOM
    left = (MARGIN + CHARACTER * max(map(len, labels))) / WIDTH
    with drawing(WIDTH, height) as figure:
        axes = figure.add_axes((left, BOTTOM / height, 0.985 - left, inches / height))
        axes.patch.set_visible(False)
        axes.axvline(0, color=INK, linewidth=0.8, zorder=1).set_gid("zero")
        for number, name in enumerate(series):
            found = {row: series[name].rows[row] for row in rows}
            shift = (number + 0.5) / len(series) - 0.5
            share = SERIES * len(series) / (ROW + SERIES * len(series))
            _draw(axes, found, number, share * shift, 100 if unit.percent else 1)
        axes.set_yticks(range(len(rows)), labels)
        for row, text in zip(rows, axes.get_yticklabels(), strict=True):
            text.set_fontweight("bold" if row == MEAN_ROW else "normal")
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x", color=MUTED, linewidth=0.5)
        axes.set_axisbelow(True)
        axes.set_xlabel(visible(f"{report.measure}, difference{' in points' if unit.percent else ''}"))
        title = f"{report.measure}: {run} {MINUS} {', '.join(series)}"
        return inline(figure, identifier, title, _description(report, run, unit), {})


def _against(report: MeasureReport, run: str) -> list[str]:
    return [report.baseline, *report.not_above.get(run, {})]


def _draw(axes: Any, found: Mapping[str, RowDifference], number: int, shift: float, scale: float) -> None:
    colour = MEAN if number == 0 else LINES[(number - 1) % len(LINES)]
    marker = list(SHAPES)[number % len(SHAPES)]
    heights = {row: place + shift for place, row in enumerate(found)}
    known = [
        (heights[row], scale * each.low, scale * each.high)
        for row, each in found.items()
        if each.low is not None and each.high is not None
    ]
    if known:
        lines = axes.hlines(*zip(*known, strict=True), color=colour, linewidth=1.3, zorder=2)
        lines.set_gid(f"intervals-{number}")
    for name, significant in (("clear", True), ("unclear", False)):
        rows = [row for row, each in found.items() if each.significant is significant]
        points = axes.scatter(
            [scale * found[row].difference for row in rows],
            [heights[row] for row in rows],
            s=17,
            marker=marker,
            facecolor=colour if significant else PAGE,
            edgecolor=colour,
            linewidth=1.1,
            zorder=3,
        )
        points.set_gid(f"{name}-{number}")


def _description(report: MeasureReport, run: str, unit: Unit) -> str:
    of_all = report.difference(run, report.baseline).rows[report.overall]
    known = of_all.low is not None and of_all.high is not None
    interval = f" ({INTERVAL} {unit.signed(of_all.low or 0)} to {unit.signed(of_all.high or 0)})" if known else ""
    return (
        f"{row_label(report.overall)}: {unit.signed(of_all.difference)}{interval} to {report.baseline}. "
        "All differences are in the table below."
    )
