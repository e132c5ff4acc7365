"""Mining of training data from questions and a corpus: search, judge what was found, write.

A run that was stopped goes on, and ends with the same bytes; of the corpus nothing stays in memory.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.answers import counted_answers
from pyserini_xqg.collection.corpus import Corpus, sample_passages
from pyserini_xqg.collection.datasets.examples import TrainingExample, fingerprint_examples, write_examples
from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.storage.files import free_bytes
from pyserini_xqg.storage.manifest import MANIFEST, Manifest
from pyserini_xqg.storage.workspace import Workspace, already_made, working_folder
from pyserini_xqg.training.data.validation import check_examples, listed
from pyserini_xqg.training.mining.answer_reader import AnswerReader
from pyserini_xqg.training.mining.bi_encoder import BiEncoder
from pyserini_xqg.training.mining.bm25 import english_question, require_java
from pyserini_xqg.training.mining.dense import encoder_of_index, fingerprint_index
from pyserini_xqg.training.mining.labelling import Labelled, label_candidates
from pyserini_xqg.training.mining.parts import Tally
from pyserini_xqg.training.mining.passage_store import PassageStore
from pyserini_xqg.training.mining.plan import MiningPlan
from pyserini_xqg.training.mining.rules.by_name import RULES
from pyserini_xqg.training.mining.settings import MiningInputs, MiningSettings
from pyserini_xqg.training.mining.steps import MiningSteps, SearchedQuestion, index_builder

KIND = "training-data"
DATA_FILE = "train.jsonl"
SCRATCH, FOUND = "work", "found.sqlite"
SAMPLED_READINGS = 8
NO_ANSWER, NO_ENGLISH, NO_POSITIVE = "no answer to look for", "no English question", "no positive"

log = logging.getLogger("pyserini_xqg")


def mine(
    inputs: MiningInputs,
    output: str | Path,
    settings: MiningSettings,
    encoder: EncoderSettings | str | Path | None = None,
    *,
    device: str | None = None,
    show_progress: bool = False,
) -> Manifest:
    """Mine training data.

    The same call after a kill goes on where that was, and ends with the same bytes.

    Parameters
    ----------
    inputs : MiningInputs
    output : str or Path
        The folder to make: ``train.jsonl`` (see :mod:`pyserini_xqg.collection.datasets.examples`) and the manifest
        ``xqg.json``.
    settings : MiningSettings
    encoder : EncoderSettings or str or Path or None
        The retriever: settings, a model, or a folder of ours that names one. None: the index names it, or BM25 finds
        the passages and no score is looked at.
    device : str or None
        A torch device; None takes the best there is.
    show_progress : bool

    Raises
    ------
    MissingPrerequisite
        BM25 is asked for and there is no Java.
    MissingInput, InvalidInput
        An input or model cannot be read, is not what it should be, or nothing comes of it.
    UsageError
        Something else is at `output`, or settings contradict each other.
    XqgError
        Memory ran out, or Pyserini failed.
    """
    return Mining(inputs, settings, encoder, device=device, show_progress=show_progress).run(output)


class Mining:
    """Questions, corpus and models, read and checked; the parameters and errors are those of :func:`mine`."""

    def __init__(
        self,
        inputs: MiningInputs,
        settings: MiningSettings,
        encoder: EncoderSettings | str | Path | None = None,
        *,
        device: str | None = None,
        show_progress: bool = False,
    ):
        self.inputs, self.settings = inputs, settings
        self.rule = RULES[settings.recipe]
        self.corpus = Path(inputs.corpus)
        self.device, self.show_progress = device, show_progress
        self._dense = settings.source == "retriever"
        index = self._index = None if inputs.index is None else Path(inputs.index)
        named = read_encoder(encoder, "passage") if isinstance(encoder, str | Path) else encoder
        made_with = AugmentationSettings(alpha=0)
        if self._dense and index is not None:
            named, made_with = encoder_of_index(index, named)
        if self._dense and named is None:
            raise UsageError("no retriever to search with: name its model or a folder of xqg, or an index that does")
        if not self._dense:
            require_java()
        examples = list(chain.from_iterable(_read(path, inputs, settings) for path in inputs.questions))
        self.questions = check_examples(examples, "questions", settings.languages, self.rule.needs == "positives")
        reasons = [_why_not(example, settings) for example in self.questions.examples]
        pairs = list(zip(self.questions.examples, reasons, strict=True))
        self.searched = [example for example, reason in pairs if reason is None]
        self.not_searched = Counter(reason for _, reason in pairs if reason is not None)
        if not self.searched:
            raise InvalidInput(f"no question can be searched for: {listed(self.not_searched)}")
        has_margin = settings.margin_kind != "none"
        if has_margin and (made_with.alpha or made_with.normalize or made_with.reduce_hubness):
            raise UsageError(
                f"{index} is augmented, so its scores are not those of the questions' own positives; take a plain "
                "index, or --margin-kind none"
            )
        self.retriever = None if named is None else BiEncoder(named, device)
        self._has_margin = has_margin and self.retriever is not None
        if has_margin and self.retriever is None:
            log.warning("there is no --encoder to score with: no candidate is left out for its score")
        self.reader = AnswerReader(settings, device) if self.rule.reads else None

    def plan(self, output: str | Path) -> MiningPlan:
        """Counts, sizes and the time, measured on a sample; nothing is written at `output`."""
        passages, seconds, index_bytes = _scan(self.corpus)[1], 0.0, None
        if self._dense and self._index is None:
            assert self.retriever is not None
            builder = index_builder(self.retriever, self.device, self.show_progress)
            made = builder.plan(self.corpus, None, output)
            seconds, index_bytes = made.seconds, made.index_bytes
        readings = len(self.searched) * min(self.settings.depth, passages) if self.reader else 0
        if self.reader is not None:
            sample = sample_passages(self.corpus, SAMPLED_READINGS)[:SAMPLED_READINGS]
            pairs = [(self.searched[number % len(self.searched)], passage) for number, passage in enumerate(sample)]
            self.reader.answers(pairs[:1])
            start = time.monotonic()
            self.reader.answers(pairs)
            seconds += (time.monotonic() - start) / max(1, len(pairs)) * readings
        languages = {code: dict(counts) for code, counts in self.questions.languages.items()}
        reasons = {**self.questions.left_out, **self.not_searched}
        free = free_bytes(Path(output).resolve().parent)
        return MiningPlan(languages, reasons, len(self.searched), passages, readings, index_bytes, free, seconds)

    def identity(self) -> dict[str, Any]:
        """What decides on the data."""
        return {
            "settings": {
                "mining": self.settings.identity(),
                "encoder": self.retriever.identity() if self.retriever else None,
                "reader": self.reader.identity() if self.reader else None,
            },
            "inputs": {
                "questions": fingerprint_examples(self.questions.examples),
                "corpus": _scan(self.corpus)[0],
                "index": None if self._index is None else fingerprint_index(self._index),
            },
        }

    def run(self, output: str | Path) -> Manifest:
        """Mine; see :func:`mine`."""
        identity = self.identity()
        output = Path(output)
        with working_folder(output) as folder:
            scratch = folder / SCRATCH

            def clear() -> None:
                shutil.rmtree(scratch, ignore_errors=True)

            if already_made(output, identity):
                log.info("%s is there already, made with the same settings from the same inputs", output)
                shutil.rmtree(folder)
                return Manifest.read(output)
            workspace = Workspace(output, identity)
            if (folder / MANIFEST).exists() and already_made(folder, identity):
                manifest = Manifest.read(folder)
            else:
                workspace.record()
                scratch.mkdir(exist_ok=True)
                with PassageStore(scratch / FOUND) as store:
                    steps = MiningSteps(
                        scratch,
                        store,
                        self.searched,
                        self.settings,
                        self.corpus,
                        self._index,
                        identity["inputs"],
                        self.retriever,
                        device=self.device,
                        show_progress=self.show_progress,
                    )
                    steps.search()
                    steps.look_up(workspace)
                    if self.reader is not None:
                        steps.read(self.reader)
                    if self._has_margin:
                        steps.score()
                    counts = self._write(steps.results(self.reader is not None, self._has_margin), folder / DATA_FILE)
                manifest = Manifest(KIND, identity["settings"], identity["inputs"], counts)
            workspace.finish(manifest, clear)
            return manifest

    def _write(self, results: Iterator[SearchedQuestion], file: Path) -> dict[str, Any]:
        """Write the data; the counts of the manifest."""
        tally = Tally()
        write_examples(self._labelled(results, tally), file)
        for language in tally.languages.values():
            if "left out" in language:
                language["left out"] = dict(sorted(language["left out"].items()))
        if not tally.written:
            # Other settings are called for, which what is there would stand in the way of.
            shutil.rmtree(file.parent)
            raise InvalidInput(
                f"no question got a positive from the first {self.settings.depth} passages; try a larger --depth or "
                "another retriever, and look whether the answers are in the passages' language"
            )
        return {
            "questions": tally.written,
            "languages": dict(sorted(tally.languages.items())),
            "left_out": {**self.questions.left_out, **tally.left_out},
            "not_searched": dict(self.not_searched),
            "passed_over": dict(sorted(tally.passed_over.items())),
        }

    def _labelled(self, results: Iterator[SearchedQuestion], tally: Tally) -> Iterator[TrainingExample]:
        """All examples that can be trained on, in the order of the questions."""
        for example in self.questions.examples:
            reason = _why_not(example, self.settings)
            labelled = Labelled(example, Counter())
            if reason is None:
                found = next(results)
                judge = self.rule.judge(example, found.answers)
                labelled = label_candidates(example, found.candidates, judge, self.settings, found.own_scores)
            tally.add(example, labelled, reason or NO_POSITIVE)
            if labelled.example.positives:
                yield labelled.example


def _read(path: str | Path, inputs: MiningInputs, settings: MiningSettings) -> list[TrainingExample]:
    return read_examples(path, inputs.format, split="train", language=settings.default_language)


def _why_not(example: TrainingExample, settings: MiningSettings) -> str | None:
    """Why a question is not searched for, None if it is."""
    if RULES[settings.recipe].needs == "answers" and not counted_answers(example.answers):
        return NO_ANSWER
    return NO_ENGLISH if settings.source == "bm25" and english_question(example) is None else None


def _scan(corpus: Path) -> tuple[str, int]:
    """SHA-256 and number of passages of a corpus, every line of which is looked at."""
    scanned = Corpus(corpus, 1 << 30)
    for _ in scanned.scan():
        pass
    return scanned.sha256, scanned.passages
