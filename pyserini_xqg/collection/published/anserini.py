"""Topics and qrels that Pyserini knows, from the repository that it takes them from itself (anserini-tools).

Their ids count questions of one language, so that the language is put before them. Their passages are not there: each
language has a corpus of its own, which Pyserini's prebuilt indexes and the hub hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pyserini_xqg.collection.datasets.retrieval_set import Question
from pyserini_xqg.collection.published.base import Asked, Contents, Source, with_language
from pyserini_xqg.collection.topics import read_topics
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.text_files import numbered_lines

COMMIT = "5b819c1a45c8a0a3ec9426f476694f44a29dfaf3"
PLACE = f"https://raw.githubusercontent.com/castorini/anserini-tools/{COMMIT}"

# The names of the topics and of the qrels of a split and a language.
Named = Callable[[str, str], tuple[str, str]]


def sources_of(named: Named) -> Callable[[Asked], Sequence[Source]]:
    """Two files a language."""

    def sources(asked: Asked) -> Sequence[Source]:
        names = (named(asked.split, code) for code in asked.languages)
        return [
            Source(f"{PLACE}/{folder}/{name}")
            for topics, qrels in names
            for folder, name in (("topics", topics), ("qrels", qrels))
        ]

    return sources


def reader_of(
    named: Named, misprints: Mapping[str, Mapping[int, str]] | None = None
) -> Callable[[Path, Asked], Contents]:
    """Reads both; `misprints` has the right ids of topics whose id is wrong, by file and place in it from 0 on."""

    def read(folder: Path, asked: Asked) -> Contents:
        questions: dict[str, list[Question]] = {}
        relevant: dict[str, Mapping[str, int]] = {}
        for code in asked.languages:
            topics, qrels = (folder / name for name in named(asked.split, code))
            right = (misprints or {}).get(topics.name, {})
            read_ids = enumerate(read_topics(topics))
            own = [Question(right.get(place, identifier), text, "") for place, (identifier, text) in read_ids]
            judged = _read_qrels(qrels)
            if len({each.id for each in own}) < len(own):
                raise InvalidInput(f"{topics}: an id is there twice; an id of each question is expected")
            if not judged.keys() & {each.id for each in own}:
                raise InvalidInput(f"{qrels}: no question of {topics.name}; files that go together are expected")
            questions[code] = with_language(code, own)
            relevant |= {f"{code}-{each.id}": judged[each.id] for each in own if each.id in judged}
        return Contents(questions, relevant=relevant)

    return read


def _read_qrels(file: Path) -> Mapping[str, Mapping[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for number, line in numbered_lines(file):
        try:
            question, _, passage, relevance = line.split()
            found.setdefault(question, {})[passage] = int(relevance)
        except ValueError as error:
            raise InvalidInput(
                f"{file}:{number}: {line.strip()[:80]!r}: question, Q0, passage and relevance are expected"
            ) from error
    return found
