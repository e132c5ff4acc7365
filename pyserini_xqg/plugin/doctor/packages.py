"""Packages: those that are needed, always or for an extra, and their versions.

Versions come from the installed packages' metadata; :mod:`pyserini_xqg.plugin.doctor.imports` looks whether they work.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from types import MappingProxyType

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pyserini_xqg import __version__
from pyserini_xqg.errors import install_extra
from pyserini_xqg.plugin.doctor.finding import Finding

PACKAGE = "pyserini-xqg"
# Packages under other names that are the same.
ALTERNATIVES = {"faiss-cpu": ("faiss", "faiss-gpu", "faiss-gpu-cu11", "faiss-gpu-cu12")}
NO_FAULTS: Mapping[str, str] = MappingProxyType({})
# Pyserini 1 makes an OpenAI client with an empty key when it is imported; from this version on openai refuses.
STRICT_OPENAI = "2.34"
OPENAI_ADVICE = f'pip install "openai<{STRICT_OPENAI}", or set OPENAI_API_KEY to any text'


@dataclass(frozen=True)
class Need:
    """A package that this one needs, in one of `versions`; all that its metadata says of it, taken together."""

    name: str
    versions: SpecifierSet

    @property
    def installed(self) -> tuple[str, str | None]:
        """The name that it is installed by, and its version; None: it is not installed."""
        names = (self.name, *ALTERNATIVES.get(self.name, ()))
        return next(((name, found) for name in names if (found := version_of(name))), (self.name, None))

    @property
    def as_argument(self) -> str:
        """As pip takes it."""
        return f'"{self.name}{self.versions}"' if self.versions else self.name


def installed_packages() -> list[str]:
    """The names of the packages that are needed and installed, always or for an extra that is installed."""
    groups = [needs(None) or [], *(wanted for extra in extras() if not _missing(wanted := _wanted(extra)))]
    return [name for group in groups for name, found in (need.installed for need in group) if found is not None]


def check_packages(faults: Mapping[str, str] = NO_FAULTS) -> Iterator[Finding]:
    """The packages that are always needed, and this one; :func:`check_openai` looks at openai.

    Parameters
    ----------
    faults : mapping
        What is wrong with those that are installed, see :func:`pyserini_xqg.plugin.doctor.imports.package_faults`.
    """
    needed = needs(None)
    if needed is None:
        yield Finding(PACKAGE, f"{__version__}, not installed, run from its folder", "pip install it: pip install .")
        return
    yield Finding(PACKAGE, __version__)
    yield from (check_package(need, faults) for need in needed if need.name != "openai")


def check_openai(faults: Mapping[str, str] = NO_FAULTS) -> Iterator[Finding]:
    """Whether Pyserini can be imported with the openai that is here, and servers be asked by it."""
    pyserini, openai = version_of("pyserini"), version_of("openai")
    if pyserini is None:
        return
    if openai is None:
        yield Finding("openai", "not installed; Pyserini imports it", f'pip install "openai<{STRICT_OPENAI}"')
        return
    refuses = not os.environ.get("OPENAI_API_KEY") and is_within(openai, SpecifierSet(f">={STRICT_OPENAI}"))
    if refuses and is_within(pyserini, SpecifierSet("<2")):
        yield Finding("openai", f"{openai}; Pyserini {pyserini} does not start with it", OPENAI_ADVICE)
    else:
        # The upper bound for Pyserini 1 does not count where a key is set.
        own = [need for need in needs(None) or () if need.name == "openai" and is_within(pyserini, SpecifierSet(">=2"))]
        again = SpecifierSet(f"<{STRICT_OPENAI}" if "openai" in faults else "")
        yield check_package(own[0] if own else Need("openai", again), faults)


def check_extras(faults: Mapping[str, str] = NO_FAULTS) -> Iterator[Finding]:
    """The optional packages; a missing one is no fault."""
    for extra in extras():
        packages = _wanted(extra)
        subject, install = f"extra {extra}", install_extra(extra)
        if missing := _missing(packages):
            yield Finding(subject, f"not installed: {', '.join(missing)} ({install})")
        elif packages:
            findings = [check_package(package, faults) for package in packages]
            wrong = any(finding.advice for finding in findings)
            again = [finding.advice for finding in findings if finding.advice and finding.subject in faults]
            found = ", ".join(f"{finding.subject} {finding.found}" for finding in findings)
            yield Finding(subject, found, " && ".join(again) or (install if wrong else None))


def check_package(need: Need, faults: Mapping[str, str] = NO_FAULTS) -> Finding:
    """Whether a package is there, in a version that fits, and works."""
    name, found = need.installed
    install = f"pip install {need.as_argument}"
    if found is None:
        return Finding(name, "not installed", install)
    if not is_within(found, need.versions):
        return Finding(name, f"{found}; {need.versions} is needed", install)
    if name in faults:
        # pip takes what has metadata for installed.
        again = need.as_argument if name == need.name else name
        return Finding(name, f"{found}; {faults[name]}", f"pip install --force-reinstall {again}")
    return Finding(name, found)


def _wanted(extra: str) -> list[Need]:
    """The packages of an extra, but for this one."""
    return [need for need in needs(extra) or () if need.name != PACKAGE]


def _missing(packages: Iterable[Need]) -> list[str]:
    return [package.name for package in packages if package.installed[1] is None]


def extras() -> list[str]:
    """The extras that this package's metadata has, but for developers'; none where it is not installed."""
    try:
        return [extra for extra in metadata(PACKAGE).get_all("Provides-Extra") or () if extra != "dev"]
    except PackageNotFoundError:
        return []


def needs(extra: str | None) -> list[Need] | None:
    """What this package's metadata says that it needs here, always or (`extra`) for an extra; None: not installed."""
    try:
        lines = requires(PACKAGE) or []
    except PackageNotFoundError:
        return None
    versions: dict[str, SpecifierSet] = {}
    for requirement in map(Requirement, lines):
        marker = requirement.marker
        always = marker is None or marker.evaluate({"extra": ""})
        if (extra is None and always) or (extra and not always and marker and marker.evaluate({"extra": extra})):
            versions[requirement.name] = versions.get(requirement.name, SpecifierSet()) & requirement.specifier
    return [Need(name, found) for name, found in versions.items()]


def version_of(package: str) -> str | None:
    """The version of an installed package; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def is_within(found: str, versions: SpecifierSet) -> bool:
    """Whether a version is in a range; what is behind its numbers (rc1, +cpu) is passed over."""
    return versions.contains(Version(found).base_version)
