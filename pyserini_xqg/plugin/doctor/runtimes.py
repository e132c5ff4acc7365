"""Java runtimes within reach, and which one Pyserini gets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pyserini_xqg import plugin
from pyserini_xqg.plugin import java
from pyserini_xqg.plugin.doctor.finding import Finding

JAVA_ADVICE = f"install Java {java.MINIMUM} or later, or {java.INSTALL}"


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
