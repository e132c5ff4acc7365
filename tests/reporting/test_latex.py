from __future__ import annotations

import pytest

from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.reporting.latex import as_latex, escape


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b", r"a\_b"),
        ("5%", r"5\%"),
        ("a & b", r"a \& b"),
        ("#1 $2", r"\#1 \$2"),
        ("{x}", r"\{x\}"),
        ("~^", r"\textasciitilde{}\textasciicircum{}"),
        ("\\", r"\textbackslash{}"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("two\nlines\tand more", "two lines and more"),
        ("−1 – 2", "$-$1 -- 2"),
    ],
)
def test_text_is_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_a_tabular() -> None:
    asked = {language: [f"{language}{number}" for number in range(20)] for language in ("fi", "ar")}
    right = {"plain": (4, 4), "my_run": (16, 6), "shuffled": (4, 7)}
    values = {
        run: {f"{language}{n}": float(n < many) for language, many in zip(asked, of, strict=True) for n in range(20)}
        for run, of in right.items()
    }
    found = compare_runs(values, asked, controls=[("shuffled", "my_run")])
    text = as_latex([("a & b", [MeasureReport.of("RR@10", found)])])
    assert text.split("\n\n")[1] == (
        "% a \\& b: RR@10 (\\%)\n"
        "\\begin{tabular}{lrrr}\n"
        "\\toprule\n"
        "RR@10 (\\%) & fi & ar & Mean \\\\\n"
        "\\midrule\n"
        "plain & 20.0 & 20.0 & 20.0 \\\\\n"
        "my\\_run & \\textbf{80.0}\\textsuperscript{+} & 30.0\\textsuperscript{!} & "
        "\\textbf{55.0}\\textsuperscript{+} \\\\\n"
        "\\textit{shuffled} & 20.0 & \\textbf{35.0} & 27.5 \\\\\n"
        "\\bottomrule\n"
        "\\end{tabular}\n"
    )
    assert text.startswith("% Needs \\usepackage{booktabs}")


def test_control_characters_are_shown() -> None:
    assert escape("a\x1b[2Jb") == r"a\textbackslash{}u001b[2Jb"
