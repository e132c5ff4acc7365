"""Launch of a command as many processes, from its command line."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pyserini_xqg.cluster.launching import Launch, cuda_devices
from pyserini_xqg.cluster.settings import ClusterSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.storage.manifest import MANIFEST, Manifest


def launched(
    given: Mapping[str, Any], output: Path, device: str | None, steps: Mapping[str, object], prepares: bool
) -> Mapping[str, Any] | None:
    """What is to be said of a command that many processes did, or do; None: this process is to do it.

    Parameters
    ----------
    given : mapping
        The cluster settings that were given.
    output : Path
    device : str or None
        ``cuda`` means all GPUs of this machine.
    steps : mapping
        Options that name a step which this process does, and what they were given.
    prepares : bool
        See :class:`Launch`.
    """
    settings = ClusterSettings(**given)
    named = [option for option, value in steps.items() if value]
    if len(named) > 1 or (named and settings.executor):
        raise UsageError(f"{' and '.join(named + ['--executor'] * bool(settings.executor))}: one of them is expected")
    if settings.executor is None and device == "cuda" and not named and len(cuda_devices()) > 1:
        settings = replace(settings, executor="local")
    if settings.executor is None:
        return None
    said = Launch(settings, output, sys.argv[1:], device, prepares).run()
    return {**said, **(Manifest.read(output).counts if (output / MANIFEST).exists() else {})}
