"""The lower bounds of ``setup.cfg`` are what ``.ci/lowest`` installs, and below what the other tests run with."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]


def requirements() -> list[Requirement]:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    groups = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    lines = (line.strip() for group in groups for line in group.splitlines())
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return [requirement for requirement in found if requirement.name != "pyserini-xqg"]


def lower_bounds() -> dict[str, Version]:
    return {
        requirement.name: Version(specifier.version)
        for requirement in requirements()
        for specifier in requirement.specifier
        if specifier.operator in (">=", "==")
    }


def constraints(name: str) -> list[Requirement]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def test_every_requirement_has_a_lower_bound_which_is_tested() -> None:
    bounds = lower_bounds()
    assert {requirement.name for requirement in requirements()} == {*bounds}
    lowest = {
        each.name: Version(str(each.specifier).removeprefix("==")) for each in constraints("constraints-lowest.txt")
    }
    torch = bounds.pop("torch")
    assert torch <= lowest.pop("torch")  # see the file
    assert lowest == bounds


def test_the_versions_that_the_tests_run_with_are_allowed() -> None:
    allowed = {name: [each.specifier for each in requirements() if each.name == name] for name in lower_bounds()}
    for constraint in constraints("constraints.txt"):
        for pinned in constraint.specifier:
            if pinned.operator == "==" and (constraint.marker is None or constraint.marker.evaluate()):
                assert all(each.contains(pinned.version) for each in allowed.get(constraint.name, ())), constraint
