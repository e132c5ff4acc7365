"""Bi-encoder that mining searches and scores with: vectors of questions and passages, and their inner products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyserini_xqg.collection.passages import Passage, passage_text
from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.encoding.folder import open_encoders
from pyserini_xqg.encoding.loading import fingerprint
from pyserini_xqg.encoding.settings import EncoderSettings


class BiEncoder:
    """A bi-encoder.

    Parameters
    ----------
    settings : EncoderSettings
    device : str or None
        A torch device; None takes the best there is.
    """

    def __init__(self, settings: EncoderSettings, device: str | None = None):
        self._passages, self._questions = open_encoders(settings, device)
        self.settings = self._passages.settings

    def questions(self, texts: Sequence[str]) -> Vectors:
        """Their vectors."""
        return self._questions.encode(texts, "query")

    def passages(self, passages: Sequence[Passage]) -> Vectors:
        """Their vectors, title and text joined by a blank."""
        return self._passages.encode(list(map(encoded_text, passages)), "passage")

    def scores(
        self,
        questions: Sequence[str],
        passages: Sequence[Sequence[Passage]],
        known: Sequence[Mapping[str, float]],
    ) -> list[list[float]]:
        """The scores of each question's own passages; a passage that several need is encoded once.

        Parameters
        ----------
        questions : sequence of str
        passages : sequence of sequences of Passage
            Of each question.
        known : sequence of mappings
            Of each question: text as it is encoded (:func:`encoded_text`) to a score that is known already.
        """
        texts = [list(map(encoded_text, own)) for own in passages]
        needed = (text for own, scores in zip(texts, known, strict=True) for text in own if text not in scores)
        rows = {text: row for row, text in enumerate(dict.fromkeys(needed))}
        vectors = self._passages.encode(list(rows), "passage")
        return [
            [scores[text] if text in scores else float(vectors[rows[text]] @ question) for text in own]
            for question, own, scores in zip(self.questions(questions), texts, known, strict=True)
        ]

    def identity(self) -> dict[str, Any]:
        """Its settings, models that are folders by their content."""
        by_content = replace(
            self.settings,
            model=fingerprint(self.settings.model) or self.settings.model,
            query_model=self.settings.query_model
            and (fingerprint(self.settings.query_model) or self.settings.query_model),
        )
        return by_content.as_dict()


def encoded_text(passage: Passage) -> str:
    """Title and text as the encoder gets them."""
    return passage_text(passage.title, passage.text)
