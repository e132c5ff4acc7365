"""Runs of conditions: the commands, one after the other, and their scores held against what is expected."""

from __future__ import annotations

import csv
import json
import logging
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from pyserini_xqg import __version__
from pyserini_xqg.errors import InvalidInput, MissingInput, MissingPrerequisite, Stopped, XqgError
from pyserini_xqg.plugin import installed
from pyserini_xqg.reproduction.conditions import Check, Condition, filled
from pyserini_xqg.reproduction.places import Places, PlaceSettings
from pyserini_xqg.storage.files import write_atomically
from pyserini_xqg.storage.manifest import package_versions
from pyserini_xqg.storage.text_files import read_text

KEPT_BYTES = 4000
RESULT = "result.json"

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True)
class Score:
    """A score in percent, and what it has to be; None: that is not known."""

    what: str
    measure: str
    row: str
    found: float
    expected: float | None
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether it is within the tolerance, as far as it is known what it has to be."""
        # Both are rounded to as many digits as are printed: 44.195 is no other than 44.20.
        return self.expected is None or abs(round(self.found, 2) - self.expected) <= self.tolerance + 1e-9


def commands_of(condition: Condition, places: Places) -> list[list[str]]:
    """All commands of a condition in words, those of its data first."""
    scored = [check.command for check in condition.checks if check.command]
    return [
        *places.data_steps(),
        *(filled(step, places.by_name) for step in [*condition.steps, *dict.fromkeys(scored)]),
    ]


def run_condition(condition: Condition, settings: PlaceSettings, say: Callable[[str], None]) -> list[Score]:
    """Run a condition, print its commands, and write ``result.json`` into its folder.

    Parameters
    ----------
    condition : Condition
    settings : PlaceSettings
    say : callable
        Prints a line.

    Raises
    ------
    MissingPrerequisite, MissingInput
        Something is missing.
    XqgError
        A command failed.
    """
    places = Places(condition, settings)
    if missing := places.missing():
        raise MissingPrerequisite(f"{condition.name} cannot be run: {'; '.join(missing)}")
    places.work.mkdir(parents=True, exist_ok=True)
    places.gather()
    for words in [*places.data_steps(), *(filled(step, places.by_name) for step in condition.steps)]:
        say(f"$ {shlex.join(words)}")
        run_command(words, captured=False)
    printed: dict[str, str] = {}
    scores: list[Score] = []
    for check in condition.checks:
        if check.command and check.command not in printed:
            words = filled(check.command, places.by_name)
            say(f"$ {shlex.join(words)}")
            printed[check.command] = run_command(words, captured=True)
        text = printed[check.command] if check.command else read_text(check.file.format_map(places.by_name))
        scores += scores_of(check, text)
    result = {**stamp(), "scores": [asdict(score) for score in scores]}
    write_atomically(places.work / RESULT, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return scores


def scores_of(check: Check, text: str) -> list[Score]:
    """The scores of a check, from what a command printed: a table with a header, or trec_eval's lines.

    Raises
    ------
    InvalidInput
        A score is not there, or there more than once.
    """
    measure = check.where["measure"]
    found: list[Score] = []
    for row, expected in check.expected.items():
        values = _values(text, check.where, row)
        if len(values) != 1:
            wanted = ", ".join(f"{column} {value}" for column, value in {**check.where, "language": row}.items())
            raise InvalidInput(f"{len(values)} scores of {wanted} in what was printed; one is expected:\n{text[:500]}")
        found.append(Score(check.what, measure, row, 100 * values[0], expected, check.tolerance))
    return found


def _values(text: str, where: Mapping[str, str], row: str) -> list[float]:
    lines = text.splitlines()
    if lines and "\t" in lines[0] and "value" in lines[0].split("\t"):
        table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        wanted = {**where, "language": row}
        return [
            float(each["value"])
            for each in table
            if each["value"] and all(each.get(column) == value for column, value in wanted.items())
        ]
    cells = (line.split() for line in lines)
    return [float(each[2]) for each in cells if len(each) == 3 and each[:2] == [where["measure"], row]]


def run_command(words: Sequence[str], captured: bool) -> str:
    """Run a command of ours or of Pyserini; what it printed, if that is captured.

    Raises
    ------
    MissingPrerequisite, MissingInput
        It said so.
    XqgError
        It failed.
    """
    process = subprocess.Popen(_process(words), stdout=subprocess.PIPE if captured else 2, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = b""
    try:
        while chunk := process.stderr.read1(KEPT_BYTES):  # type: ignore[attr-defined]
            said = (said + chunk)[-KEPT_BYTES:]
            if not captured:
                sys.stderr.write(chunk.decode("utf-8", "replace"))
        printed = process.stdout.read().decode("utf-8") if process.stdout else ""
        code = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if code:
        last = said.decode("utf-8", "replace").strip().splitlines()[-3:] or ["it said nothing"]
        kinds: tuple[type[XqgError], ...] = (MissingPrerequisite, MissingInput, Stopped)
        kind = next((each for each in kinds if each.exit_code == code and words[0] == "xqg"), XqgError)
        raise kind(f"{shlex.join(words[:3])} ended with {code}: {' '.join(last)}")
    return printed


def _process(words: Sequence[str]) -> list[str]:
    """The command as this Python runs it; where .pth files are not processed the plugin is put in place by hand."""
    if words[0] == "xqg":
        return [sys.executable, "-m", "pyserini_xqg", *words[1:]]
    program, option, module, *rest = words
    assert (program, option) == ("python", "-m"), words
    return [
        sys.executable,
        "-m",
        *([module] if installed() else ["pyserini_xqg", module.removeprefix("pyserini.")]),
        *rest,
    ]


def stamp() -> dict[str, Any]:
    """When, and with what, something is run."""
    place = Path(str(files("pyserini_xqg"))).parent
    described = subprocess.run(
        ["git", "-C", str(place), "describe", "--always", "--dirty", "--abbrev=10"],
        capture_output=True,
        text=True,
        check=False,
    )
    commit = described.stdout.strip() if (place / ".git").exists() and not described.returncode else ""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit or f"version {__version__}",
        "packages": package_versions(),
    }


def record(file: Path, name: str, work: Path) -> None:
    """Put the result of a condition into a file of such."""
    results = json.loads(read_text(file)) if file.exists() else {}
    results[name] = json.loads(read_text(work / RESULT))
    write_atomically(file, json.dumps(results, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
