from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.reporting.report import make_report
from tests.conftest import call, sentence, write_lines
from tests.reporting.conftest import Material, Page, material

__all__ = ["material"]


def test_all_options_reach_the_report(material: Material, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("report", *material.options()) == 0
    names = ["report.html", "report.json", "report.tsv", "sweeps.tsv", "alignments.tsv", "report.tex"]
    assert capsys.readouterr().out.splitlines() == [str(material.output / name) for name in names]
    make_report(material.files(), material.folder / "other")
    assert (material.output / "report.html").read_bytes() == (material.folder / "other" / "report.html").read_bytes()


def test_title_changes_measures_and_baseline(material: Material) -> None:
    given = ("--title", "Mine & yours", "--changes", 1, "--measure", "RR@10,nDCG@10", "--baseline", "xqg")
    options = [each for each in material.options() if each not in ("--control", "shuffled=xqg", "--title", "A report")]
    assert call("report", *options, *given) == 0
    page = Page((material.output / "report.html").read_text(encoding="utf-8"))
    assert ("h1", "Mine & yours") in page.texts
    assert len(page.all("article")) == 2 * 2  # of two runs, in two languages
    found = json.loads((material.output / "report.json").read_text(encoding="utf-8"))
    assert set(found["measures"]) == {"RR@10", "nDCG@10"} and found["measures"]["RR@10"]["baseline"] == "xqg"


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (lambda m: [], 2, "nothing to report"),
        (lambda m: ["--qrels", m.folder / "qrels.txt"], 2, "and no run; name one or more as --run NAME=FILE"),
        (lambda m: ["--run", "plain"], 2, "--run plain: two things joined by an equals sign"),
        (lambda m: ["--run", "a=x", "--run", "a=y"], 2, "a is there twice"),
        (lambda m: ["--run", f"a={m.folder / 'plain.txt'}"], 2, "nothing to score by"),
        (lambda m: ["--sweep", m.folder / "nowhere"], 4, "cannot be read"),
        (lambda m: ["--alignment", m.folder / "sweep" / "sweep.json"], 5, "its kind is None"),
        (lambda m: ["--sweep", m.folder / "sweep", "--output", m.folder], 2, "is no report"),
        (lambda m: ["--sweep", m.folder / "sweep", "--changes", -1], 2, "0 or more"),
    ],
)
def test_mistakes_end_in_a_message_and_write_nothing(
    material: Material,
    options: Callable[[Material], list[Any]],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = sorted(material.folder.iterdir())
    assert call("report", "--output", material.output, *options(material)) == code
    printed = capsys.readouterr()
    assert said in printed.err and "Traceback" not in printed.err
    assert printed.out == ""
    assert sorted(material.folder.iterdir()) == before


@pytest.mark.slow
def test_what_a_real_sweep_wrote_is_read(
    tiny_sentence_model: Path, corpus: Path, queries: Path, tmp_path: Path
) -> None:
    index, sweep = tmp_path / "index", tmp_path / "real-sweep"
    built = ("--corpus", corpus, "--queries", queries, "--encoder", tiny_sentence_model, "--device", "cpu")
    assert call("index", *built, "--keep-first", 1, "--output", index) == 0
    (tmp_path / "fi.tsv").write_text("".join(f"fi{n}\t{sentence(100 + n, 4)}\n" for n in range(10)), encoding="utf-8")
    (tmp_path / "qrels.txt").write_text("".join(f"fi{n} 0 d{n} 1\n" for n in range(10)))
    questions = ("--topics", f"fi={tmp_path / 'fi.tsv'}", "--qrels", tmp_path / "qrels.txt")
    grid = ("--alpha", "0,0.2,0.6", "--subsets", "all,own", "--aggregate", "mean", "--depth", 10)
    assert call("sweep", "--index", index, *questions, *grid, "--device", "cpu", "--output", sweep) == 0
    assert call("report", "--sweep", sweep, "--artifact", index, "--output", tmp_path / "report") == 0
    html = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    page = Page(html)
    assert page.problems == []
    titles = [text for tag, text in page.texts if tag == "title" and " over " in text]
    assert len(titles) == 2 * 3  # alpha, number of queries, subset
    summary = json.loads((sweep / "sweep.json").read_text())
    for curve in summary["curves"]["RR@10"]["alpha"]:
        assert f"{100 * curve['mean']:.1f}" in page.text


@pytest.mark.slow
def test_what_a_real_alignment_wrote_is_read(tiny_sentence_model: Path, tmp_path: Path) -> None:
    (tmp_path / "en.txt").write_text("".join(f"{sentence(n, 5)}\n" for n in range(12)), encoding="utf-8")
    texts: list[object] = ["--english", tmp_path / "en.txt"]
    for language, first in (("fi", 40), ("ar", 80)):
        file = tmp_path / f"{language}.txt"
        file.write_text("".join(f"{sentence(first + n, 5)}\n" for n in range(12)), encoding="utf-8")
        texts += ["--text", f"{language}={file}"]
    queries = tmp_path / "queries.jsonl"
    folder = tmp_path / "aligned"
    assert call("align", *texts, "--output", folder) == 0
    identifiers = [json.loads(line)["id"] for line in (folder / "corpus.jsonl").read_text().splitlines()]
    write_lines(queries, ({"id": each, "queries": {"fi": [sentence(n, 4)]}} for n, each in enumerate(identifiers)))
    given = (
        "--encoder",
        tiny_sentence_model,
        "--queries",
        f"mine={queries}",
        "--group",
        "both=fi,ar",
        "--device",
        "cpu",
    )
    assert call("align", *texts, *given, "--output", folder) == 0
    file = folder / "alignment.json"
    assert call("report", "--alignment", file, "--output", tmp_path / "report") == 0
    page = Page((tmp_path / "report" / "report.html").read_text(encoding="utf-8"))
    assert page.problems == []
    found = json.loads(file.read_text())
    for measure, of_measure in found["measures"].items():
        assert measure in page.text
        assert f"{100 * of_measure['values']['plain']['mean']:.1f}" in page.text
    assert "both: fi, ar" in page.text
