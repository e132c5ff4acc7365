"""Start of Pyserini in a process of its own, and why it failed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

from pyserini_xqg.plugin import java
from pyserini_xqg.plugin.doctor.finding import Finding
from pyserini_xqg.plugin.doctor.packages import OPENAI_ADVICE
from pyserini_xqg.plugin.doctor.runtimes import JAVA_ADVICE

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
        "Pyserini 2.4 asks the network when it starts; the plugin keeps it from asking, but is not at work here; "
        'without both: pip install "pyserini<2.4"',
    ),
    (r"ModuleNotFoundError", "install the package that has this module"),
)


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
        return Finding("start of Pyserini", f"works, {seconds:.0f} s, Java {last_line(result.stdout)}")
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


def last_line(text: str) -> str:
    """The last line of a text that is not blank."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
