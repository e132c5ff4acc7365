"""``xqg generate``."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.cli.printing import print_values
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.errors import UsageError
from pyserini_xqg.storage.jsonl import jsonl_files
from pyserini_xqg.storage.manifest import MANIFEST, Manifest
from pyserini_xqg.storage.workspace import partial_folder


class GeneratorName(StrEnum):
    """Choices of ``--generator``."""

    SEQ2SEQ = "seq2seq"
    CTRANSLATE2 = "ctranslate2"
    CAUSAL = "causal"
    SERVER = "server"
    LEXICON = "lexicon"


class FormName(StrEnum):
    """Choices of ``--form``."""

    AUTO = "auto"
    LIST = "list"
    SAMPLES = "samples"


class GeneratorDtype(StrEnum):
    """Choices of ``--dtype``."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    INT8 = "int8"


MODEL, SERVER, LEXICON, CLEANING = "Model", "Server", "Lexicon", "Cleaning and filtering"


def generate(
    corpus: Annotated[Path, typer.Option(help="Passages, Pyserini's JSONL: a file or folder, .gz too.")],
    language: Annotated[
        list[str], typer.Option("--language", help="To write in: codes or names, repeated or separated by commas.")
    ],
    output: Annotated[Path, typer.Option(help="The queries folder to make, or to extend.")],
    generator: Annotated[GeneratorName, typer.Option(help="What writes the queries.")] = GeneratorName.SEQ2SEQ,
    num_queries: Annotated[int, typer.Option(help="Queries for each passage and language.")] = 5,
    model: Annotated[
        str | None,
        typer.Option(
            help="A folder or Hugging Face id [seq2seq: the paper's]; on a server its name there.",
            rich_help_panel=MODEL,
        ),
    ] = None,
    revision: Annotated[str | None, typer.Option(help="Of a model from the hub.", rich_help_panel=MODEL)] = None,
    prompt: Annotated[
        str | None,
        typer.Option(help="Of seq2seq models, with {language}, {title}, {passage}.", rich_help_panel=MODEL),
    ] = None,
    instruction: Annotated[
        str | None, typer.Option(help="Of language models, instead of the one that comes along.", rich_help_panel=MODEL)
    ] = None,
    form: Annotated[
        FormName | None,
        typer.Option(help="Ask a language model for a list of questions, or for one at a time.", rich_help_panel=MODEL),
    ] = None,
    top_k: Annotated[
        int | None, typer.Option(help="Draw from so many of the likeliest tokens [paper: 10].", rich_help_panel=MODEL)
    ] = None,
    top_p: Annotated[float | None, typer.Option(help="Of a server.", rich_help_panel=MODEL)] = None,
    temperature: Annotated[float | None, typer.Option(help="Of the drawing.", rich_help_panel=MODEL)] = None,
    greedy: Annotated[
        bool | None, typer.Option("--greedy", help="One query, of the likeliest tokens.", rich_help_panel=MODEL)
    ] = None,
    input_length: Annotated[
        int | None, typer.Option(help="Tokens of the passage [paper: 256].", rich_help_panel=MODEL)
    ] = None,
    output_length: Annotated[
        int | None, typer.Option(help="Tokens of a query [paper: 32].", rich_help_panel=MODEL)
    ] = None,
    dtype: Annotated[GeneratorDtype | None, typer.Option(help="Of the computation.", rich_help_panel=MODEL)] = None,
    device: o.Device = None,
    url: Annotated[
        str | None,
        typer.Option(help="Of an OpenAI-compatible server: http://localhost:8000/v1.", rich_help_panel=SERVER),
    ] = None,
    key_variable: Annotated[
        str | None,
        typer.Option(help="Environment variable with its key [OPENAI_API_KEY].", rich_help_panel=SERVER),
    ] = None,
    concurrency: Annotated[int | None, typer.Option(help="Requests at once [8].", rich_help_panel=SERVER)] = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds for one request [60].", rich_help_panel=SERVER)] = None,
    retries: Annotated[int | None, typer.Option(help="Of a request [5].", rich_help_panel=SERVER)] = None,
    dictionaries: Annotated[
        Path | None, typer.Option(help="Folder of DICT dictionaries [/usr/share/dictd].", rich_help_panel=LEXICON)
    ] = None,
    terms: Annotated[
        int | None, typer.Option(help="Terms that each query adds to the one before [4].", rich_help_panel=LEXICON)
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="The retriever's encoder: chooses the lexicon's translations, and scores queries for --filter.",
            rich_help_panel=LEXICON,
        ),
    ] = None,
    filter_share: Annotated[
        float | None,
        typer.Option(
            "--filter",
            metavar="SHARE",
            help="Keep this share of each language's queries, those that --encoder finds most like their passage.",
            rich_help_panel=CLEANING,
        ),
    ] = None,
    least_script: Annotated[
        float | None,
        typer.Option(
            help="Least share of letters in the language's script [0.5; lexicon 0].", rich_help_panel=CLEANING
        ),
    ] = None,
    max_characters: Annotated[int, typer.Option(help="Of a query.", rich_help_panel=CLEANING)] = 300,
    tries: Annotated[
        int, typer.Option(help="Rounds until a passage is left with fewer queries.", rich_help_panel=CLEANING)
    ] = 3,
    seed: Annotated[int, typer.Option(help="Of all that is drawn.", rich_help_panel=o.RUN)] = 0,
    part_size: Annotated[
        int, typer.Option(help="Passages between two points where a stopped run goes on.", rich_help_panel=o.RUN)
    ] = 256,
    limit: Annotated[int | None, typer.Option(help="Take only the first passages.", rich_help_panel=o.RUN)] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Measure a few passages, print hours and bytes for all, and end.")
    ] = False,
) -> None:
    """Write queries for every passage in the languages of the users."""
    from pyserini_xqg.generation.backends.by_name import make_generator
    from pyserini_xqg.generation.builder import XqgQueryBuilder
    from pyserini_xqg.generation.cleaning import CleaningSettings
    from pyserini_xqg.generation.filtering.filtering import FilterSettings, check_place, filter_queries
    from pyserini_xqg.generation.filtering.scoring import score_queries

    jsonl_files(corpus)  # before a model is loaded for nothing
    partial = partial_folder(output)
    if filter_share is not None:
        check_place(output, FilterSettings(filter_share))
        if encoder is None:
            raise UsageError("--filter needs --encoder, the retriever's: its scores decide which queries stay")
        if limit is not None:
            raise UsageError("--filter scores the queries of a whole corpus; leave out --limit, or --filter")
    languages = [language_code(code) for code in o.languages(language) or ()]
    given = {
        "model": model,
        "revision": revision,
        "prompt": prompt,
        "instruction": instruction,
        "form": form.value if form else None,
        "top_k": top_k,
        "top_p": top_p,
        "temperature": temperature,
        "greedy": greedy,
        "input_length": input_length,
        "output_length": output_length,
        "dtype": dtype.value if dtype else None,
        "device": device if filter_share is None or generator != GeneratorName.SERVER else None,
        "url": url,
        "key_variable": key_variable,
        "concurrency": concurrency,
        "timeout": timeout,
        "retries": retries,
        "dictionaries": dictionaries,
        "terms": terms,
        "encoder": encoder if filter_share is None or generator == GeneratorName.LEXICON else None,
    }
    chosen = make_generator(
        generator.value, corpus, languages, **{name: value for name, value in given.items() if value is not None}
    )
    builder = XqgQueryBuilder(
        chosen,
        languages,
        num_queries,
        seed=seed,
        tries=tries,
        cleaning=CleaningSettings(chosen.least_script if least_script is None else least_script, max_characters),
        part_size=part_size,
        limit=limit,
        show_progress=True,
    )
    if dry_run:
        print_values(asdict(builder.plan(corpus, output)))
        return
    if filter_share is None:
        print_values({"queries folder": output, **builder.build(corpus, output).counts})
        return
    everything, scored = (partial.with_suffix(f".{stage}") for stage in ("unfiltered", "scored"))
    if (scored / MANIFEST).exists() and set(languages) - set(Manifest.read(scored).counts["queries"]):
        raise UsageError(
            f"{scored} holds the scores of other languages, and a filtered folder cannot be extended: run xqg generate "
            f"without --filter on {everything}, then xqg score and xqg filter into new folders"
        )
    builder.build(corpus, everything)
    assert encoder is not None
    score_queries(corpus, everything, encoder, scored, device=device, show_progress=True)
    print_values({"queries folder": output, **filter_queries(scored, FilterSettings(filter_share), output).counts})
