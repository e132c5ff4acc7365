from __future__ import annotations

import re
from pathlib import Path

import pytest

from pyserini_xqg.collection.languages import canonical_code
from pyserini_xqg.collection.published.by_name import NAMES, published
from pyserini_xqg.collection.published.fetching import checksums
from tests.fixtures.published import asked

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
# Addresses without a commit: the files are never changed.
UNCHANGING = ("https://dl.fbaipublicfiles.com/", "https://nlp.cs.washington.edu/xorqa/")


@pytest.mark.parametrize("name", NAMES)
def test_the_documentation_says_what_the_data_set_says(name: str) -> None:
    of = published(name)
    row = (
        f"| `{name}` | [{of.title}]({of.home}) | {of.licence} | {', '.join(of.splits)} | {of.handled} | {of.checked} |"
    )
    assert row in DOCUMENT


@pytest.mark.parametrize("name", NAMES)
def test_sources_name_a_commit_and_have_names_of_their_own(name: str) -> None:
    of = published(name)
    large = [source for part in of.large.values() for source in part.sources]
    for split in of.splits:
        sources = [*of.sources(asked(name, split)), *large]
        assert len({source.name for source in sources}) == len(sources)
        for source in sources:
            assert re.search(r"[/@][0-9a-f]{40}/", source.url) or source.url.startswith(UNCHANGING), source.url
            if "raw.githubusercontent.com" in source.url:
                assert source.url in checksums()


@pytest.mark.parametrize("name", NAMES)
def test_languages_are_the_codes_that_all_commands_know(name: str) -> None:
    for languages in published(name).splits.values():
        assert [canonical_code(code) for code in languages] == [*languages]
        assert len({*languages}) == len(languages)
