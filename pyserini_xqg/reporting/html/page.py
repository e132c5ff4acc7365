"""The page: one HTML file with its style and its pictures in it, no script, and nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pyserini_xqg import __version__
from pyserini_xqg.evaluation.comparison.measure_report import MEAN, label
from pyserini_xqg.reporting.html.changes import ChangedGroup
from pyserini_xqg.reporting.html.charts import NAMES, curve_svg
from pyserini_xqg.reporting.html.sentences import Finding, findings
from pyserini_xqg.reporting.inputs import AlignmentFile, Artifact, Curve, SweepFile, flattened, set_apart
from pyserini_xqg.reporting.tables import NONE, Against, MeasureTable, p_value
from pyserini_xqg.reporting.text import SIGNIFICANT, TESTS

TEMPLATE, STYLE = "page.html.j2", "style.css"


@dataclass(frozen=True)
class Contents:
    """What a report has in it.

    Attributes
    ----------
    title : str
    tables : sequence of MeasureTable
        Of the runs.
    findings : sequence of Finding
    sweeps : sequence of SweepFile
    alignments : sequence of AlignmentFile
    changes : sequence of ChangedGroup
    limit : int
        How many changed questions of a run and language are shown at most.
    artifacts : sequence of Artifact
    inputs : sequence of (str, str, str)
        What was read, from where, and the beginning of its SHA-256 or "".
    files, latex : sequence of str, str
        Names of the files beside the page.
    """

    title: str
    tables: Sequence[MeasureTable]
    findings: Sequence[Finding]
    sweeps: Sequence[SweepFile]
    alignments: Sequence[AlignmentFile]
    changes: Sequence[ChangedGroup]
    limit: int
    artifacts: Sequence[Artifact]
    inputs: Sequence[tuple[str, str, str]]
    files: Sequence[str]
    latex: str


@dataclass(frozen=True)
class _DrawnCurve:
    """A curve, its picture, and how its values are shown."""

    data: Curve
    svg: Markup
    percent: bool

    def value(self, value: float) -> str:
        return f"{100 * value:.1f}" if self.percent else f"{value:.3f}"


@dataclass(frozen=True)
class _DrawnSweep:
    file: SweepFile
    curves: Sequence[_DrawnCurve]
    findings: Sequence[Finding]


def as_html(contents: Contents) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("pyserini_xqg.reporting.html", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"label": label, "against_of": _against_of}
    environment.globals |= {
        "label": label,
        "role": _role,
        "star": _star,
        "p_value": p_value,
        "number": "{:.4g}".format,
        "tests": _tests,
        "officially": _officially,
        "flattened": flattened,
        "parts_of": _parts_of,
        "set_apart": set_apart,
        "findings_of": lambda table: findings([table]),
        "AXES": NAMES,
        "MEAN": MEAN,
        "NONE": NONE,
        "significant": SIGNIFICANT,
        "version": __version__,
    }
    assert environment.loader is not None
    style, _, _ = environment.loader.get_source(environment, STYLE)
    return environment.get_template(TEMPLATE).render(
        style=Markup(style),
        title=contents.title,
        tables=contents.tables,
        findings=contents.findings,
        sweeps=[_drawn(number, sweep) for number, sweep in enumerate(contents.sweeps)],
        alignments=contents.alignments,
        changes=contents.changes,
        limit=contents.limit,
        artifacts=contents.artifacts,
        inputs=contents.inputs,
        files=contents.files,
        latex=contents.latex,
    )


def _drawn(number: int, sweep: SweepFile) -> _DrawnSweep:
    curves = []
    for place, curve in enumerate(sweep.curves):
        values = [value for point in curve.points for value in (point.mean, *point.languages.values())]
        percent = all(0 <= value <= 1 for value in values)
        curves.append(_DrawnCurve(curve, curve_svg(curve, f"curve-{number}-{place}", percent), percent))
    return _DrawnSweep(sweep, curves, findings(sweep.tests))


def _against_of(control: str, table: MeasureTable, run: str) -> Against | None:
    return table.difference(run, control)


def _role(table: MeasureTable, run: str) -> str:
    """What stands below a run's name."""
    if run == table.baseline:
        return "baseline"
    of = [other for other, controls in table.not_above.items() if run in controls]
    return f"control of {', '.join(of)}" if of else ""


def _star(p: float | None) -> str:
    return "*" if p is not None and p < SIGNIFICANT else ""


def _tests(tables: Iterable[MeasureTable]) -> str:
    """The tests that were used, in words."""
    differences = [each for table in tables for each in table.differences]
    used = {tested.test for each in differences for tested in each.rows.values()}
    words = " or ".join(text for name, text in TESTS.items() if name in used)
    several = any(MEAN in each.rows for each in differences)
    return f"{words or 'p'}, Holm-corrected over the languages" if several else words or "p"


def _officially(tables: Iterable[MeasureTable]) -> list[str]:
    return list(dict.fromkeys(run for table in tables for run in table.officially_otherwise()))


def _parts_of(artifact: Artifact) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    manifest = artifact.manifest
    parts: Mapping[str, Any] = {
        "settings": manifest.settings,
        "inputs": manifest.inputs,
        "counts": manifest.counts,
        "details": manifest.details,
        "packages": manifest.packages,
    }
    yield from ((name, list(flattened(part))) for name, part in parts.items() if part)
