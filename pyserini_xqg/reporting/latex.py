"""Tables for papers: rows of a tabular, with the rules of booktabs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyserini_xqg.evaluation.comparison.measure_report import MEAN
from pyserini_xqg.reporting.tables import MeasureTable

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
PREAMBLE = r"""% Needs \usepackage{booktabs} and \usepackage[T1]{fontenc}; other scripts than Latin need XeLaTeX.
% *  differs from the baseline, Holm-corrected p below 0.05
% +  the bootstrap interval of the mean difference to the baseline excludes zero
% !  a control gains as much or more
% bold: the highest figure; italics: a control"""


def escape(text: str) -> str:
    """Text that LaTeX prints as it stands, on one line."""
    return "".join(ESCAPES.get(character, character) for character in " ".join(text.split()))


def as_latex(sections: Iterable[tuple[str, Sequence[MeasureTable]]]) -> str:
    """A tabular for each measure of each section; runs are rows and languages are columns."""
    parts = [PREAMBLE]
    for title, tables in sections:
        parts += [f"% {escape(title)}: {escape(table.title)}\n{_tabular(table)}" for table in tables]
    return "\n\n".join(parts) + "\n"


def _tabular(table: MeasureTable) -> str:
    heads = [escape(table.title), *("Mean" if row == MEAN else escape(row.strip()) for row in table.rows)]
    lines = [
        rf"\begin{{tabular}}{{l{'r' * len(table.rows)}}}",
        r"\toprule",
        _row(heads),
        r"\midrule",
        *(_row([_name(table, run), *(_cell(table, run, row) for row in table.rows)]) for run in table.runs),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _name(table: MeasureTable, run: str) -> str:
    return rf"\textit{{{escape(run)}}}" if run in table.controls and run not in table.compared else escape(run)


def _cell(table: MeasureTable, run: str, row: str) -> str:
    shown = escape(table.value(table.values[run][row]))
    tested = table.tested(run, row)
    marks = ""
    if tested is not None:
        marks = "*" if tested.significant else r"$+$" if tested.p is None and tested.clear else ""
    marks += "!" if table.warned(run, row) else ""
    bold = rf"\textbf{{{shown}}}" if run in table.best(row) else shown
    return rf"{bold}\textsuperscript{{{marks}}}" if marks else bold
