"""``xqg plan``."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli import _shared as s
from pyserini_xqg.generation.backends.by_name import GENERATORS
from pyserini_xqg.generation.backends.options import GeneratorOptions
from pyserini_xqg.generation.settings import GenerationSettings
from pyserini_xqg.indexing.settings import IndexSettings
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result
from pyserini_xqg.planning.settings import PlanSettings


@command
def plan(
    *,
    job: Annotated[dict[str, Any], Options(PlanSettings)],
    generation: Annotated[dict[str, Any], Options(GenerationSettings, without=["tries", "seed", "part_size", "limit"])],
    encoder: str | None = None,
    corpus: Path | None = None,
    queries: Path | None = None,
    generator: Annotated[str | None, {"choices": tuple(GENERATORS)}] = None,
    options: Annotated[dict[str, Any], Options(GeneratorOptions)],
    form: Annotated[dict[str, Any], Options(IndexSettings, without=["nprobe", "threads", "ef_search"], panel="Index")],
    device: s.Device = None,
) -> Result:
    """Say what a job takes in hours, disk and memory, and the commands that do it; nothing is written.

    Parameters
    ----------
    encoder : str or None
        The retriever: its dimension is taken, and its speed measured on a sample.
    corpus : Path or None
        Passages to measure with and to see how long they are, any part of the corpus; None: the demo's.
    queries : Path or None
        Queries likewise; None: the demo's.
    generator : str or None
        Measure what writes the queries, too.

    Examples
    --------
    $ xqg plan --passages 18000000 --language ar,bn,fi --encoder models/xdr --corpus corpus.jsonl
    """
    from pyserini_xqg.planning.commands import commands_of
    from pyserini_xqg.planning.plan import make_plan
    from pyserini_xqg.planning.sample import Sample
    from pyserini_xqg.planning.speeds import encoder_speed, generator_speed
    from pyserini_xqg.planning.text import plan_as_text

    asked, wanted = PlanSettings(**job), IndexSettings(**form)
    num_queries = GenerationSettings(**generation).num_queries
    sample = Sample.read(corpus, queries)
    model_bytes = 0
    commands = commands_of(asked.languages, num_queries, encoder, corpus, generator, options, wanted, asked.machines)
    if encoder is not None:
        speed = encoder_speed(encoder, device, sample, asked.languages)
        model_bytes = speed.model_bytes
        asked = replace(
            asked,
            dimension=asked.dimension or speed.dimension,
            passages_per_second=asked.passages_per_second or speed.passages,
            queries_per_second=asked.queries_per_second or speed.queries,
        )
    if generator is not None and asked.generated_per_second is None:
        given = options if device is None else {**options, "device": device}
        written = generator_speed(generator, given, sample, asked.languages, num_queries)
        asked = replace(asked, generated_per_second=written)
    made = make_plan(asked, num_queries, wanted, sample, model_bytes, commands)
    speeds = {name: value for name, value in asdict(asked).items() if name.endswith("_per_second")}
    return Result({**asdict(made), **speeds}, plan_as_text(made))
