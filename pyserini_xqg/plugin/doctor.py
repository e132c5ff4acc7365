"""Looks whether what xQG and Pyserini need is here and fits together.

Nothing of Pyserini is imported (that would start a Java virtual machine): versions come from the installed packages'
metadata. :func:`check_start` alone runs Pyserini, in a process of its own.
"""

from __future__ import annotations

import operator
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from pyserini_xqg import __version__, plugin
from pyserini_xqg.plugin import java

PACKAGE = "pyserini-xqg"
OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)
# Packages under other names that are the same.
ALTERNATIVES = {"faiss-cpu": ("faiss", "faiss-gpu", "faiss-gpu-cu11", "faiss-gpu-cu12")}
# Pyserini 1 makes an OpenAI client with an empty key when it is imported; from this version on openai refuses.
STRICT_OPENAI = "2.34"
OPENAI_ADVICE = f'pip install "openai<{STRICT_OPENAI}", or set OPENAI_API_KEY to any text'
JAVA_ADVICE = f"install Java {java.MINIMUM} or later, or {java.INSTALL}"
START_TIMEOUT = 600
START = """
import pyserini.search.faiss
from jnius import autoclass
print(autoclass("java.lang.System").getProperty("java.version"))
"""
# What a start that failed prints, and what to do then.
CAUSES = (
    (r"UnsupportedClassVersionError", f"this Java is too old: {JAVA_ADVICE}"),
    (
        r"Unable to find (javac?\b|libjvm)|Could not find your Java|You must install Java",
        f"there is no Java where Pyserini looks: {JAVA_ADVICE}",
    ),
    (
        rf"Module {re.escape(java.VECTOR_MODULE)} not found",
        "this Java lacks a module that Pyserini asks for; the plugin keeps it from asking, but is not at work here",
    ),
    (r"Missing credentials|api_key client option must be set", OPENAI_ADVICE),
    (
        r"URLError|ConnectionError|ConnectTimeout|Max retries exceeded|Name or service not known",
        'Pyserini 2.4 and later need the network when they start; without it: pip install "pyserini<2.4"',
    ),
    (r"ModuleNotFoundError", "install the package that has this module"),
)
COMPARISONS = {">=": operator.ge, "<=": operator.le, "==": operator.eq, ">": operator.gt, "<": operator.lt}


@dataclass(frozen=True)
class Finding:
    """What was found of a subject; where that is a fault, `advice` says what to do."""

    subject: str
    found: str
    advice: str | None = None


@dataclass(frozen=True)
class Requirement:
    """A package that this one needs, always or (`extra`) for an extra: ``name``, ``>=1.6,<3``."""

    name: str
    versions: str
    extra: str | None

    @property
    def as_argument(self) -> str:
        """As pip takes it."""
        return f'"{self.name}{self.versions}"' if self.versions else self.name


def examine(run: bool = False) -> Iterator[Finding]:
    """Check everything, one subject after another.

    Parameters
    ----------
    run : bool
        Also start Pyserini (some 10 to 30 seconds).
    """
    yield check_python()
    yield from check_packages()
    yield from check_openai()
    yield check_plugin()
    yield from check_devices()
    yield from check_java()
    yield from check_extras()
    yield from check_caches()
    if run:
        yield check_start()


def check_python(running: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Whether this Python is one that is supported."""
    fits = OLDEST_PYTHON <= running[:2] <= NEWEST_PYTHON
    supported = " to ".join(".".join(map(str, bound)) for bound in (OLDEST_PYTHON, NEWEST_PYTHON))
    return Finding(
        "Python",
        f"{'.'.join(map(str, running))} on {platform.system()} {platform.machine()}, {sys.executable}",
        None if fits else f"use Python {supported}",
    )


def check_packages() -> Iterator[Finding]:
    """The packages that are always needed, and this one."""
    needed = _requirements()
    if needed is None:
        yield Finding(PACKAGE, f"{__version__}, not installed, run from its folder", "pip install it: pip install .")
        return
    yield Finding(PACKAGE, __version__)
    for requirement in needed:
        if requirement.extra is None:
            yield _check_package(requirement)


def check_openai() -> Iterator[Finding]:
    """Whether Pyserini can be imported with the openai that is here."""
    pyserini, openai = _version("pyserini"), _version("openai")
    if pyserini is None:
        return
    if openai is None:
        yield Finding("openai", "not installed; Pyserini imports it", f'pip install "openai<{STRICT_OPENAI}"')
        return
    refuses = not os.environ.get("OPENAI_API_KEY") and _within(openai, f">={STRICT_OPENAI}")
    if refuses and _within(pyserini, "<2"):
        yield Finding("openai", f"{openai}; Pyserini {pyserini} does not start with it", OPENAI_ADVICE)
    else:
        yield Finding("openai", openai)


def check_plugin() -> Finding:
    """Whether Pyserini learns of the encoders when Python starts."""
    if plugin.installed():
        return Finding("plugin", "in place")
    without = "Pyserini knows no --encoder-class xqg, and JAVA_HOME and PATH alone decide on Java"
    if os.environ.get(plugin.SWITCH) == "0":
        return Finding("plugin", f"switched off by {plugin.SWITCH}=0; {without}", f"unset {plugin.SWITCH}")
    return Finding(
        "plugin",
        f"not in place: Python did not process pyserini_xqg.pth; {without}",
        f"pip install {PACKAGE} again, in a virtual environment, or run python -m pyserini_xqg search.faiss ...",
    )


def check_devices() -> Iterator[Finding]:
    """What torch can compute on; nothing where it is not installed."""
    try:
        import torch
    except Exception as error:  # a broken library can raise anything
        if _version("torch") is not None:
            told = f"{type(error).__name__}: {_last_line(str(error))}"
            yield Finding("devices", f"torch cannot be imported ({told})", "pip install --force-reinstall torch")
        return
    devices = [
        f"cuda:{number} {properties.name} ({properties.total_memory / 1e9:,.0f} GB)"
        for number in range(torch.cuda.device_count())
        for properties in [torch.cuda.get_device_properties(number)]
    ]
    if torch.backends.mps.is_available():
        devices.append("mps")
    devices.append(f"cpu ({torch.get_num_threads()} threads)")
    if torch.version.cuda is None and shutil.which("nvidia-smi") is not None:
        devices.append("this torch is built without CUDA, though nvidia-smi is here")
    yield Finding("devices", ", ".join(devices))


def check_java() -> Iterator[Finding]:
    """Every Java runtime within reach, and which one Pyserini gets."""
    chosen = None
    for runtime in java.candidates():
        if runtime.fault is not None:
            verdict = runtime.fault
        elif chosen is None:
            chosen = runtime
            verdict = "usable, chosen" if plugin.installed() else "usable, the plugin would choose it"
        else:
            verdict = "usable"
        if runtime.usable and runtime.lacks_vector_module:
            verdict += f" (Pyserini is kept from asking for {java.VECTOR_MODULE}, which it lacks)"
        yield Finding("Java", f"{runtime.version or '?'} in {runtime.home} ({runtime.source}): {verdict}")
    if chosen is None:
        yield Finding("Java", "none that Pyserini can use", JAVA_ADVICE)
    if (library := os.environ.get("JVM_PATH")) and not (chosen and Path(library).is_relative_to(chosen.home)):
        yield Finding("Java", f"JVM_PATH={library}: jnius loads this, whatever else is here", "unset JVM_PATH")


def check_extras() -> Iterator[Finding]:
    """The optional packages; a missing one is no fault."""
    extras: dict[str, list[Requirement]] = {}
    for requirement in _requirements() or []:
        if requirement.extra not in (None, "dev") and requirement.name != PACKAGE:
            extras.setdefault(str(requirement.extra), []).append(requirement)
    for extra, packages in extras.items():
        subject, install = f"extra {extra}", f'pip install "{PACKAGE}[{extra}]"'
        missing = [package.name for package in packages if _version(package.name) is None]
        if missing:
            yield Finding(subject, f"not installed: {', '.join(missing)} ({install})")
        else:
            findings = [_check_package(package) for package in packages]
            wrong = any(finding.advice for finding in findings)
            found = ", ".join(f"{finding.subject} {finding.found}" for finding in findings)
            yield Finding(subject, found, install if wrong else None)


def check_caches() -> Iterator[Finding]:
    """Where models are kept, and how much they take."""
    try:
        from huggingface_hub import constants
    except ImportError:
        yield Finding("model cache", "huggingface_hub cannot be imported", "pip install huggingface_hub")
    else:
        offline = ", not asked over the network (HF_HUB_OFFLINE)" if constants.HF_HUB_OFFLINE else ""
        yield Finding("model cache", _place_and_size(Path(constants.HF_HUB_CACHE)) + offline)
    try:
        from pyserini_xqg.encoding.bundled_model import cache_folder
    except ImportError:  # numpy, which check_packages tells
        return
    yield Finding("converted models", _place_and_size(cache_folder()))


def check_start() -> Finding:
    """Import ``pyserini.search.faiss`` in a new process, which is what all of Pyserini's dense search does first."""
    started = time.monotonic()
    try:
        result = subprocess.run(
            [sys.executable, "-c", START],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=START_TIMEOUT,
            check=False,
            # Pyserini 2 hides what Java prints, also when Java ends the process.
            env={**os.environ, "PYSERINI_VERBOSE_JVM": "1"},
        )
    except subprocess.TimeoutExpired:
        return Finding("start of Pyserini", f"not done in {START_TIMEOUT} s", "look what else this machine is doing")
    seconds = time.monotonic() - started
    if result.returncode == 0:
        return Finding("start of Pyserini", f"works, {seconds:.0f} s, Java {_last_line(result.stdout)}")
    line, advice = explain(result.stdout + result.stderr)
    end = f"exit code {result.returncode}" if result.returncode > 0 else f"ended by signal {-result.returncode}"
    return Finding("start of Pyserini", f"fails ({end}): {line}", advice)


def explain(output: str) -> tuple[str, str]:
    """The line of an output that says most about the failure, and what to do."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for pattern, advice in CAUSES:
        if telling := [line for line in lines if re.search(pattern, line)]:
            return telling[-1], advice
    errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    line = (errors or lines or ["nothing was printed"])[-1]
    return line, 'for all of it: python -c "import pyserini.search.faiss"'


def _check_package(requirement: Requirement) -> Finding:
    names = (requirement.name, *ALTERNATIVES.get(requirement.name, ()))
    name, found = next(((name, found) for name in names if (found := _version(name))), (requirement.name, None))
    install = f"pip install {requirement.as_argument}"
    if found is None:
        return Finding(name, "not installed", install)
    if not _within(found, requirement.versions):
        return Finding(name, f"{found}; {requirement.versions} is needed", install)
    return Finding(name, found)


def _requirements() -> list[Requirement] | None:
    """What this package's metadata says that it needs; None where it is not installed."""
    try:
        lines = requires(PACKAGE) or []
    except PackageNotFoundError:
        return None
    found = (
        re.match(r"([\w.-]+)(?:\[\w+\])?\s*([^;]*?)\s*(?:;.*extra == ['\"](\w+)['\"].*)?$", line) for line in lines
    )
    return [Requirement(*match.groups()) for match in found if match]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _within(found: str, versions: str) -> bool:
    """Whether a version is in a range such as ``>=1.6,<3``; what is behind the numbers (rc1, +cpu) is passed over."""
    conditions = re.findall(r"([<>=]=?)\s*([\d.]+)", versions)
    return all(COMPARISONS[sign](_numbers(found), _numbers(bound)) for sign, bound in conditions)


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers of a version, without zeros at the end: 3 and 3.0 are the same."""
    leading = re.match(r"\d+(?:\.\d+)*", text)
    numbers = [int(number) for number in leading[0].split(".")] if leading else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _place_and_size(folder: Path) -> str:
    if not folder.is_dir():
        return f"{folder}, not there yet"
    # Links of the Hugging Face cache point into it: each file counts once.
    files = (Path(place, name) for place, _, names in os.walk(folder) for name in names)
    size = 0
    for file in files:
        try:
            size += 0 if file.is_symlink() else file.stat().st_size
        except OSError:  # gone meanwhile
            continue
    return f"{folder}, {size / 1e6:,.0f} MB"


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
