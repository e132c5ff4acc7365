from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.demo.settings import DemoSettings
from pyserini_xqg.errors import UsageError


def test_each_demo_has_a_folder_of_its_own() -> None:
    assert DemoSettings().folder == Path("indexes/demo")
    assert DemoSettings(generator="lexicon").folder == Path("indexes/demo-lexicon")
    assert DemoSettings("xquad", Path("data")).folder == Path("indexes/demo-xquad")
    assert DemoSettings(output=Path("there")).folder == Path("there")


@pytest.mark.parametrize("contradictory", [{"dictionaries": Path("d")}, {"collection": "xquad"}, {"path": Path("p")}])
def test_settings_that_contradict_each_other(contradictory: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        DemoSettings(**contradictory)  # type: ignore[arg-type]
