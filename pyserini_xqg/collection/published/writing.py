"""Folders of published data sets, in Pyserini's formats."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pyserini_xqg.collection.datasets.examples import write_examples
from pyserini_xqg.collection.datasets.retrieval_set import Question, write_corpus, write_lines, write_topics
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.collection.published.base import Asked, Contents, LargePart, PublishedDataSet
from pyserini_xqg.collection.published.by_name import NAMES, published
from pyserini_xqg.collection.published.fetching import Sources
from pyserini_xqg.errors import InvalidInput, UsageError, XqgError
from pyserini_xqg.storage.files import free_bytes
from pyserini_xqg.storage.manifest import Manifest, as_json
from pyserini_xqg.storage.text_files import open_binary
from pyserini_xqg.storage.workspace import Workspace, already_made, partial_folder, working_folder

# What is written of what is read, at most.
WRITTEN = 1.2

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """What of a data set is written, and where its files come from.

    Parameters
    ----------
    split : str or None
        Which questions; None: those that are usually reported on (see docs/data.md).
    languages : tuple of str
        Only questions in these languages: codes, repeated or separated by commas; None: all.
    parts : tuple of str
        Parts that are only written when they are asked for, of XOR-TyDi: corpus, queries, training.
    place : str or Path, optional
        Folder with the published files, where they are at hand; None: they are fetched.
    unchecked : bool
        Take files that are not the published ones.

    Raises
    ------
    UsageError
        Unchecked files that are fetched.
    """

    split: str | None = None
    languages: tuple[str, ...] = field(default=(), metadata={"option": "--language", "comma": True})
    parts: tuple[str, ...] = field(default=(), metadata={"option": "--with", "comma": True})
    place: str | Path | None = field(default=None, metadata={"option": "--from", "path": True})
    unchecked: bool = False

    def __post_init__(self) -> None:
        if self.unchecked and self.place is None:
            raise UsageError("--unchecked goes with --from: what is fetched has to be the published files")


def write_data_set(name: str, output: str | Path, settings: DataSettings | None = None) -> Manifest:
    """Write a published data set in Pyserini's formats.

    Parameters
    ----------
    name : str
        Of :data:`~pyserini_xqg.collection.published.by_name.NAMES`.
    output : str or Path
        The folder: ``corpus/``, ``topics.tsv`` and ``topics.LANG.tsv``, ``qrels.txt``, ``gold.jsonl``, and what else
        the data set has.
    settings : DataSettings, optional

    Returns
    -------
    Manifest
        With the counts.

    Raises
    ------
    UsageError
        No such data set, split, language or part, or something else at `output`.
    MissingInput
        A file is not there, or cannot be fetched.
    InvalidInput
        A file is not the published one, or not of its format.
    """
    settings, output = settings or DataSettings(), Path(output)
    data_set = published(name)
    asked = _asked(name, data_set, settings)
    large = {part: data_set.large[part] for part in asked.parts if part in data_set.large}
    sources = Sources(None if settings.place is None else Path(settings.place), not settings.unchecked)
    with TemporaryDirectory() as scratch:
        gathered = Path(scratch)
        hashes = sources.gather([*data_set.sources(asked)], gathered)
        urls = [source.url for part in large.values() for source in part.sources]
        identity = as_json(
            {
                "settings": {
                    "data_set": name,
                    "split": asked.split,
                    "languages": asked.languages,
                    "parts": asked.parts,
                },
                "inputs": {"files": hashes, "streamed": urls},
            }
        )
        if already_made(output, identity):
            log.info("%s is there already", output)
            return Manifest.read(output)
        _require_space(output, large, sources)
        contents = data_set.read(gathered, asked)
        counts = _counts(contents)
        _compare(name, counts, data_set.expected.get(asked.split, {}), asked, settings.unchecked)
        with working_folder(output) as folder:
            work = Workspace(output, identity)
            work.record()
            _write(contents, folder)
            for part in large.values():
                counts[part.folder] = _write_large(part, sources, folder)
            details: dict[str, Any] = {"title": data_set.title, "licence": data_set.licence, "home": data_set.home}
            details["sources"] = [source.url for source in data_set.sources(asked)]
            manifest = Manifest("data", identity["settings"], identity["inputs"], counts, details)
            work.finish(manifest)
    return manifest


def _asked(name: str, data_set: PublishedDataSet, settings: DataSettings) -> Asked:
    split = settings.split or next(iter(data_set.splits))
    if split not in data_set.splits:
        raise UsageError(f"{name} has no split {split!r}: one of {', '.join(data_set.splits)} is expected")
    there = data_set.splits[split]
    languages = tuple(dict.fromkeys(map(language_code, settings.languages))) or there
    if lacking := [code for code in languages if code not in there]:
        raise UsageError(f"{name} {split} has no {', '.join(lacking)}: there are {', '.join(there)}")
    if unknown := [part for part in settings.parts if part not in data_set.optional]:
        choices = ", ".join(data_set.optional) or "none, all that there is is written"
        raise UsageError(f"--with {', '.join(unknown)}: of {name} there are {choices}")
    return Asked(split, languages, tuple(dict.fromkeys(settings.parts)))


def _require_space(output: Path, large: Mapping[str, LargePart], sources: Sources) -> None:
    if not large:
        return
    unfinished = partial_folder(output)
    there = sum(file.stat().st_size for part in large.values() for file in (unfinished / part.folder).glob("*.jsonl"))
    to_read = sum(sources.bytes_of(part) for part in large.values())
    needed, free = (to_read * WRITTEN - there) / 1e9, free_bytes(output.absolute()) / 1e9
    log.info("%s: %.0f GB to read; %.0f GB are free", ", ".join(large), to_read / 1e9, free)
    if free < needed:
        raise XqgError(
            f"{output}: {free:,.0f} GB are free, and {', '.join(large)} takes up to {needed:,.0f} GB; name another disk"
        )


def _counts(contents: Contents) -> dict[str, Any]:
    counts: dict[str, Any] = {"questions": {code: len(asked) for code, asked in contents.questions.items()}}
    if contents.passages:
        counts["passages"] = len(contents.passages)
    if contents.relevant:
        counts["judgements"] = sum(map(len, contents.relevant.values()))
    return {**counts, **contents.counts}


def _write(contents: Contents, folder: Path) -> None:
    """Write what is small."""
    if contents.passages:
        (folder / "corpus").mkdir(exist_ok=True)
        write_corpus(contents.passages, folder / "corpus" / "part-000000.jsonl")
    everything = [question for asked in contents.questions.values() for question in asked]
    write_topics(everything, folder / "topics.tsv")
    for code, asked in contents.questions.items():
        write_topics(asked, folder / f"topics.{code}.tsv")
    if contents.relevant:
        judgements = (
            f"{question} 0 {passage} {relevance}\n"
            for question, passages in contents.relevant.items()
            for passage, relevance in passages.items()
        )
        write_lines(judgements, folder / "qrels.txt")
    if any(question.answers for question in everything):
        write_lines(_gold_lines(contents.questions), folder / "gold.jsonl")
    if contents.examples:
        write_examples(contents.examples, folder / "train.jsonl")
    for file in contents.kept:
        (folder / "parallel").mkdir(exist_ok=True)
        shutil.copyfile(file, folder / "parallel" / file.name)


def _gold_lines(questions: Mapping[str, Iterable[Question]]) -> Iterable[str]:
    for code, asked in questions.items():
        for each in asked:
            value = {"id": each.id, "question": each.text, "answers": each.answers, "lang": code}
            yield json.dumps(value, ensure_ascii=False) + "\n"


def _write_large(part: LargePart, sources: Sources, folder: Path) -> int:
    """Write a file for each source, of which those that are there already are whole; how many lines there are."""
    place = folder / part.folder
    place.mkdir(exist_ok=True)
    lines = 0
    for number, source in enumerate(part.sources):
        file = place / f"part-{number:06}.jsonl"
        if not file.exists():
            unfinished = file.with_name(f"{file.name}.unfinished")
            write_lines(part.convert(sources.lines(source), source.name), unfinished)
            unfinished.replace(file)
        with open_binary(file) as written:
            lines += sum(chunk.count(b"\n") for chunk in iter(lambda: written.read(1 << 20), b""))
    return lines


def _compare(name: str, counts: Mapping[str, Any], expected: Mapping[str, Any], asked: Asked, unchecked: bool) -> None:
    """Hold the counts against those of the published files."""
    of_questions = {code: count for code, count in expected.get("questions", {}).items() if code in asked.languages}
    wanted = {**expected, **({"questions": of_questions} if of_questions else {})}
    if unlike := [what for what, count in wanted.items() if counts.get(what) != count]:
        said = "; ".join(f"{what}: {counts.get(what)} found, {wanted[what]} published" for what in unlike)
        if not unchecked:
            raise InvalidInput(f"{name} {asked.split}: {said}; --unchecked takes the files as they are")
        log.warning("%s %s: %s", name, asked.split, said)


def listed() -> str:
    """The data sets, a line each."""
    return "\n".join(
        f"{name:10}{each.title} ({each.licence}): {', '.join(each.splits)}"
        + (f"; --with {','.join(each.optional)}" if each.optional else "")
        for name, each in ((name, published(name)) for name in NAMES)
    )
