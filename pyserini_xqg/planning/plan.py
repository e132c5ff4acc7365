"""Plan of a job: hours, disk and memory of each stage, and the commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.form import FLAT
from pyserini_xqg.indexing.settings import IndexSettings
from pyserini_xqg.planning import sizes
from pyserini_xqg.planning.forms import index_bytes, settled_form
from pyserini_xqg.planning.sample import Sample
from pyserini_xqg.planning.settings import PlanSettings

# What Python, torch, transformers and faiss take before a model is loaded.
LIBRARIES = 600_000_000


@dataclass(frozen=True)
class Stage:
    """A stage of the job.

    Attributes
    ----------
    name : str
    hours : float or None
        With all machines at work; None where no speed is known.
    output_bytes : int
        Disk that its output takes.
    working_bytes : int
        Disk that it takes beside that for a while.
    memory_bytes : int
        Of one process, model and libraries included.
    """

    name: str
    hours: float | None
    output_bytes: int
    working_bytes: int
    memory_bytes: int


@dataclass(frozen=True)
class Plan:
    """What a job takes.

    Attributes
    ----------
    passages, queries, dimension, machines : int
    factory : str
        The form of the index, as it was given or chosen.
    corpus_bytes : int
    stages : tuple of Stage
        ``generate``, ``index`` and ``search``.
    most_disk_bytes : int
        What is on disk when it is most, the corpus included.
    original_bytes : int
        Vectors that the original pipeline writes for the same.
    commands : tuple of str
    """

    passages: int
    queries: int
    dimension: int
    machines: int
    factory: str
    corpus_bytes: int
    stages: tuple[Stage, ...]
    most_disk_bytes: int
    original_bytes: int
    commands: tuple[str, ...]


def make_plan(
    job: PlanSettings, num_queries: int, form: IndexSettings, sample: Sample, model_bytes: int, commands: Sequence[str]
) -> Plan:
    """Plan a job whose dimension is known, and speeds as far as they are.

    Parameters
    ----------
    job : PlanSettings
    num_queries : int
        Of each passage and language.
    form : IndexSettings
    sample : Sample
        How long texts are.
    model_bytes : int
        Weights of the encoder, 0 where they are not known.
    commands : sequence of str

    Raises
    ------
    UsageError
        The dimension is not known, or what the form of the index takes.
    """
    if job.dimension is None:
        raise UsageError("the dimension is not known: give --encoder, which has it, or --dimension")
    rows, dimension, languages = job.passages, job.dimension, job.languages
    queries = rows * len(languages) * num_queries
    corpus = sizes.corpus_bytes(sample, rows)
    written = sizes.queries_bytes(sample, rows, languages, num_queries)
    vectors = sizes.vectors_bytes(rows, dimension)
    numbers = len(form.keep_first)
    kept = sizes.kept_bytes(rows, dimension, len(languages), numbers) if form.keep_vectors else 0
    held = LIBRARIES + model_bytes
    factory, filling = settled_form(form, dimension, rows, held)
    index = index_bytes(factory, dimension, rows)
    # Lists that are merged on disk are there twice meanwhile.
    beside = 0 if factory == FLAT else vectors + (index if form.max_memory and "IVF" in factory else 0)
    ids = round(rows * (sample.id_bytes + 1))
    scan = sizes.scan_bytes(sample, rows, languages)
    generate = Stage(
        "generate",
        _hours(job.machines, (queries, job.generated_per_second)),
        written,
        sizes.ids_bytes(sample, rows),
        LIBRARIES,
    )
    build = Stage(
        "index",
        _hours(job.machines, (queries, job.queries_per_second), (rows, job.passages_per_second)),
        index + ids + kept,
        scan + beside,
        held + max(sizes.part_bytes(dimension, len(languages), numbers), filling),
    )
    search = Stage("search", None, 0, 0, held + index)
    most = corpus + written + max(generate.working_bytes, build.output_bytes + build.working_bytes)
    original = sizes.original_bytes(rows, dimension, len(languages), num_queries)
    stages = (generate, build, search)
    return Plan(rows, queries, dimension, job.machines, factory, corpus, stages, most, original, tuple(commands))


def _hours(machines: int, *work: tuple[int, float | None]) -> float | None:
    """The time for numbers of texts at speeds a second; None where a speed is not known."""
    seconds = [texts / speed for texts, speed in work if speed is not None]
    return sum(seconds) / machines / 3600 if len(seconds) == len(work) else None
