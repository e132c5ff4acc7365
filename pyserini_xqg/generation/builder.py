"""From a corpus to a folder of generated queries.

The corpus is cut into parts of fixed membership. A part is generated language by language, each language kept as soon
as it is done, and then written as one file. Parts belong to whoever locks them first, so several processes, one a
device, can work on the same folder; and a finished folder can be extended by languages or queries.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from tqdm import tqdm

from pyserini_xqg.collection.corpus import Corpus, sample_passages
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.collection.queries import PassageQueries, parse_queries
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.generation.backends.base import Generator
from pyserini_xqg.generation.cleaning import Cleaner, CleaningSettings
from pyserini_xqg.generation.part_writer import PartCounts, PartWriter, counts_of
from pyserini_xqg.storage.files import free_bytes
from pyserini_xqg.storage.jsonl import read_records
from pyserini_xqg.storage.manifest import MANIFEST, Manifest, differences
from pyserini_xqg.storage.workspace import EARLIER, PROGRESS, Workspace, alone, put_in_place, shared_folder

PART = re.compile(r"part-\d{6,}\.jsonl")
PART_SIZE = 256
TRIES = 3

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True)
class GenerationPlan:
    """What a run would do.

    Attributes
    ----------
    passages, empty_passages, queries : int
        Counts; queries as asked for.
    output_bytes, free_bytes : int
        Disk space for the queries, as a sample has it, and that there is.
    queries_per_second, seconds : float
        As measured on the sample here and now.
    """

    passages: int
    empty_passages: int
    queries: int
    output_bytes: int
    free_bytes: int
    queries_per_second: float
    seconds: float


class XqgQueryBuilder:
    """Generates queries for a corpus.

    Parameters
    ----------
    generator : Generator
    languages : sequence of str
        Codes or English names.
    num_queries : int
        For each passage and language.
    seed : int
        Of all that is drawn.
    tries : int
        How often a passage whose queries were dropped gets others, before it is left short.
    cleaning : CleaningSettings or None
        None: as the generator needs it.
    part_size : int
        Passages between two points at which a stopped run can go on.
    limit : int or None
        Only the first passages.
    show_progress : bool
        Whether to show progress on standard error.

    Raises
    ------
    UsageError
        A number below 1, no language, or one that the generator does not write.
    InvalidInput
        An unknown language.
    """

    def __init__(
        self,
        generator: Generator,
        languages: Sequence[str],
        num_queries: int = 5,
        *,
        seed: int = 0,
        tries: int = TRIES,
        cleaning: CleaningSettings | None = None,
        part_size: int = PART_SIZE,
        limit: int | None = None,
        show_progress: bool = False,
    ):
        numbers = {"num_queries": num_queries, "tries": tries, "part_size": part_size, "limit": limit}
        for name, value in numbers.items():
            if value is not None and value < 1:
                raise UsageError(f"{name} is {value}: at least 1 is expected")
        self.languages = sorted({language_code(language) for language in languages})
        if not self.languages:
            raise UsageError("no language: at least one to write queries in is expected")
        if generator.languages is not None and (unable := set(self.languages) - generator.languages):
            raise UsageError(
                f"this generator writes no {', '.join(sorted(unable))}; it writes "
                f"{', '.join(sorted(generator.languages)) or 'nothing here'}"
            )
        self.generator = generator
        self.num_queries = num_queries
        self.seed = seed
        self.tries = tries if generator.samples else 1
        self.cleaning = cleaning or CleaningSettings(generator.least_script)
        self.part_size = part_size
        self.limit = limit
        self.show_progress = show_progress
        self._cleaner = Cleaner(self.cleaning, generator.settings)

    def build(self, corpus: Path, output: Path) -> Manifest:
        """Generate the queries.

        Parameters
        ----------
        corpus : Path
            Passages in Pyserini's JSONL: a file or a folder.
        output : Path
            The queries folder to make. Where one stands that was made with the same settings from the same corpus, it
            gets the languages and queries that it lacks.

        Returns
        -------
        Manifest
            Of what stands at `output`.

        Raises
        ------
        XqgError
            See :mod:`pyserini_xqg.errors`; what stood at `output` stands there still.
        """
        output = output if output.name else output.resolve()  # "." has no name
        with shared_folder(output) as folder:
            try:
                return self._build(corpus, output, folder)
            finally:
                with suppress(OSError), alone(output):
                    folder.rmdir()  # if nothing was begun

    def _build(self, corpus: Path, output: Path, folder: Path) -> Manifest:
        passages = self._scanned(corpus, folder)
        with alone(output):
            self._put_in_place(folder, output)  # what a run that was stopped had finished
            earlier = self._earlier(output, passages)
            had: dict[str, int] = earlier.settings["languages"] if earlier else {}
            asked = {code: max(self.num_queries, had.get(code, 0)) for code in self.languages} | {
                code: n for code, n in had.items() if code not in self.languages
            }
            if earlier and asked == had:
                log.info("%s has these queries already", output)
                shutil.rmtree(folder, ignore_errors=True)
                return earlier
            manifest = self._manifest(passages, asked, earlier)
            folder.mkdir(exist_ok=True)  # another run may have put the one that was there in its place
            workspace = Workspace(output, {"settings": manifest.settings, "inputs": manifest.inputs, "extends": had})
            workspace.record()
            work = _work(folder)
        self._write_parts(folder, output, passages, had, asked, work)
        with alone(output):
            if not (folder / MANIFEST).exists() and _work(folder) == work:
                self._count(manifest, folder, passages, earlier)
                manifest.write(folder)
            self._put_in_place(folder, output)
            return Manifest.read(output)

    def plan(self, corpus: Path, output: Path, sample: int = 8) -> GenerationPlan:
        """What :meth:`build` would do on a fresh folder, measured on `sample` passages from all over the corpus."""
        with TemporaryDirectory() as scratch:
            passages = self._scanned(corpus, Path(scratch) / "corpus")
            chosen = sample_passages(corpus, sample)[:sample] or _first(passages)
            n = dict.fromkeys(self.languages, self.num_queries)
            file = Path(scratch) / "part.jsonl"
            start = time.monotonic()
            self._writer(n).write(file, 0, chosen, None, {}, lambda _: None)
            seconds = time.monotonic() - start
            total = passages.passages - passages.empty_passages
            share = total / len(chosen)
            return GenerationPlan(
                passages=passages.passages,
                empty_passages=passages.empty_passages,
                queries=total * self.num_queries * len(self.languages),
                output_bytes=round(share * file.stat().st_size),
                free_bytes=free_bytes(output.parent),
                queries_per_second=round(len(chosen) * self.num_queries * len(self.languages) / seconds, 1),
                seconds=share * seconds,
            )

    def _scanned(self, corpus: Path, folder: Path) -> Corpus:
        """The corpus, checked: no id may be there twice."""
        passages = Corpus(corpus, self.part_size, self.limit)
        # Beside the folder, which another run can put in its place meanwhile.
        with _scratch(folder) as scratch, QueryLookup(scratch) as lookup, self._bar("checking", unit=" passages") as bar:
            for record, passage in passages.scan():
                if not lookup.add_passage(passage.id):
                    raise record.invalid(f"the id {passage.id!r} was there before; ids have to differ")
                bar.update()
        if passages.empty_passages == passages.passages:
            raise InvalidInput(f"{corpus}: all {passages.passages} passages are empty; there is nothing to ask about")
        return passages

    def _earlier(self, output: Path, passages: Corpus) -> Manifest | None:
        """What stands at `output`, made with the same settings but for languages and number of queries."""
        if not output.exists() or (output.is_dir() and not any(output.iterdir())):
            return None
        if not (output / MANIFEST).exists():
            raise UsageError(f"{output} is there and is no artifact of xqg; choose another output, or remove it")
        earlier = Manifest.read(output)
        asked = self._manifest(passages, earlier.settings.get("languages", {}))
        # Languages can have inputs of their own, of which those that are added here are new.
        inputs = {**earlier.inputs, **{name: sha for name, sha in asked.inputs.items() if name in earlier.inputs}}
        made = {"kind": earlier.kind, **earlier.settings, **earlier.inputs}
        wanted = {"kind": asked.kind, **asked.settings, **inputs}
        if made != wanted:
            raise UsageError(
                f"{output} is there, made with other settings or inputs: {differences(made, wanted)}. Only languages "
                "and queries can be added; choose another output, or remove it"
            )
        return earlier

    def _manifest(self, passages: Corpus, asked: Mapping[str, int], earlier: Manifest | None = None) -> Manifest:
        settings = {
            "generator": dict(self.generator.settings),
            "languages": dict(sorted(asked.items())),
            "seed": self.seed,
            "tries": self.tries,
            "cleaning": asdict(self.cleaning),
            "part_size": self.part_size,
            "limit": self.limit,
        }
        inputs = {**(earlier.inputs if earlier else {}), "corpus": passages.sha256, **self.generator.inputs}
        return Manifest("queries", json.loads(json.dumps(settings)), inputs)

    def _writer(self, asked: Mapping[str, int]) -> PartWriter:
        return PartWriter(self.generator, self._cleaner, self.seed, self.tries, asked)

    def _write_parts(
        self,
        folder: Path,
        output: Path,
        passages: Corpus,
        had: Mapping[str, int],
        asked: Mapping[str, int],
        work: str | None,
    ) -> None:
        """Write the parts that nobody else is at work on, then what others left."""
        writer = self._writer(dict(sorted(asked.items())))
        todo = sum(n - had.get(language, 0) for language, n in asked.items())
        with self._bar(
            "generating", unit=" queries", total=todo * (passages.passages - passages.empty_passages)
        ) as bar:
            for wait in (False, True):
                for number, part in enumerate(passages.parts()):
                    file = _part_file(folder, number)
                    if file.exists():
                        bar.update(0 if wait else todo * len(part))
                        continue
                    # Locked beside the folder, which another run can put in its place at any moment.
                    with alone(folder.with_name(f"{folder.name}.{file.stem}"), wait) as mine:
                        if _work(folder) != work:
                            return  # others did the rest, and put it in its place
                        if mine and not file.exists():
                            writer.write(file, number, part, _records(output, number, had), had, bar.update)

    def _count(self, manifest: Manifest, folder: Path, passages: Corpus, earlier: Manifest | None) -> None:
        total = PartCounts()
        for number in range(passages.part_count):
            total.add(counts_of(_part_file(folder, number)))
        if earlier:
            for language, reasons in earlier.counts["dropped"].items():
                if self.generator.samples or language not in total.dropped:  # else they were dropped once more
                    total.dropped.setdefault(language, Counter()).update(reasons)
        manifest.counts = {
            "passages": passages.passages,
            "empty_passages": passages.empty_passages,
            "passages_without_queries": total.without,
            "queries": dict(sorted(total.queries.items())),
            "passages_short_of_queries": dict(sorted(total.short.items())),
            "dropped": {language: dict(sorted(reasons.items())) for language, reasons in sorted(total.dropped.items())},
        }
        manifest.details["reproducible"] = self.generator.reproducible
        if earlier:
            manifest.details["extends"] = [*earlier.details.get("extends", []), earlier.settings["languages"]]

    def _put_in_place(self, folder: Path, output: Path) -> None:
        """Put a finished folder in its place, and remove what runs that were stopped have left beside it."""
        if (folder / MANIFEST).exists():
            for file in folder.iterdir():
                if file.name != MANIFEST and not PART.fullmatch(file.name):
                    file.unlink(missing_ok=True)
            put_in_place(output)
        if (output / MANIFEST).exists():
            shutil.rmtree(output.with_name(output.name + EARLIER), ignore_errors=True)
        beside = f"{escape(folder.name)}."
        for left in (*output.parent.glob(f"{beside}ids-*"), *output.parent.glob(f"{beside}part-*.lock")):
            place = left.with_name(left.name.removesuffix(".lock"))
            with alone(place, wait=False) as mine:
                if mine:
                    shutil.rmtree(place, ignore_errors=True)

    def _bar(self, what: str, **options: Any) -> tqdm[Any]:
        return tqdm(desc=what, unit_scale=True, disable=not self.show_progress, dynamic_ncols=True, **options)


def _work(folder: Path) -> str | None:
    """What is being made in a folder; None: nothing any more."""
    try:
        return (folder / PROGRESS).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _first(passages: Corpus) -> list[Passage]:
    """The first passage that is not empty."""
    return [next(passage for part in passages.parts() for passage in part if not passage.is_empty)]


@contextmanager
def _scratch(place: Path) -> Iterator[Path]:
    """A folder beside `place` for as long as the block runs; it is locked, unless its run was killed."""
    folder = place.with_name(f"{place.name}.ids-{uuid4().hex}")
    with alone(folder):
        try:
            folder.mkdir()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _part_file(folder: Path, number: int) -> Path:
    return folder / f"part-{number:06}.jsonl"


def _records(output: Path, number: int, had: Mapping[str, int]) -> list[PassageQueries] | None:
    """What an earlier run wrote for a part."""
    return [parse_queries(record) for record in read_records(_part_file(output, number))] if had else None
