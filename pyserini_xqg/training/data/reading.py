"""Reading of training data: train and dev, checked, and what they share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.datasets.formats import read_examples, require_positives
from pyserini_xqg.collection.passages import Passage, parse_passage
from pyserini_xqg.storage.jsonl import jsonl_files, read_records
from pyserini_xqg.training.data.leaks import Leaks, settle_leaks
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.data.validation import CheckedExamples, check_examples


def read_train_and_dev(
    data: TrainingDataSettings,
    languages: Sequence[str] | None,
    default_language: str,
    *,
    dev_languages: Sequence[str] | None = None,
    dev_needs_positives: bool = True,
    complete: Callable[[CheckedExamples, CheckedExamples | None], CheckedExamples] = lambda train, dev: train,
) -> tuple[CheckedExamples, CheckedExamples | None, Leaks]:
    """Train, dev if there is one, and what they share.

    Parameters
    ----------
    data : TrainingDataSettings
    languages, dev_languages : sequence of str or None
        Keep questions of train, of dev, in these only.
    default_language : str
        Of questions that do not say theirs.
    dev_needs_positives : bool
        Whether a question of dev without a positive passage is of no use.
    complete : callable
        Makes of train and dev what is trained on, before leaks are looked for.

    Raises
    ------
    MissingInput, InvalidInput
        Data cannot be read, nothing is left of them, or dev is in train.
    """

    def examples_of(paths: Iterable[str | Path], split: str, with_positives: bool) -> list[TrainingExample]:
        found = []
        for path in map(Path, paths):
            examples = read_examples(path, data.format, split=split, language=default_language)
            if with_positives:
                require_positives(path, examples)
            found += examples
        return found

    train = check_examples(examples_of(data.train, "train", True), "train", languages)
    if not data.dev:
        return complete(train, None), None, Leaks((), (), 0)
    asked = examples_of(data.dev, "dev", dev_needs_positives)
    dev = check_examples(asked, "dev", dev_languages, dev_needs_positives)
    train, leaks = settle_leaks(complete(train, dev), dev, data.leaks)
    return train, dev, leaks


def read_dev_corpus(data: TrainingDataSettings) -> Iterator[Passage]:
    """The passages that dev is searched in beside its own.

    Raises
    ------
    MissingInput, InvalidInput
        They cannot be read.
    """
    for file in jsonl_files(data.dev_corpus) if data.dev_corpus is not None else ():
        yield from map(parse_passage, read_records(file))
