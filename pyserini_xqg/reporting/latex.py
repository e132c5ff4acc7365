"""LaTeX of measure reports: tabulars for papers, with the rules of booktabs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyserini_xqg.collection.visible_text import visible
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.comparison.row_differences import MEAN
from pyserini_xqg.reporting.measure_tables import overview, title
from pyserini_xqg.reporting.table import Cell, Mark

ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    **{character: f"\\{character}" for character in "_%&#${}"},
    "\N{EN DASH}": "--",
    "\N{MINUS SIGN}": "$-$",
}
SIGNS = {Mark.ABOVE: "+", Mark.BELOW: "$-$", Mark.NOT_ABOVE: "!"}
PREAMBLE = r"""% Needs \usepackage{booktabs} and \usepackage[T1]{fontenc}; other scripts than Latin need XeLaTeX.
% +  above the baseline, - below it, p below 0.05, Holm-corrected over the languages
% !  a control gains as much or more
% bold: the highest figure; italics: a control"""


def escape(text: str) -> str:
    """Text that LaTeX prints as it stands, on one line."""
    return "".join(ESCAPES.get(character, character) for character in visible(" ".join(text.split())))


def as_latex(sections: Iterable[tuple[str, Sequence[MeasureReport]]]) -> str:
    """A tabular for each measure of each section; runs are rows and languages are columns."""
    parts = [PREAMBLE]
    for name, reports in sections:
        parts += [f"% {escape(name)}: {escape(title(report))}\n{_tabular(report)}" for report in reports]
    return "\n\n".join(parts) + "\n"


def _tabular(report: MeasureReport) -> str:
    table = overview(report)
    heads = [escape(title(report)), *("Mean" if row == MEAN else escape(row.strip()) for row in report.rows)]
    lines = [
        rf"\begin{{tabular}}{{l{'r' * len(report.rows)}}}",
        r"\toprule",
        _row(heads),
        r"\midrule",
        *(
            _row([_name(report, run), *(_cell(row[number]) for row in table.rows)])
            for number, run in enumerate(report.runs, start=len(table.columns) - len(report.runs))
        ),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _name(report: MeasureReport, run: str) -> str:
    return rf"\textit{{{escape(run)}}}" if run in report.controls and run not in report.compared else escape(run)


def _cell(cell: Cell) -> str:
    shown = escape(cell.text)
    marks = "".join(SIGNS[mark] for mark in cell.marks)
    bold = rf"\textbf{{{shown}}}" if cell.best else shown
    return rf"{bold}\textsuperscript{{{marks}}}" if marks else bold
