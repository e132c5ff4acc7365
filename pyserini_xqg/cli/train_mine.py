"""``xqg train mine``."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.cli import train_options as t
from pyserini_xqg.cli.printing import print_values
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError

DATA, SEARCH, JUDGING, RUN = "Data", "Search", "Judging", "Run"
ENCODER = "Encoder (read from the model, else as in the paper)"


class MiningRecipeName(StrEnum):
    """Choices of ``--recipe``."""

    SENTRI = "sentri"
    CORA = "cora"
    NEGATIVES = "negatives"


class SourceName(StrEnum):
    """Choices of ``--source``."""

    RETRIEVER = "retriever"
    BM25 = "bm25"


class MarginKindName(StrEnum):
    """Choices of ``--margin-kind``."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"
    NONE = "none"


class ReaderDtypeName(StrEnum):
    """Choices of ``--reader-dtype``."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


def mine(
    questions: Annotated[
        list[Path], typer.Option(help="Of any format of training data; repeated.", rich_help_panel=DATA)
    ],
    corpus: Annotated[
        Path, typer.Option(help="Passages, Pyserini's JSONL: a file or folder, .gz too.", rich_help_panel=DATA)
    ],
    output: Annotated[Path, typer.Option(help="The data folder to make; with --rounds the folder of all rounds.")],
    recipe: Annotated[
        MiningRecipeName | None,
        typer.Option(
            help="sentri: an answer in the text makes a positive; cora: a reader's right answer does; negatives: only "
            "negatives are looked for."
        ),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(metavar="N", help="Mine and train N times, each with the retriever of the one before."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings as TOML, tables [mining], and of --rounds [retriever] and [data]."),
    ] = None,
    format: Annotated[
        str | None, typer.Option(help="Of the questions, see docs [seen from the content].", rich_help_panel=DATA)
    ] = None,
    languages: Annotated[
        list[str] | None,
        typer.Option(
            "--language",
            help="Questions in these only: codes or names, repeated or separated by commas.",
            rich_help_panel=DATA,
        ),
    ] = None,
    default_language: t.DefaultLanguage = None,
    source: Annotated[
        SourceName | None, typer.Option(help="Who finds passages [retriever].", rich_help_panel=SEARCH)
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(help="The retriever: a model, or a folder made by xqg.", rich_help_panel=SEARCH),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(help="An index of the corpus, FAISS or for bm25 Lucene [one is made].", rich_help_panel=SEARCH),
    ] = None,
    depth: Annotated[
        int | None, typer.Option(help="Passages found for a question [50].", rich_help_panel=SEARCH)
    ] = None,
    positives: Annotated[
        int | None, typer.Option(help="New positives a question, at most [5].", rich_help_panel=JUDGING)
    ] = None,
    negatives: Annotated[
        int | None, typer.Option(help="New negatives a question, at most [7].", rich_help_panel=JUDGING)
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(help="How far below the positive's score a negative has to be [0.05].", rich_help_panel=JUDGING),
    ] = None,
    margin_kind: Annotated[
        MarginKindName | None,
        typer.Option(
            help="relative: a share of that score; none: scores are not looked at [negatives: relative, else none].",
            rich_help_panel=JUDGING,
        ),
    ] = None,
    reader: Annotated[
        str | None, typer.Option(help="Of cora: the model that answers, seq2seq or causal.", rich_help_panel=JUDGING)
    ] = None,
    reader_revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of one from the hub.", rich_help_panel=JUDGING)
    ] = None,
    reader_prompt: Annotated[
        str | None,
        typer.Option(
            help="With {question} or {english}, {language}, {title}, {passage} [see docs].", rich_help_panel=JUDGING
        ),
    ] = None,
    reader_input_length: Annotated[
        int | None, typer.Option(help="Tokens of its prompt [512].", rich_help_panel=JUDGING)
    ] = None,
    reader_output_length: Annotated[
        int | None, typer.Option(help="Tokens of an answer [32].", rich_help_panel=JUDGING)
    ] = None,
    reader_dtype: Annotated[
        ReaderDtypeName | None, typer.Option(help="Of its computation [float32].", rich_help_panel=JUDGING)
    ] = None,
    query_model: Annotated[
        str | None, typer.Option(help="Another model for the questions.", rich_help_panel=ENCODER)
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of a model from the hub.", rich_help_panel=ENCODER)
    ] = None,
    pooling: Annotated[
        o.PoolingName | None, typer.Option(help="How token vectors become one.", rich_help_panel=ENCODER)
    ] = None,
    l2_norm: Annotated[
        bool | None, typer.Option("--l2-norm/--no-l2-norm", help="Give vectors unit length.", rich_help_panel=ENCODER)
    ] = None,
    query_prefix: Annotated[
        str | None, typer.Option(help="Put before questions, final blank included.", rich_help_panel=ENCODER)
    ] = None,
    passage_prefix: Annotated[str | None, typer.Option(help="Put before passages.", rich_help_panel=ENCODER)] = None,
    query_max_length: Annotated[
        int | None, typer.Option(help="Tokens of a question [paper: 32].", rich_help_panel=ENCODER)
    ] = None,
    passage_max_length: Annotated[
        int | None, typer.Option(help="Tokens of a passage [paper: 128].", rich_help_panel=ENCODER)
    ] = None,
    dtype: Annotated[
        o.DtypeName | None, typer.Option(help="Of the computation [float32].", rich_help_panel=ENCODER)
    ] = None,
    device: t.Device = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print counts and the estimated time, and end.", rich_help_panel=RUN)
    ] = False,
) -> None:
    """Make training data by searching a corpus: hard negatives, or positives too where only answers are known."""
    from pyserini_xqg.training.common.config import read_config
    from pyserini_xqg.training.data.settings import TrainingDataSettings
    from pyserini_xqg.training.mining.mining import Mining
    from pyserini_xqg.training.mining.settings import MiningInputs, MiningSettings, mining_settings
    from pyserini_xqg.training.retriever.settings import RetrieverSettings

    tables = read_config(
        config, {"mining": MiningSettings, "retriever": RetrieverSettings, "data": TrainingDataSettings}
    )
    settings = mining_settings(
        tables["mining"],
        {
            "recipe": recipe and recipe.value,
            "source": source and source.value,
            "depth": depth,
            "positives": positives,
            "negatives": negatives,
            "margin": margin,
            "margin_kind": margin_kind and margin_kind.value,
            "languages": o.languages(languages),
            "default_language": default_language,
            "reader": reader,
            "reader_revision": reader_revision,
            "reader_prompt": reader_prompt,
            "reader_input_length": reader_input_length,
            "reader_output_length": reader_output_length,
            "reader_dtype": reader_dtype and reader_dtype.value,
        },
    )
    inputs = MiningInputs(
        questions=tuple(map(str, questions)),
        corpus=str(corpus),
        format=format,
        index=None if index is None else str(index),
    )
    named = _encoder(
        encoder,
        query_model=query_model,
        revision=revision,
        pooling=pooling and pooling.value,
        l2_norm=l2_norm,
        query_prefix=query_prefix,
        passage_prefix=passage_prefix,
        query_max_length=query_max_length,
        passage_max_length=passage_max_length,
        dtype=dtype and dtype.value,
    )
    if rounds is None and (tables["retriever"] or tables["data"]):
        raise UsageError(f"{config} has settings of training, and nothing is trained without --rounds: give that too")
    if dry_run:
        print_values(asdict(Mining(inputs, settings, named, device=device).plan(output)))
    elif rounds is None:
        manifest = Mining(inputs, settings, named, device=device, show_progress=True).run(output)
        print_values({"training data": output, **manifest.counts})
    else:
        from pyserini_xqg.training.mining.rounds import run_rounds

        if named is None:
            raise UsageError("--rounds trains a retriever: give --encoder, the one that it starts with")
        made = run_rounds(
            rounds,
            inputs,
            output,
            settings,
            named,
            tables["retriever"],
            tables["data"],
            device=device,
            show_progress=True,
        )
        print_values({"rounds": output, **made.counts})


def _encoder(name: str | None, **given: Any) -> EncoderSettings | None:
    if name is not None:
        return o.encoder_settings(name, **given)
    if set_here := [option for option, value in given.items() if value is not None]:
        raise UsageError(f"{', '.join(map(_option, set_here))}: of what encoder? Give --encoder")
    return None


def _option(setting: str) -> str:
    """The option of a setting."""
    return "--" + setting.replace("_", "-")
