"""Keyword queries from a bilingual dictionary, with no generating model.

A passage's most salient terms are looked up, names and numbers kept as they are. The first query has the weightiest few
terms; every further one has those of the one before and some more, so that the weightiest count most. With parallel
questions each query is dressed as one, every further one as another kind of question. Where a
dictionary has several translations, the one is taken whose vector is nearest to that of the passage's terms (by the
encoder that will search); vectors are those of words, computed once for all, so that passages cost next to nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from pyserini_xqg.collection.corpus import sample_passages
from pyserini_xqg.collection.datasets.line_aligned import read_parallel_questions
from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.encoding.encoder import TextEncoder, Vectors
from pyserini_xqg.encoding.folder import open_passage_encoder, read_encoder
from pyserini_xqg.encoding.loading import fingerprint
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.generation.backends.base import Generator, Progress
from pyserini_xqg.generation.backends.lexicon.casing import tokens
from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER, Dictionary, find_dictionary
from pyserini_xqg.generation.backends.lexicon.frames import Frame, fingerprint_frames, learn_frames
from pyserini_xqg.generation.backends.lexicon.terms import (
    SAMPLE,
    DocumentFrequencies,
    Term,
    function_words,
    lexicon_text,
    salient_terms,
)

TERMS = 4
TOPIC_TERMS = 20
MOST_SENSES = 8


class LexiconGenerator(Generator):
    """Writes keyword queries.

    Parameters
    ----------
    corpus : Path
        The passages; a sample of them says which words are rare.
    languages : sequence of str
        Codes of the languages whose dictionaries are opened.
    encoder : TextEncoder or str or None
        Chooses between translations, by itself or by the name of its model or folder; None takes the dictionary's
        first.
    dictionaries : Path
        The folder with dictionaries in DICT format.
    terms : int
        How many terms each query has more than the one before.
    questions : Path or None
        A folder of parallel questions, fi-en with fi.txt and en.txt, or one of such folders; keywords are dressed as
        questions of these kinds. None: they stay bare.
    device : str or None
        A torch device for the encoder; None takes the best there is.
    show_progress : bool
        Whether to show on standard error how many words and translations the encoder has read.

    Raises
    ------
    MissingPrerequisite
        There is no dictionary for a language.
    MissingInput
        There are no parallel questions in a language.
    InvalidInput
        A dictionary is damaged, or no question words are found in the questions of a language.
    """

    samples = False
    reproducible = True
    least_script = 0.0  # names and numbers stay as they are

    def __init__(
        self,
        corpus: str | Path,
        languages: Sequence[str],
        *,
        encoder: TextEncoder | str | Path | None = None,
        dictionaries: str | Path = FOLDER,
        terms: int = TERMS,
        questions: str | Path | None = None,
        device: str | None = None,
        show_progress: bool = False,
    ):
        if terms < 1:
            raise UsageError(f"terms is {terms}: at least 1 is expected")
        if isinstance(encoder, str | Path):
            encoder = open_passage_encoder(read_encoder(encoder, "passage"), device)
        self._dictionaries = {code: Dictionary(find_dictionary(code, Path(dictionaries))) for code in languages}
        self.languages = frozenset(self._dictionaries)
        self.inputs = {f"dictionary.{code}": opened.sha256 for code, opened in self._dictionaries.items()}
        self.settings: dict[str, Any] = {
            "generator": "lexicon",
            "terms": terms,
            "encoder": None if encoder is None else encoder.settings.as_dict(),
            "encoder_fingerprint": None if encoder is None else fingerprint(encoder.settings.model),
        }
        self._terms = terms
        self._frames = {} if questions is None else _frames(Path(questions), languages)
        if self._frames:
            self.settings["dressed"] = True
            self.inputs |= {f"frames.{code}": fingerprint_frames(frames) for code, frames in self._frames.items()}
        sample = [lexicon_text(passage) for passage in sample_passages(corpus, SAMPLE)]
        self.settings["sample"] = hashlib.sha256("\n".join(sample).encode("utf-8")).hexdigest()
        self._frequencies = DocumentFrequencies(sample)
        self._senses = None
        if encoder is not None:
            self._senses = SenseChooser(encoder, sample, self._dictionaries.values(), show_progress)

    def generate(
        self, passages: Sequence[Passage], language: str, n: int, seed: int, progress: Progress
    ) -> list[list[str]]:
        """Write queries, see :class:`pyserini_xqg.generation.Generator`."""
        dictionary = self._dictionaries[language]
        written = []
        for passage in passages:
            weighted = salient_terms(lexicon_text(passage), self._frequencies, dictionary.headword, dictionary.cased)
            words = self._translate([term for term, _ in weighted[: n * self._terms]], weighted, dictionary)
            ends = range(self._terms, len(words) + self._terms, self._terms)
            keywords = [" ".join(words[:end]) for end in ends][:n]
            written.append(_dressed(keywords, self._frames.get(language, ())))
            progress(1)
        return written

    def _translate(
        self, terms: Sequence[Term], weighted: Sequence[tuple[Term, float]], dictionary: Dictionary
    ) -> list[str]:
        """One word for each term: its translation, or itself for a name or number."""
        topic = None if self._senses is None else self._senses.topic(weighted[:TOPIC_TERMS])
        words = []
        for term in terms:
            if term.headword is None:
                words.append(term.text)
            else:
                senses = dictionary.senses(term.headword)
                words.append(senses[0] if topic is None or self._senses is None else self._senses.best(senses, topic))
        return words


class SenseChooser:
    """Chooses the translation that is nearest to what a passage is about.

    Parameters
    ----------
    encoder : TextEncoder
    sample : sequence of str
        Texts that have the words whose vectors are made; what they do not have is not judged.
    dictionaries : iterable of Dictionary
    show_progress : bool
    """

    def __init__(
        self,
        encoder: TextEncoder,
        sample: Sequence[str],
        dictionaries: Iterable[Dictionary],
        show_progress: bool = False,
    ):
        written = {token.text for text in sample for token in tokens(text)}
        words = sorted({word.casefold() for word in written} - function_words())
        texts = list(words)
        self._words = frozenset(words)
        # Only these: what other dictionaries happen to have must not decide on a language's queries.
        self._judged: set[tuple[str, ...]] = set()
        for dictionary in dictionaries:
            forms = [*words, *sorted(word for word in written if word.casefold() in self._words)]
            for headword in dict.fromkeys(filter(None, (dictionary.headword([form]) for form in forms))):
                senses = dictionary.senses(headword)[:MOST_SENSES]
                if len(senses) > 1:
                    self._judged.add(senses)
                    texts += senses
        known = list(dict.fromkeys(texts))
        self._rows = {text: row for row, text in enumerate(known)}
        with tqdm(desc="encoding translations", total=len(known), unit=" words", disable=not show_progress) as bar:
            vectors = encoder.encode(known, "query", bar.update)
        self._vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        # What all words have in common, in many models the most of a vector: it would favour the same sense always.
        self._common = self._vectors[: len(words)].mean(axis=0) if words else np.zeros(encoder.dimension, np.float32)

    def topic(self, weighted: Sequence[tuple[Term, float]]) -> Vectors:
        """The sum of the vectors of a passage's terms, by weight, without what all words have in common."""
        known = [
            (self._rows[word], weight) for term, weight in weighted if (word := term.text.casefold()) in self._words
        ]
        rows, weights = [row for row, _ in known], np.array([weight for _, weight in known], dtype=np.float32)
        topic: Vectors = weights @ (self._vectors[rows] - self._common)
        return topic

    def best(self, senses: Sequence[str], topic: Vectors) -> str:
        """The translation whose vector is nearest to the topic; the first one where they are not judged."""
        known = tuple(senses[:MOST_SENSES])
        if known not in self._judged:
            return senses[0]
        return known[int((self._vectors[[self._rows[sense] for sense in known]] @ topic).argmax())]


def _frames(folder: Path, languages: Sequence[str]) -> dict[str, list[Frame]]:
    """The frames of each language."""
    pairs = read_parallel_questions(folder)
    frames = {}
    for code in languages:
        own = [pair for pair in pairs if pair.language == code]
        if not own:
            there = ", ".join(sorted({pair.language for pair in pairs}))
            raise MissingInput(
                f"{folder}: no questions in {language_name(code)} (there are some in {there}); a folder {code}-en with "
                f"{code}.txt and en.txt is expected there"
            )
        try:
            frames[code] = learn_frames(own)
        except InvalidInput as error:
            raise InvalidInput(f"{folder}, {language_name(code)}: {error}") from error
    return frames


def _dressed(keywords: Sequence[str], frames: Sequence[Frame]) -> list[str]:
    """Each as a question of another kind; as they are without frames."""
    return [frames[place % len(frames)].dress(each) if frames else each for place, each in enumerate(keywords)]
