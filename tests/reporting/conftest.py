"""A small report's material: runs in a left-to-right and a right-to-left language, a sweep, an alignment."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.evaluate import RunFiles
from pyserini_xqg.reporting.json import to_object
from pyserini_xqg.reporting.report import ReportFiles
from pyserini_xqg.storage.manifest import Manifest
from tests.conftest import write_lines

EVIL = "<script>document.title = 'broken'</script>"
ARABIC = "من أين ينبع نهر النيجر؟"
COUNT = 24
VOID = {"meta", "br", "link", "img", "input", "hr"}


@dataclass(frozen=True)
class Material:
    """Files of a report."""

    folder: Path

    @property
    def output(self) -> Path:
        return self.folder / "report"

    def runs(self, **changed: Any) -> RunFiles:
        given: dict[str, Any] = {
            "runs": {name: self.folder / f"{name}.txt" for name in ("plain", "xqg", "shuffled")},
            "qrels": self.folder / "qrels.txt",
            "topics": [(language, self.folder / f"{language}.tsv") for language in ("fi", "ar")],
            "corpus": self.folder / "passages.jsonl",
            "controls": [("shuffled", "xqg")],
        }
        return RunFiles(**given | changed)

    def files(self, **changed: Any) -> ReportFiles:
        given: dict[str, Any] = {
            "runs": self.runs(),
            "sweeps": [self.folder / "sweep"],
            "alignments": [self.folder / "align.json"],
            "artifacts": [self.folder / "index"],
            "queries": self.folder / "generated.jsonl",
            "title": "A report",
        }
        return ReportFiles(**given | changed)

    def options(self) -> list[object]:
        runs = self.runs()
        return [
            *(part for name, file in runs.runs.items() for part in ("--run", f"{name}={file}")),
            *(part for language, file in runs.topics for part in ("--topics", f"{language}={file}")),
            *("--control", "shuffled=xqg", "--qrels", runs.qrels, "--corpus", runs.corpus),
            *("--queries", self.folder / "generated.jsonl", "--sweep", self.folder / "sweep"),
            *("--alignment", self.folder / "align.json", "--artifact", self.folder / "index"),
            *("--title", "A report", "--output", self.output),
        ]


def write_run(file: Path, right: Sequence[int]) -> None:
    """Question n of each language finds its passage first if n is in `right`, else second, after its neighbour."""
    lines = []
    for language in ("fi", "ar"):
        for number in range(COUNT):
            own, other = f"d{number}", f"d{(number + 1) % COUNT}"
            for rank, passage in enumerate((own, other) if number in right else (other, own), start=1):
                lines.append(f"{language}{number} Q0 {passage} {rank} {1 / rank} x\n")
    file.write_text("".join(lines), encoding="utf-8")


def sweep_summary() -> dict[str, Any]:
    points = {"alpha": [0.0, 0.3, 0.6], "hubness": [0.0], "num_queries": [1, None], "subset": ["all", "own"]}
    best = {"subset": "own", "num_queries": None, "hubness": 0.0, "alpha": 0.3}
    asked = {language: [f"{language}{number}" for number in range(24)] for language in ("fi", "ar")}
    plain = {question: float(int(question[2:]) < 10) for questions in asked.values() for question in questions}
    chosen = plain | {question: 1.0 for questions in asked.values() for question in questions[10:17]}
    test = to_object(MeasureReport.of("RR@10", compare_runs({"plain": plain, "chosen": chosen}, asked)))
    return {
        "settings": {"aggregate": "mean", "alphas": points["alpha"], "index": "indexes/mine", "folds": 5},
        "points": 13,
        "chosen": [best] * 3 + [{**best, "alpha": 0.6}] * 2,
        "overall": best,
        "tests": {"RR@10": test},
        "curves": {
            "RR@10": {
                axis: [
                    {axis: value, "languages": {"fi": 0.5 + place / 8, "ar": 0.4 + place / 8}, "mean": 0.45 + place / 8}
                    for place, value in enumerate(values)
                ]
                for axis, values in points.items()
            }
        },
    }


def alignment_summary(measure: str = "cosine A@1", runs: Sequence[str] = ("plain", "queries", "shuffled")) -> Any:
    plain, queries, shuffled = runs
    asked = {language: [f"{language}{number}" for number in range(8)] for language in ("sw", "ur")}
    values = {
        run: {question: float(int(question[2:]) < right) for questions in asked.values() for question in questions}
        for run, right in ((plain, 3), (queries, 6), (shuffled, 7))
    }
    found = compare_runs(values, asked, controls=[(shuffled, queries)])
    difference = {"run": queries, "against": plain, "difference": 0.375, "low": 0.1, "high": None}
    return {
        "kind": "alignment",
        "settings": {"encoder": {"model": "tiny"}},
        "counts": {"sentences": 8},
        "chosen": {queries: [0.3, 0.5]},
        "measures": {measure: to_object(MeasureReport.of(measure, found))},
        "groups": {
            measure: {"Arabic script": {"languages": ["ur"], "values": {plain: 0.375}, "differences": [difference]}}
        },
    }


@pytest.fixture
def material(tmp_path: Path) -> Material:
    write_run(tmp_path / "plain.txt", range(2, 8))
    write_run(tmp_path / "xqg.txt", range(4, 20))
    write_run(tmp_path / "shuffled.txt", range(2, 20))
    (tmp_path / "fi.tsv").write_text("".join(f"fi{n}\tMissä joki {n} alkaa?\n" for n in range(COUNT)), encoding="utf-8")
    (tmp_path / "ar.tsv").write_text("".join(f"ar{n}\t{ARABIC} {n}\n" for n in range(COUNT)), encoding="utf-8")
    (tmp_path / "qrels.txt").write_text("".join(f"{x}{n} 0 d{n} 1\n" for x in ("fi", "ar") for n in range(COUNT)))
    passages = ({"id": f"d{n}", "title": f"River {n}", "text": f"Text of river {n}, {EVIL}"} for n in range(COUNT))
    write_lines(tmp_path / "passages.jsonl", passages)
    generated = (
        {"id": f"d{n}", "queries": {"fi": [f"Mistä {n} & {EVIL}?"], "ur": [f"دریا {n} کہاں؟"], "ar": [ARABIC]}}
        for n in range(COUNT)
    )
    write_lines(tmp_path / "generated.jsonl", generated)
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "sweep.json").write_text(json.dumps(sweep_summary()), encoding="utf-8")
    (tmp_path / "align.json").write_text(json.dumps(alignment_summary()), encoding="utf-8")
    (tmp_path / "index").mkdir()
    Manifest(
        "index",
        {"augmentation": {"alpha": 0.3}},
        {"corpus": "abc123"},
        {"passages": COUNT},
        packages={"faiss-cpu": "1.9"},
    ).write(tmp_path / "index")
    return Material(tmp_path)


class Page(HTMLParser):
    """The elements of a page: whether they are balanced, their attributes, and their texts."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.problems: list[str] = []
        self.feed(html)
        self.close()
        self.problems += [f"{tag} is left open" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(text for tag, text in self.texts if tag != "style"))

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [
            found
            for name, found in self.elements
            if name == tag and all(found.get(key.rstrip("_")) == value for key, value in attributes.items())
        ]
