"""Builder of folders of generated queries for a corpus.

The corpus is cut into parts of fixed membership. A part is generated language by language, each language kept as soon
as it is done, and then written as one file. Parts belong to whoever locks them first, so several processes, one a
device, can work on the same folder; and a finished folder can be extended by languages or queries.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tqdm import tqdm

from pyserini_xqg.collection.corpus import Corpus
from pyserini_xqg.collection.languages import canonical_code, language_code
from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.backends.base import Generator
from pyserini_xqg.generation.checked_corpus import checked_corpus, scratch_left_beside
from pyserini_xqg.generation.cleaning import Cleaner, CleaningSettings
from pyserini_xqg.generation.kept import check_kept
from pyserini_xqg.generation.plan import GenerationPlan, plan_generation
from pyserini_xqg.generation.query_work import QueryWork
from pyserini_xqg.generation.query_writer import GenerationCounts, QueryWriter
from pyserini_xqg.storage.finishing import take_up
from pyserini_xqg.storage.identity import differences, identity_of
from pyserini_xqg.storage.manifest import MANIFEST, Manifest, as_json
from pyserini_xqg.storage.workspace import (
    EARLIER,
    Workspace,
    alone,
    begun_settings,
    partial_folder,
    put_in_place,
    real_place,
    shared_folder,
    work_in,
)

PART = re.compile(r"part-\d{6,}\.jsonl")
TRIES = 3
ADVICE = "Look at what the generator writes, and try another one, another model or other bounds of cleaning"

log = logging.getLogger("pyserini_xqg")


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
    part_size : int or None
        Passages between two points at which a stopped run can go on, one file of the folder. None: as the folder has
        it, or 256, doubled until there are no more than 10,000 files.
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
        part_size: int | None = None,
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
        self._cleaner = Cleaner(self.cleaning, generator.settings, generator.special_tokens)

    def build(self, corpus: str | Path, output: str | Path) -> Manifest:
        """Generate the queries.

        Parameters
        ----------
        corpus : str or Path
            Passages in Pyserini's JSONL: a file or a folder.
        output : str or Path
            The queries folder to make. Where one stands that was made with the same settings from the same corpus, it
            gets the languages and queries that it lacks.

        Returns
        -------
        Manifest
            Of what stands at `output`.

        Raises
        ------
        PartlyDone
            The folder is finished, and has no query in any of the languages.
        XqgError
            See :mod:`pyserini_xqg.errors`; what stood at `output` stands there still.
        """
        corpus, output = Path(corpus), Path(output)
        output = real_place(output)
        with shared_folder(output) as folder:
            try:
                made = self._build(corpus, output, folder)
            finally:
                with suppress(OSError), alone(output):
                    folder.rmdir()  # if nothing was begun
        check_kept(made, self.languages, made.counts["dropped"], output, ADVICE)
        return made

    def _work(self, passages: Corpus, output: Path) -> QueryWork | None:
        """What is to be done, recorded in the working folder; None where all stands at `output` already."""
        earlier = self._earlier(output, passages)
        had = {canonical_code(code): n for code, n in earlier.settings["languages"].items()} if earlier else {}
        asked = {code: max(self.num_queries, had.get(code, 0)) for code in self.languages} | {
            code: n for code, n in had.items() if code not in self.languages
        }
        if earlier and asked == had:
            log.info("%s has these queries already", output)
            return None
        manifest = self._manifest(passages, asked, earlier)
        partial_folder(output).mkdir(exist_ok=True)  # another run may have put the one that was there in its place
        Workspace(output, {"settings": manifest.settings, "inputs": manifest.inputs, "extends": had}).record()
        return QueryWork(manifest, earlier, had, dict(sorted(asked.items())))

    def _build(self, corpus: Path, output: Path, folder: Path) -> Manifest:
        passages = self._checked(corpus, folder, begun_settings(output).get("part_size"))
        with alone(output):
            take_up(output)
            self._put_in_place(folder, output)  # what a run that was stopped had finished
            work = self._work(passages, output)
            if work is None:
                shutil.rmtree(folder, ignore_errors=True)
                return Manifest.read(output)
            recorded = work_in(folder)
        writer = self._writer(folder, passages.part_count, work.asked)
        self._write_parts(writer, folder, output, passages, work, recorded)
        with alone(output):
            if not (folder / MANIFEST).exists() and work_in(folder) == recorded:
                self._count(work.manifest, writer.counts(), passages, work.earlier)
                work.manifest.write(folder)
            self._put_in_place(folder, output)
            return Manifest.read(output)

    def plan(self, corpus: str | Path, output: str | Path, sample: int = 8) -> GenerationPlan:
        """What :meth:`build` would do on a fresh folder, measured on `sample` passages from all over the corpus."""
        with TemporaryDirectory() as scratch:
            passages = self._checked(Path(corpus), Path(scratch) / "corpus")
            writer = self._writer(Path(scratch), 1, dict.fromkeys(self.languages, self.num_queries))
            return plan_generation(writer, passages, self.languages, self.num_queries, sample, Path(output))

    def _checked(self, corpus: Path, folder: Path, begun: int | None = None) -> Corpus:
        """The corpus in parts of the size that was asked for, or else of that which the folder was begun with."""
        with self._bar("checking", unit=" passages") as bar:
            return checked_corpus(corpus, self.part_size or begun, self.limit, folder, bar.update)

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
        made = identity_of({"kind": earlier.kind, **earlier.settings, **earlier.inputs})
        wanted = identity_of({"kind": asked.kind, **asked.settings, **inputs})
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
            "part_size": passages.part_size,
            "limit": self.limit,
        }
        inputs = {**(earlier.inputs if earlier else {}), "corpus": passages.sha256, **self.generator.inputs}
        return Manifest("queries", as_json(settings), inputs)

    def _writer(self, folder: Path, parts: int, asked: Mapping[str, int], shared: bool = False) -> QueryWriter:
        return QueryWriter(folder, parts, self.generator, self._cleaner, self.seed, self.tries, asked, shared)

    def _write_parts(
        self,
        writer: QueryWriter,
        folder: Path,
        output: Path,
        passages: Corpus,
        work: QueryWork,
        recorded: str | None,
    ) -> None:
        """Write the parts that nobody else is at work on, then what others left."""
        with self._bar(
            "generating", unit=" queries", total=work.todo * (passages.passages - passages.empty_passages)
        ) as bar:
            missing = list(writer.parts.missing())
            bar.update(work.todo * (passages.passages - sum(map(passages.size_of, missing))))
            for wait in (False, True):
                left = (number for number in missing if not writer.parts.is_done(number))
                for number, part in passages.parts(left):
                    # Locked beside the folder, which another run can put in its place at any moment.
                    with alone(folder.with_name(f"{folder.name}.{writer.parts.file(number).stem}"), wait) as mine:
                        if work_in(folder) != recorded:
                            return  # others did the rest, and put it in its place
                        if mine and not writer.parts.is_done(number):
                            writer.write(number, part, work.records(output, number), work.had, bar.update)

    def _count(self, manifest: Manifest, total: GenerationCounts, passages: Corpus, earlier: Manifest | None) -> None:
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
                    shutil.rmtree(file, ignore_errors=True) if file.is_dir() else file.unlink(missing_ok=True)
            put_in_place(output, folder)
        if (output / MANIFEST).exists():
            shutil.rmtree(output.with_name(output.name + EARLIER), ignore_errors=True)
        begun = partial_folder(output)
        locks = output.parent.glob(f"{escape(begun.name)}.part-*.lock")
        for left in (*scratch_left_beside(begun), *locks):
            place = left.with_name(left.name.removesuffix(".lock"))
            with alone(place, wait=False) as mine:
                if mine:
                    shutil.rmtree(place, ignore_errors=True)

    def _bar(self, what: str, **options: Any) -> tqdm[Any]:
        return tqdm(desc=what, unit_scale=True, disable=not self.show_progress, dynamic_ncols=True, **options)
