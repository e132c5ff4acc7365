"""A small alignment: one similarity and measure, two languages, with queries and their controls or plain."""

from __future__ import annotations

from pyserini_xqg.evaluation.alignment.alignment import Alignment
from pyserini_xqg.evaluation.alignment.conditions import CONTROLS
from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport

RIGHT = {"plain": (0, 6), "mine": (9, 9), "mine shuffled": (3, 9), "mine mean": (9, 6), "mine hubness": (6, 6)}


def made(queries: bool = True) -> Alignment:
    asked = {language: [f"{language}:s{number}" for number in range(12)] for language in ("fi", "ur")}
    values = {
        run: {
            question: float(number < many)
            for many, questions in zip(right, asked.values(), strict=True)
            for number, question in enumerate(questions)
        }
        for run, right in RIGHT.items()
        if queries or run == "plain"
    }
    controls = [(f"mine {control}", "mine") for control in CONTROLS] if queries else []
    comparison = compare_runs(values, asked, "plain", controls, {"weak": ["ur"]})
    report = MeasureReport.of("cosine A@1", comparison)
    return Alignment(
        [report],
        {"cosine": {"mine": [0.3, 0.5]} if queries else {}},
        {"english": 12},
        {"cosine": {"mine": [0.5, 1.0]} if queries else {}},
    )
