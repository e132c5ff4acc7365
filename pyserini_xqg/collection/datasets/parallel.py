"""Parallel text: sentences, or questions, in English and the same in other languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyserini_xqg.collection.languages import in_language, language_code
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.errors import InvalidInput

SentenceRows = Mapping[str, Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class AlignedSentence:
    """A sentence, and the row of its English counterpart."""

    row: int
    text: str


@dataclass(frozen=True)
class ParallelText:
    """Parallel sentences, de-duplicated on the English side; small enough for memory.

    Attributes
    ----------
    english : sequence of Passage
        Each sentence once.
    pairs : mapping
        Language to sentences; no two of them have the same English counterpart.
    left_out : mapping
        ``duplicate`` and ``empty`` to language to how many pairs were left out.
    related : mapping
        Id of an English sentence to language to texts that go with it and say something else.
    """

    english: Sequence[Passage]
    pairs: Mapping[str, Sequence[AlignedSentence]]
    left_out: Mapping[str, Mapping[str, int]]
    related: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    def only(self, languages: Iterable[str]) -> ParallelText:
        """The same in some languages.

        Raises
        ------
        InvalidInput
            One of them is not there.
        """
        asked = {code: in_language(code, self.pairs) for code in map(language_code, languages)}
        if missing := [code for code, there in asked.items() if not there]:
            raise InvalidInput(f"no sentences in {', '.join(missing)}; there are {', '.join(self.pairs)}")
        pairs = {language: self.pairs[language] for there in asked.values() for language in there}
        return ParallelText(self.english, pairs, self.left_out, self.related)


@dataclass(frozen=True, slots=True)
class ParallelQuestion:
    """A question and the same in English."""

    question: str
    english: str
    language: str


def parallel_text(rows: SentenceRows) -> ParallelText:
    """Parallel text from the (English, other) pairs of each language.

    Pairs with an empty side, and all but the first of those with the same English sentence, are left out. Two spellings
    of one sentence in Unicode are the same.

    Raises
    ------
    InvalidInput
        No language, or one without a pair.
    """
    english: dict[str, tuple[int, str]] = {}  # composed, to its row and the sentence as it stands
    pairs: dict[str, list[AlignedSentence]] = {}
    duplicate: Counter[str] = Counter()
    empty: Counter[str] = Counter()
    for language, both in rows.items():
        found: dict[int, AlignedSentence] = {}
        for original, other in ((original.strip(), other.strip()) for original, other in both):
            if not original or not other:
                empty[language] += 1
                continue
            row, _ = english.setdefault(composed(original), (len(english), original))
            if row in found:
                duplicate[language] += 1
            else:
                found[row] = AlignedSentence(row, other)
        if len(found) < 2:
            raise InvalidInput(
                f"{len(found)} pairs of sentences in {language}; two at least are expected, or there is nothing to "
                "choose from"
            )
        pairs[language] = list(found.values())
    if not pairs:
        raise InvalidInput("no language beside English; parallel sentences are expected")
    passages = [Passage(f"s{row}", text, "") for row, text in english.values()]
    return ParallelText(passages, pairs, {"duplicate": dict(duplicate), "empty": dict(empty)})
