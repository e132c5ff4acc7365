"""Questions that a sweep asks: those that count, their vectors, and what measures them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyserini_xqg.encoding.encoder import TextEncoder, Vectors
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.measures.tokens_measure import TokensMeasure
from pyserini_xqg.evaluation.sweep.values import QuestionSet, Valuer


@dataclass(frozen=True)
class Asked:
    """Questions that are judged.

    Attributes
    ----------
    ids : mapping
        Language to the ids of its questions.
    vectors : mapping
        Language to a float32 array of shape (questions, dimension).
    valuer : Valuer
    """

    ids: Mapping[str, list[str]]
    vectors: Mapping[str, Vectors]
    valuer: Valuer

    @classmethod
    def of(
        cls, questions: QuestionSet, measures: Sequence[Any], encoder: TextEncoder, index: Path, corpus: Path | None
    ) -> Asked:
        """Encode those that some measure counts.

        Raises
        ------
        InvalidInput
            None is.
        """
        valuer = Valuer(measures, questions.judgements, index / "docid", corpus)
        ids = counted(questions, measures)
        vectors = {
            language: encoder.encode([questions.texts[language][each] for each in of], "query")
            for language, of in ids.items()
        }
        return cls(ids, vectors, valuer)


def counted(questions: QuestionSet, measures: Sequence[Any]) -> dict[str, list[str]]:
    """The ids, by language, of the questions that some measure counts.

    Raises
    ------
    InvalidInput
        There is none.
    """
    right: set[str] = set()
    if any(not isinstance(measure, TokensMeasure) for measure in measures):
        right |= questions.judgements.qrels.keys()
    if any(isinstance(measure, TokensMeasure) for measure in measures):
        right |= questions.judgements.answers.keys()
    found = {language: [each for each in texts if each in right] for language, texts in questions.texts.items()}
    if not any(found.values()):
        raise InvalidInput("none of the topics is judged; qrels (for R@kt: a gold file) of the same ids are expected")
    return {language: ids for language, ids in found.items() if ids}
