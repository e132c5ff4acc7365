"""Steps of mining: search, look up texts, read, score.

Each works in parts that are files in the working folder, so a run that was stopped goes on at its first missing part.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pyserini_xqg.collection.corpus import unchanged_passages
from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.storage.files import changed
from pyserini_xqg.storage.workspace import Workspace
from pyserini_xqg.training.mining.answer_reader import AnswerReader
from pyserini_xqg.training.mining.bi_encoder import BiEncoder, encoded_text
from pyserini_xqg.training.mining.bm25 import bm25_search, english_question
from pyserini_xqg.training.mining.dense import DenseIndex, Ranking, fingerprint_index
from pyserini_xqg.training.mining.labelling import Candidate
from pyserini_xqg.training.mining.parts import QuestionParts
from pyserini_xqg.training.mining.passage_store import PassageStore
from pyserini_xqg.training.mining.settings import MiningSettings

# Questions of a part of the search and of scoring, and of reading, which is slow.
SEARCH_PART, READ_PART = 256, 16
INDEX = "index"


@dataclass(frozen=True)
class SearchedQuestion:
    """What the steps came to for a question.

    Attributes
    ----------
    candidates : list of Candidate
        Best first.
    answers : list of str
        The reader's from each of them; none without a reader.
    own_scores : list of float
        Of the question's own positives; none where nothing is scored.
    """

    candidates: list[Candidate]
    answers: list[str]
    own_scores: list[float]


class MiningSteps:
    """The steps, to be taken in their order.

    Parameters
    ----------
    scratch : Path
        The folder of their files.
    store : PassageStore
        For the texts of what is found.
    examples : sequence of TrainingExample
        The questions to search for.
    settings : MiningSettings
    corpus : Path
    index : Path or None
        Of the corpus; None makes one, which goes after the search.
    fingerprints : mapping
        Of ``corpus`` and ``index``, which may not change meanwhile.
    retriever : BiEncoder or None
        None: BM25 searches, and nothing is scored.
    device : str or None
    show_progress : bool
    """

    def __init__(
        self,
        scratch: Path,
        store: PassageStore,
        examples: Sequence[TrainingExample],
        settings: MiningSettings,
        corpus: Path,
        index: Path | None,
        fingerprints: Mapping[str, str | None],
        retriever: BiEncoder | None,
        *,
        device: str | None = None,
        show_progress: bool = False,
    ):
        self._scratch, self._store, self._examples, self._settings = scratch, store, examples, settings
        self._corpus, self._index, self._retriever = corpus, index, retriever
        self._fingerprints = fingerprints
        self._device, self._show_progress = device, show_progress
        self._is_dense = settings.source == "retriever"
        self._found = QuestionParts(scratch, "found", examples, SEARCH_PART)
        self._answers = QuestionParts(scratch, "answers", examples, READ_PART)
        self._scores = QuestionParts(scratch, "scores", examples, SEARCH_PART)

    def search(self) -> None:
        """Write the ids and scores of what was found.

        Raises
        ------
        XqgError
            The corpus or the index is no longer what it was.
        """
        if not self._found.missing:
            return
        if self._is_dense:
            self._search_index()
        else:
            self._search_bm25()
        if self._index is not None and fingerprint_index(self._index) != self._fingerprints["index"]:
            raise changed(self._index)

    def _search_bm25(self) -> None:
        asked = {number: english_question(example) or "" for number, example in enumerate(self._examples)}
        found = bm25_search(asked, self._passages(), self._index, self._settings.depth, self._scratch)
        for number, start, examples in self._found.missing:
            self._found.write(number, (_as_json(found[start + row]) for row in range(len(examples))))

    def look_up(self, workspace: Workspace) -> None:
        """Fetch the texts of all that was found, in one pass over the corpus.

        Raises
        ------
        XqgError
            The corpus is no longer what it was.
        """
        if workspace.notes.get("looked_up"):
            return
        with self._bar("looking up", None, "passages") as bar:
            docids = (docid for each in self._found.read() for docid in each["docids"])
            self._store.fill(docids, self._passages(bar.update), self._corpus)
        workspace.record(looked_up=True)

    def read(self, reader: AnswerReader) -> None:
        """Write what the reader says to each question from each passage."""
        with self._bar("reading", None, "passages") as bar:
            for number, start, examples in self._answers.missing:
                passages = [self._store.passages(each["docids"]) for each in self._found.some(start, len(examples))]
                pairs = [(example, each) for example, own in zip(examples, passages, strict=True) for each in own]
                answers = iter(reader.answers(pairs, bar.update))
                self._answers.write(number, ({"answers": [next(answers) for _ in own]} for own in passages))

    def score(self) -> None:
        """Write the retriever's scores of the questions' own positives, and of what was found."""
        assert self._retriever is not None
        with self._bar("scoring", len(self._examples)) as bar:
            for number, start, examples in self._scores.missing:
                rows = list(self._found.some(start, len(examples)))
                found = [self._store.passages(row["docids"]) for row in rows]
                # The search of a dense index has scored what it found, which most positives are among.
                known = [
                    dict(zip(map(encoded_text, passages), row["scores"], strict=True)) if self._is_dense else {}
                    for passages, row in zip(found, rows, strict=True)
                ]
                wanted = [[*example.positives, *own] for example, own in zip(examples, found, strict=True)]
                scores = self._retriever.scores([example.question for example in examples], wanted, known)
                self._scores.write(
                    number,
                    (
                        {"own": own[: len(example.positives)], "found": own[len(example.positives) :]}
                        for example, own in zip(examples, scores, strict=True)
                    ),
                )
                bar.update(len(examples))

    def results(self, has_answers: bool, has_scores: bool) -> Iterator[SearchedQuestion]:
        """What the steps came to for each question in turn.

        Parameters
        ----------
        has_answers, has_scores : bool
            Whether these steps were taken.
        """
        answers = self._answers.read() if has_answers else None
        scores = self._scores.read() if has_scores else None
        for each in self._found.read():
            passages = self._store.passages(each["docids"])
            scored: dict[str, Any] = {"own": [], "found": [None] * len(passages)}
            if scores is not None:
                scored = next(scores)
            candidates = list(map(Candidate, passages, scored["found"]))
            yield SearchedQuestion(candidates, next(answers)["answers"] if answers is not None else [], scored["own"])

    def _search_index(self) -> None:
        assert self._retriever is not None
        made = self._scratch / INDEX
        if self._index is None:
            builder = index_builder(self._retriever, self._device, self._show_progress)
            if builder.build(self._corpus, None, made).inputs["corpus"] != self._fingerprints["corpus"]:
                raise changed(self._corpus)
        index = DenseIndex(self._index or made, self._scratch)
        with self._bar("searching", len(self._examples)) as bar:
            for number, _, examples in self._found.missing:
                vectors = self._retriever.questions([example.question for example in examples])
                self._found.write(number, map(_as_json, index.search(vectors, self._settings.depth)))
                bar.update(len(examples))
        shutil.rmtree(made, ignore_errors=True)

    def _passages(self, on_passage: Callable[[], object] = lambda: None) -> Iterator[Passage]:
        """The corpus, which has to be what it was."""
        for passage in unchanged_passages(self._corpus, str(self._fingerprints["corpus"])):
            yield passage
            on_passage()

    def _bar(self, what: str, total: int | None, unit: str = "questions") -> tqdm[Any]:
        return tqdm(desc=what, total=total, unit=f" {unit}", unit_scale=True, disable=not self._show_progress)


def index_builder(retriever: BiEncoder, device: str | None, show_progress: bool) -> XqgIndexBuilder:
    """What makes the plain index that a retriever searches."""
    return XqgIndexBuilder(
        retriever.settings, AugmentationSettings(alpha=0), device=device, show_progress=show_progress
    )


def _as_json(ranking: Ranking) -> dict[str, Any]:
    return {"docids": [docid for docid, _ in ranking], "scores": [score for _, score in ranking]}
