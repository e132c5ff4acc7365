"""Reports: runs, sweeps and alignments in; a page, rows for programs, and rows for a paper out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyserini_xqg import __version__
from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.evaluate import evaluate_files
from pyserini_xqg.reporting.alignment.files import read_alignment
from pyserini_xqg.reporting.artifacts import read_artifact
from pyserini_xqg.reporting.changes.questions import ChangedGroup, changed_questions
from pyserini_xqg.reporting.html.page import Contents, as_html
from pyserini_xqg.reporting.json import to_object
from pyserini_xqg.reporting.latex import as_latex
from pyserini_xqg.reporting.report_files import ReportFiles
from pyserini_xqg.reporting.summaries import RunSummary, run_summaries
from pyserini_xqg.reporting.sweep.files import SUMMARY, read_sweep
from pyserini_xqg.reporting.tsv import as_tsv, named_tsv
from pyserini_xqg.storage.files import sha256_of, write_atomically
from pyserini_xqg.storage.manifest import MANIFEST
from pyserini_xqg.storage.workspace import real_place

PAGE, TABLE, DATA, LATEX = "report.html", "report.tsv", "report.json", "report.tex"
OTHER_TABLES = ("sweeps.tsv", "alignments.tsv")
KIND = "xqg report"
DIGITS = 12


def make_report(files: ReportFiles, output: str | Path) -> list[Path]:
    """Write a report; the files that were written, the page first.

    Parameters
    ----------
    files : ReportFiles
    output : str or Path
        Made if need be; an earlier report in it gives way.

    Raises
    ------
    UsageError
        `output` is something else; or see :func:`~pyserini_xqg.evaluation.evaluate_files`.
    MissingInput, InvalidInput
        A file cannot be read, or is not what it should be.
    """
    check_report_output(Path(output))
    return write_report(files, Path(output))


def write_report(files: ReportFiles, output: Path) -> list[Path]:
    """:func:`make_report` in a folder of the caller's own, which can hold other files."""
    written = _made(files)
    real_place(output).mkdir(parents=True, exist_ok=True)
    for name in OTHER_TABLES:
        if name not in written:
            (output / name).unlink(missing_ok=True)
    # The first one says that the folder is a report's.
    for name, text in written.items():
        write_atomically(output / name, text)
    return [output / name for name in sorted(written, key=lambda name: name != PAGE)]


def check_report_output(folder: Path) -> None:
    """Whether a report can be written to `folder`.

    Raises
    ------
    UsageError
        Something else is there.
    """
    if folder.exists() and not (folder.is_dir() and (_is_report(folder / DATA) or not _holds_more(folder))):
        raise UsageError(f"{folder} is there and is no report; choose another output, or remove it")


def _holds_more(folder: Path) -> bool:
    """Whether there is more than the beginning of a report."""
    return any(file.name != f"{DATA}.tmp" for file in folder.iterdir())


def _is_report(file: Path) -> bool:
    start = json.dumps({"kind": KIND}, indent=2).removesuffix("\n}").encode()
    try:
        with file.open("rb") as handle:
            return handle.read(len(start)) == start
    except OSError:
        return False


def _made(files: ReportFiles) -> dict[str, str]:
    """The files' texts, by name."""
    sweeps = [read_sweep(Path(folder)) for folder in files.sweeps]
    alignments = [read_alignment(Path(file)) for file in files.alignments]
    artifacts = [read_artifact(folder) for folder in _folders(files)]
    reports: list[MeasureReport] = []
    changes: list[ChangedGroup] = []
    queries = None if files.queries is None else Path(files.queries)
    if files.runs is not None:
        reports = evaluate_files(files.runs)
        changes = changed_questions(reports, files.runs, queries, files.changes) if files.changes != 0 else []
    tsv = {
        TABLE: as_tsv(reports) + "\n",
        "sweeps.tsv": named_tsv("sweep", [(each.name, each.tests) for each in sweeps]) + "\n",
        "alignments.tsv": named_tsv("alignment", [(each.name, each.reports) for each in alignments]) + "\n",
    }
    tsv = {name: text for name, text in tsv.items() if name == TABLE or text.count("\n") > 1}
    contents = Contents(
        files.title,
        reports,
        run_summaries(reports),
        sweeps,
        alignments,
        changes,
        artifacts,
        _inputs(files),
        [*tsv, DATA],
        LATEX,
    )
    sections = [
        ("runs", reports),
        *((f"sweep {each.name}", each.tests) for each in sweeps),
        *((f"alignment {each.name}", each.reports) for each in alignments),
    ]
    return {DATA: _as_json(contents), **tsv, LATEX: as_latex(sections), PAGE: as_html(contents)}


def _as_json(contents: Contents) -> str:
    found = {
        "kind": KIND,
        "version": __version__,
        "title": contents.title,
        "summary": [_summary(each) for each in contents.summaries],
        "measures": _objects(contents.reports),
        "sweeps": [
            {
                "name": each.name,
                "settings": each.settings,
                "points": each.points,
                "folds": each.folds,
                "chosen": each.chosen,
                "overall": each.overall,
                "tests": _objects(each.tests),
                "curves": [asdict(curve) for curve in each.curves],
            }
            for each in contents.sweeps
        ],
        "alignments": [
            {
                "name": each.name,
                "settings": each.settings,
                "counts": each.counts,
                "chosen": each.chosen,
                "measures": _objects(each.reports),
                "groups": {name: [asdict(group) for group in groups] for name, groups in each.groups.items()},
            }
            for each in contents.alignments
        ],
        "changes": [asdict(each) for each in contents.changes],
        "made": [{"name": each.name, **asdict(each.manifest)} for each in contents.artifacts],
        "inputs": [{"what": what, "file": file, "sha256": found} for what, file, found in contents.inputs],
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _summary(found: RunSummary) -> dict[str, Any]:
    return {
        "measure": found.measure,
        "run": found.run,
        "baseline": found.baseline,
        "verdict": found.verdict.value,
        "headline": found.headline,
        "not_above": list(found.not_above),
        "sentences": list(found.sentences),
    }


def _objects(reports: Sequence[MeasureReport]) -> dict[str, Any]:
    return {report.measure: to_object(report) for report in reports}


def _folders(files: ReportFiles) -> list[Path]:
    """Those named, and that of the queries if it says how they came about."""
    named = list(map(Path, files.artifacts))
    queries = [] if files.queries is None else [Path(files.queries)]
    named += [each for each in queries if (each / MANIFEST).is_file() and each not in named]
    return named


def _inputs(files: ReportFiles) -> list[tuple[str, str, str]]:
    """What was read, from where, and the beginning of its SHA-256.

    Corpus and queries can be large, and the manifests of what was made from them have their digests.
    """
    named: list[tuple[str, str | Path]] = []
    unread: list[tuple[str, str | Path]] = []
    if files.runs is not None:
        runs = files.runs
        named += [(f"run {name}", file) for name, file in runs.runs.items()]
        named += [(f"predictions {name}", file) for name, file in runs.predictions.items()]
        named += [("qrels", runs.qrels)] if runs.qrels else []
        named += [(f"topics {language}", file) for language, file in runs.topics]
        named += [("gold", runs.gold)] if runs.gold else []
        unread += [("corpus", runs.corpus)] if runs.corpus else []
    unread += [("queries", files.queries)] if files.queries else []
    named += [("sweep", Path(folder, SUMMARY)) for folder in files.sweeps]
    named += [("alignment", file) for file in files.alignments]
    return [
        *((what, str(file), sha256_of(Path(file))[:DIGITS]) for what, file in named),
        *((what, str(file), "") for what, file in unread),
    ]
