from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pyserini_xqg.collection.corpus import Corpus
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.training.mining.passage_store import PassageStore
from tests.conftest import sentence


def passages(corpus: Path) -> Iterator[Passage]:
    return (passage for _, passage in Corpus(corpus, 8).scan())


def test_what_was_wanted_is_there_in_any_order(corpus: Path, tmp_path: Path) -> None:
    with PassageStore(tmp_path / "found.sqlite") as store:
        store.fill(["d7", "d3", "d7"], passages(corpus), corpus)
        expected = Passage("d3", sentence(3, 3 + 15), sentence(53, 2))
        assert store.passages(["d3", "d7", "d3"]) == [expected, Passage("d7", sentence(7, 3 + 35 % 17)), expected]
    with PassageStore(tmp_path / "found.sqlite") as store:  # a later run reads what is there
        assert store.passages(["d3"]) == [expected]
        store.fill(["d1"], passages(corpus), corpus)  # or starts anew
        assert [each.id for each in store.passages(["d1"])] == ["d1"]


def test_a_passage_that_the_corpus_does_not_have_is_named(corpus: Path, tmp_path: Path) -> None:
    with PassageStore(tmp_path / "found.sqlite") as store, pytest.raises(InvalidInput, match="no passage 'elsewhere'"):
        store.fill(["d1", "elsewhere"], passages(corpus), corpus)
