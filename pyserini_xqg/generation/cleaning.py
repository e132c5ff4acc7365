"""Cleaning of generated queries: what looks like a query stays, what does not is counted by reason."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.characters import has_lost, without_invisible, without_lost_end
from pyserini_xqg.generation.language_check import other_language
from pyserini_xqg.generation.scripts import script_share
from pyserini_xqg.generation.special_tokens import SpecialTokens

PHRASE_WORDS = 3
COPIED_WORDS = 12
# Punctuation at the end, as NFKC leaves it; a semicolon is the Greek question mark.
FINAL = " ?!.;。؟۔।॥።፧"


@dataclass(frozen=True)
class CleaningSettings:
    """What a query has to be.

    Parameters
    ----------
    least_script : float
        Least share of letters in the language's script; others are dropped. From 0 to 1; of the lexicon's queries,
        which keep names as they are, 0 unless given. With 0 the language is not looked at either.
    other_language : float
        Drop queries that are in another language with this probability, 0 to 1; with 1 none.
    max_characters : int
        Longest query in characters; others are dropped.
    no_cleaning : bool
        Keep all that is not empty, duplicates too, as published work did that cleaned nothing.
    """

    least_script: float = 0.5
    other_language: float = 0.3
    max_characters: int = 300
    no_cleaning: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.least_script <= 1:
            raise UsageError(f"least_script is {self.least_script}: a share, 0 to 1, is expected")
        if not 0 <= self.other_language <= 1:
            raise UsageError(f"other_language is {self.other_language}: a probability, 0 to 1, is expected")
        if self.max_characters < 1:
            raise UsageError(f"max_characters is {self.max_characters}: at least 1 is expected")


class Cleaner:
    """Cleans queries.

    Parameters
    ----------
    settings : CleaningSettings
    generator : mapping
        The settings of the generator; the fixed words of its ``prompt`` and ``instruction`` are no query.
    special_tokens : collection of str
        Of the generator's tokenizer.
    """

    def __init__(self, settings: CleaningSettings, generator: Mapping[str, Any], special_tokens: Collection[str] = ()):
        self._settings = settings
        templates = [value for key in ("prompt", "instruction") if isinstance(value := generator.get(key), str)]
        self._special = SpecialTokens(special_tokens)
        self._phrases = [phrase for template in templates for phrase in _phrases(template)]

    def clean(
        self, texts: Iterable[str], language: str, passage: Passage, kept: Sequence[str] = ()
    ) -> tuple[list[str], Counter[str]]:
        """The queries among `texts`, and how many were dropped by reason.

        A query is composed and has single blanks; characters that show nothing, halves of characters at its end, and
        special tokens at its beginning and end are taken away.

        Reasons, the first that applies: ``empty`` (no letter and no digit), ``too_long``, ``special_token`` (one
        within), ``garbled`` (a replacement character, or one that Unicode has no letter for), ``prompt_echo`` (words of
        the prompt, or a dozen or more words that stand in the passage just so), ``wrong_script``, ``wrong_language``,
        ``duplicate`` (of another query of the passage in this language, also of those `kept` before; case, width and
        final punctuation make no other query). With `no_cleaning` there is ``empty`` alone.
        """
        queries: list[str] = []
        dropped: Counter[str] = Counter()
        met = {_folded(text) for text in kept}
        for text in texts:
            query = _encodable(text) if self._settings.no_cleaning else composed(self._tidied(text))
            reason = self._fault(query, language, passage)
            if reason is None and _folded(query) in met and not self._settings.no_cleaning:
                reason = "duplicate"
            if reason is None:
                queries.append(query)
                met.add(_folded(query))
            else:
                dropped[reason] += 1
        return queries, dropped

    def _tidied(self, text: str) -> str:
        before = None
        while text != before:
            before = text
            text = without_lost_end(self._special.without_ends(without_invisible(text)))
        return text

    def _fault(self, query: str, language: str, passage: Passage) -> str | None:
        if not any(character.isalnum() for character in query):
            return "empty"
        if self._settings.no_cleaning:
            return None
        if len(query) > self._settings.max_characters:
            return "too_long"
        if self._special.are_in(query):
            return "special_token"
        if has_lost(query):
            return "garbled"
        if self._is_echo(query, passage):
            return "prompt_echo"
        if script_share(query, language) < self._settings.least_script:
            return "wrong_script"
        if self._is_in_another_language(query, language):
            return "wrong_language"
        return None

    def _is_in_another_language(self, query: str, language: str) -> bool:
        most = self._settings.other_language
        return self._settings.least_script > 0 and most < 1 and other_language(query, language)[1] > most

    def _is_echo(self, query: str, passage: Passage) -> bool:
        folded = _folded(query)
        if any(phrase in folded for phrase in self._phrases):
            return True
        return len(query.split()) >= COPIED_WORDS and folded in _folded(f"{passage.title} {passage.text}")


def _phrases(template: str) -> list[str]:
    """The fixed wording of a template, in pieces that are long enough to betray it."""
    return [
        _folded(piece)
        for piece in re.split(r"\{\w*\}|(?<=[.:!?])\s|\n", template)
        if len(piece.split()) >= PHRASE_WORDS
    ]


def _encodable(text: str) -> str:
    """With single blanks; a server can send half a surrogate pair, which no file takes."""
    return " ".join(text.encode("utf-8", "ignore").decode("utf-8").split())


def _folded(text: str) -> str:
    """What two spellings of one query have in common."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(FINAL)
