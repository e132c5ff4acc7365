from __future__ import annotations

import sys

import pytest

from pyserini_xqg.errors import MissingPrerequisite
from pyserini_xqg.training.common.environment import NEEDED, require_training_packages


def test_all_is_there_and_nothing_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DO_NOT_TRACK", "")
    monkeypatch.delenv("HF_HUB_DISABLE_TELEMETRY", raising=False)
    require_training_packages()
    import os

    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] == "1"
    assert os.environ["DO_NOT_TRACK"] == ""  # what a user has set stays


@pytest.mark.parametrize("package", NEEDED)
def test_a_missing_package_is_named_with_what_brings_it(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # how Python marks a module that cannot be imported
    with pytest.raises(MissingPrerequisite, match=rf'{package} .*pip install -e "\.\[train\]"'):
        require_training_packages()
