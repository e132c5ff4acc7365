"""The packages of the extra ``train``, and what they are kept from doing."""

from __future__ import annotations

import os
from importlib import import_module

from pyserini_xqg.errors import MissingPrerequisite

INSTALL = 'pip install "pyserini-xqg[train]"'
NEEDED = ("accelerate", "datasets", "matplotlib", "tomli_w")


def require_training_packages() -> None:
    """Check that the packages of the extra are there; none of them reports to anyone.

    Raises
    ------
    MissingPrerequisite
        One is not installed.
    """
    for variable in ("HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ.setdefault(variable, "1")
    for package in NEEDED:
        try:
            import_module(package)
        except ImportError as error:
            raise MissingPrerequisite(f"training needs the package {package} ({error}): {INSTALL}") from error
