"""The conditions as text: a list, and the page ``docs/reproductions.md``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from pyserini_xqg.encoding.bundled_model import BUNDLED
from pyserini_xqg.reproduction.conditions import Check, Condition, conditions
from pyserini_xqg.reproduction.running import Score

Runs = Mapping[str, Mapping[str, Any]]
HEAD = """# Reproductions

Results, published and measured by this project, with the commands that lead to them. `xqg reproduce --list` lists them,
`xqg reproduce CONDITION` runs one: it prints its commands, has stock Pyserini search and score, and holds every score
against the one that is expected. What can be seen to be missing is said before anything runs: a model, files,
dictionaries, disk, memory.

| option | |
|---|---|
| `--dry-run` | only print the commands, and what is missing |
| `--local NAME=FOLDER` | a folder with a [data set](data.md), as published or by `xqg data`, other files, or a model |
| `--all` | all conditions that can be run here; the others are listed with what they lack |
| `--output FOLDER` | where the work is, `indexes/reproductions`; a stopped run goes on from it |

A score outside its tolerance ends with exit code 6, something that is missing with 3 or 4; `--all` with 7 where a part
could not be run.

This page is what `xqg reproduce --page` prints. Scores are in percent. `-` is a score that is not known: it is not
published, or was never measured. In commands, `{work}` is the folder of the run; the names of data, files and models
stand for their places.
"""


def last_runs() -> Runs:
    """What came out when each condition was last run for this page."""
    found: Runs = json.loads((files("pyserini_xqg.reproduction") / "runs.json").read_text(encoding="utf-8"))
    return found


def listed(runs: Runs) -> str:
    """A line a condition."""
    width = max(map(len, conditions()))
    return "\n".join(
        f"{name:{width}}  {each.title} ({_source(each)}; {_last(runs.get(name))})"
        for name, each in conditions().items()
    )


def page(runs: Runs) -> str:
    """The page, in Markdown."""
    known = conditions().values()
    parts = [HEAD]
    for title, chosen in (
        ("Without a model hub", [each for each in known if each.offline]),
        ("The paper's, with models and data of the hub", [each for each in known if not each.offline]),
    ):
        parts.append(f"## {title}\n")
        parts += [_section(each, runs.get(each.name)) for each in chosen]
    return "\n".join(parts)


def scores_as_text(scores: Iterable[Score]) -> str:
    """A line a score: what it is, what was expected, and whether it holds."""
    lines = []
    for score in scores:
        expected = (
            "nothing to hold it against"
            if score.expected is None
            else f"expected {score.expected:.2f} +- {score.tolerance:g}: {'holds' if score.holds else 'DOES NOT HOLD'}"
        )
        lines.append(f"{score.what}, {score.measure}, {score.row}: {score.found:.2f} ({expected})")
    return "\n".join(lines)


def _section(condition: Condition, run: Mapping[str, Any] | None) -> str:
    lines = [f"### {condition.name}", f"{condition.title}. Scores: {_source(condition)}. Last run: {_last(run)}."]
    lines += [condition.notes] if condition.notes else []
    lines += ["", f"Needs {'; '.join(_needs(condition)) or 'nothing more'}.", ""]
    lines += [f"    {_shown(step)}" for step in condition.steps] + ([""] if condition.steps else [])
    lines += [f"    {_shown(text)}" for text in dict.fromkeys(check.command for check in condition.checks) if text]
    return "\n".join([*lines, "", *_tables(condition, run), ""])


def _needs(condition: Condition) -> list[str]:
    needs = [f"the data set `{name}`" + _with(asked) for name, asked in condition.data.items()]
    needs += [f"files `{name}`" + ("" if urls else " (`--local`)") for name, urls in condition.files.items()]
    needs += ["the extra `demo`" if model == BUNDLED else f"the model `{model}`" for model in condition.models.values()]
    if condition.dictionaries:
        needs.append(f"dictionaries for {', '.join(condition.dictionaries)}")
    sizes = ((condition.disk, "disk"), (condition.memory, "memory"))
    return needs + [f"{size} GB of {what}" for size, what in sizes if size]


def _with(asked: Mapping[str, Any]) -> str:
    parts = asked.get("with", ())
    return f" with its {' and '.join(parts)}" if parts else ""


def _tables(condition: Condition, run: Mapping[str, Any] | None) -> list[str]:
    found = {(each["what"], each["measure"], each["row"]): each["found"] for each in (run or {}).get("scores", ())}
    lines: list[str] = []
    rows: tuple[str, ...] = ()
    for check in condition.checks:
        if tuple(check.expected) != rows:
            rows = tuple(check.expected)
            lines += [""] * bool(lines)
            lines += [f"| | measure | | {' | '.join(rows)} | +- |", "|---|---|---|" + "---|" * (len(rows) + 1)]
        lines.append(_line(check, "expected", [check.expected[row] for row in rows], f"{check.tolerance:g}"))
        if run is not None:
            values = [found.get((check.what, check.where["measure"], row)) for row in rows]
            lines.append(_line(check, "found", values, ""))
    return lines


def _line(check: Check, kind: str, values: Iterable[float | None], last: str) -> str:
    cells = ("-" if value is None else f"{value:.2f}" for value in values)
    return f"| {check.what} | {check.where['measure']} | {kind} | {' | '.join(cells)} | {last} |"


def _source(condition: Condition) -> str:
    return "published" if condition.published else "measured by this project"


def _last(run: Mapping[str, Any] | None) -> str:
    return "never" if run is None else f"{run['date']}, {run['commit']}"


def _shown(command: str) -> str:
    return " ".join(command.split())
