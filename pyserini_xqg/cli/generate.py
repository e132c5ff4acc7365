"""``xqg generate``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli import _shared as s
from pyserini_xqg.cli._launching import launched
from pyserini_xqg.cli._shared import Corpus, Device
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.backends.by_name import GENERATORS, make_generator
from pyserini_xqg.generation.backends.options import LEXICON, GeneratorOptions
from pyserini_xqg.generation.cleaning import CleaningSettings
from pyserini_xqg.generation.settings import CLEANING, GenerationSettings
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result
from pyserini_xqg.storage.jsonl import jsonl_files
from pyserini_xqg.storage.shards import Shard
from pyserini_xqg.storage.workspace import partial_folder


@command
def generate(
    *,
    corpus: Corpus,
    languages: Annotated[tuple[str, ...], {"option": "--language", "comma": True}],
    output: Path,
    generator: Annotated[str, {"choices": tuple(GENERATORS)}] = "seq2seq",
    settings: Annotated[dict[str, Any], Options(GenerationSettings)],
    options: Annotated[dict[str, Any], Options(GeneratorOptions)],
    encoder: Annotated[str | None, LEXICON] = None,
    filter_share: Annotated[float | None, {"option": "--keep", "metavar": "SHARE", **CLEANING}] = None,
    cleaning: Annotated[dict[str, Any], Options(CleaningSettings, panel=CLEANING["panel"])],
    device: Device = None,
    clustering: s.Clustering,
    shard: s.Shards = None,
    finish: s.Finishing = False,
    dry_run: bool = False,
) -> Result:
    """Write queries for every passage in the languages of the users.

    Parameters
    ----------
    languages : tuple of str
        Languages: codes or names, repeated or separated by commas.
    output : Path
        The queries folder to make, or to extend.
    generator : str
        What writes the queries.
    encoder : str or None
        The retriever's: it chooses the lexicon's translations, and scores for --keep.
    filter_share : float or None
        Share of each language's queries to keep, 0 to 1: those that --encoder finds most like their passage.
    dry_run : bool
        Measure a few passages, print hours and bytes for all, and end.

    Examples
    --------
    $ xqg generate --corpus corpus.jsonl --language fi,sw --output queries/
    """
    steps = {"--shard": shard, "--finish": finish, "--dry-run": dry_run}
    if filter_share is not None and (shard or finish or clustering):
        raise UsageError("--keep is the work of one process: write all queries first, then xqg score and xqg filter")
    of_all_gpus = device if filter_share is None else None
    if (said := launched(clustering, output, of_all_gpus, steps, prepares=False)) is not None:
        return Result({"queries_folder": output, **said})
    share = None if shard is None else Shard.parse(shard)
    from pyserini_xqg.generation.filtering.filtered_queries import build_filtered
    from pyserini_xqg.generation.filtering.filtering import FilterSettings, check_place
    from pyserini_xqg.generation.shard_builder import ShardQueryBuilder

    jsonl_files(corpus)  # before a model is loaded for nothing
    partial_folder(output)
    if filter_share is not None:
        check_place(output, FilterSettings(filter_share))
        if encoder is None:
            raise UsageError("--keep needs --encoder, the retriever's: its scores decide which queries stay")
        if "limit" in settings:
            raise UsageError("--keep scores the queries of a whole corpus; leave out --limit, or --keep")
    codes = [language_code(language) for language in languages]
    if device is not None and (filter_share is None or generator != "server"):
        options["device"] = device
    if encoder is not None and (filter_share is None or generator == "lexicon"):
        options["encoder"] = encoder
    chosen = make_generator(generator, corpus, codes, show_progress=True, **options)
    cleaned = CleaningSettings(**{"least_script": chosen.least_script, **cleaning})
    builder = ShardQueryBuilder(chosen, codes, cleaning=cleaned, **settings, show_progress=True)
    if dry_run:
        return Result(asdict(builder.plan(corpus, output)))
    if share is not None or finish:
        counted = builder.build_shard(corpus, output, share)
        said = {} if counted is None else {"queries_folder": output, **counted.counts}
        return Result({**({} if share is None else {"shard": shard}), **said})
    if filter_share is None:
        made = builder.build(corpus, output)
    else:
        assert encoder is not None
        made = build_filtered(builder, corpus, output, encoder, FilterSettings(filter_share), device)
    return Result({"queries_folder": output, **made.counts})
