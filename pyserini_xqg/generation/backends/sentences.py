"""Queries from the sentences of a passage, by any generator: what makes a translation model a query generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sentencex

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.generation.backends.base import Generator, Progress

# Characters. What is shorter is a heading, an initial or a rest of markup.
SHORTEST = 20


class SentenceGenerator(Generator):
    """Writes one query from each of the first sentences of a passage.

    A passage with fewer sentences gets fewer queries, one with none that is long enough is taken as one. Where
    cleaning drops a query, no other takes its place. The title is left out.

    Parameters
    ----------
    of : Generator
        What writes a query from a sentence.
    passage_language : str
        Code of the language whose rules of punctuation hold.

    Examples
    --------
    >>> translate = Seq2SeqGenerator(model="facebook/nllb-200-distilled-600M")  # doctest: +SKIP
    >>> SentenceGenerator(translate).settings["sentences"]  # doctest: +SKIP
    True
    """

    samples = False

    def __init__(self, of: Generator, passage_language: str = "en"):
        self._of = of
        self._passage_language = passage_language
        self.settings: Mapping[str, Any] = {**of.settings, "sentences": True, "passage_language": passage_language}
        self.inputs = of.inputs
        self.languages = of.languages
        self.reproducible = of.reproducible
        self.least_script = of.least_script
        self.special_tokens = of.special_tokens

    def generate(
        self, passages: Sequence[Passage], language: str, n: int, seed: int, progress: Progress
    ) -> list[list[str]]:
        """See :class:`pyserini_xqg.generation.Generator`."""
        texts = [self._sentences(passage)[:n] for passage in passages]
        sentences = [
            Passage(f"{passage.id}#{number}", text)
            for passage, of in zip(passages, texts, strict=True)
            for number, text in enumerate(of)
        ]
        done = 0

        def told(more: int) -> None:
            nonlocal done
            before, done = done, done + more
            progress(done * len(passages) // len(sentences) - before * len(passages) // len(sentences))

        written = iter(self._of.generate(sentences, language, 1, seed, told))
        return [[query for _ in of for query in next(written)] for of in texts]

    def _sentences(self, passage: Passage) -> list[str]:
        whole = " ".join(passage.text.split()) or passage.title
        found = [sentence.strip() for sentence in sentencex.segment(self._passage_language, whole)]
        return [sentence for sentence in found if len(sentence) >= SHORTEST] or [whole]
