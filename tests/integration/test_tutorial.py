"""The notebook is the tutorial, and prints what both show."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.fixtures.documents import ROOT

NUMBER = re.compile(r"(?<![\w-])[+-]?\d+\.\d+|\d+(?=/)|(?<=/)\d+")
# Other processors round otherwise: a question of 240 or two may come out otherwise.
POINTS = 2.0


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs" / "notebook.py"))


def same(shown: str, printed: str) -> bool:
    """Whether all lines that are shown were printed, in order, their figures about the same; blanks count as one.

    Which settings each fold chose is passed over: another rounding may choose a neighbour.
    """
    rest = iter(printed.splitlines())
    lines = (line for line in shown.splitlines() if line.strip() and not line.endswith(" folds)"))
    return all(any(alike(line, said) for said in rest) for line in lines)


def alike(line: str, said: str) -> bool:
    if [*words(line)] != [*words(said)]:
        return False
    pairs = zip(NUMBER.findall(line), NUMBER.findall(said), strict=True)
    return all(abs(float(one) - float(other)) <= POINTS for one, other in pairs)


def words(line: str) -> list[str]:
    return re.sub("[*<!]", "", NUMBER.sub("#", line)).split()


def test_the_notebook_is_made_of_the_tutorial(made: dict[str, Any]) -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    assert nbformat.writes(made["notebook"](text)).rstrip() == made["NOTEBOOK"].read_text(encoding="utf-8").rstrip()
    nbformat.validate(nbformat.read(made["NOTEBOOK"], as_version=4))


def test_figures_may_differ_a_little_and_words_may_not() -> None:
    assert same("a 1.5 x\n\nb 2/3", "noise\na   1.6  x\nnoise\nb 3/3")
    assert not same("a 1.5 x", "a 9.5 x")
    assert not same("a 1.5 x", "a 1.5 y")
    assert not same("a\nb", "b\na")


@pytest.mark.slow
def test_the_notebook_prints_what_it_shows(made: dict[str, Any], tmp_path: Path) -> None:
    notebook = nbformat.read(made["NOTEBOOK"], as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shown = ["".join(output["text"] for output in cell.outputs) for cell in cells]
    assert sum(map(bool, shown)) >= 5
    for cell, expected, printed in zip(cells, shown, made["run"](notebook, tmp_path), strict=True):
        assert same(expected, printed), f"{cell.source}\n{printed}"
    assert (tmp_path / "reports" / "mine" / "report.html").is_file()
