"""Examination: all checks, one subject after another."""

from __future__ import annotations

from collections.abc import Iterator

from pyserini_xqg.plugin.doctor.dictionaries import check_dictionaries
from pyserini_xqg.plugin.doctor.environment import check_caches, check_devices, check_plugin, check_python
from pyserini_xqg.plugin.doctor.finding import Finding
from pyserini_xqg.plugin.doctor.imports import package_faults
from pyserini_xqg.plugin.doctor.packages import check_extras, check_openai, check_packages, installed_packages
from pyserini_xqg.plugin.doctor.runtimes import check_java
from pyserini_xqg.plugin.doctor.start import check_start


def examine(run: bool = False) -> Iterator[Finding]:
    """Check everything, one subject after another.

    Parameters
    ----------
    run : bool
        Also start Pyserini (some 10 to 30 seconds).
    """
    yield check_python()
    faults = package_faults(installed_packages())
    yield from check_packages(faults)
    yield from check_openai(faults)
    yield check_plugin()
    if "torch" not in faults:
        yield from check_devices()
    yield from check_java()
    yield from check_extras(faults)
    yield from check_dictionaries()
    yield from check_caches()
    if run:
        yield check_start()
