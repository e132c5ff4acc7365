"""Options that several commands share."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.storage.manifest import holds_encoder


class PoolingName(StrEnum):
    """Choices of ``--pooling``."""

    CLS = "cls"
    MEAN = "mean"
    LAST = "last"


class DtypeName(StrEnum):
    """Choices of ``--dtype``."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


class AggregateName(StrEnum):
    """Choices of ``--aggregate``."""

    SUM = "sum"
    MEAN = "mean"


class ControlName(StrEnum):
    """Choices of ``--control``."""

    SHUFFLED = "shuffled"
    MEAN = "mean"


ENCODER, METHOD, FORM, RUN = (
    "Encoder (read from a sentence-transformers model, else as in the paper)",
    "Augmentation",
    "Index",
    "Run",
)

QueryModel = Annotated[str | None, typer.Option(help="Another model for the users' queries.", rich_help_panel=ENCODER)]
Revision = Annotated[
    str | None, typer.Option(help="Branch, tag or commit of a model from the hub.", rich_help_panel=ENCODER)
]
Pooling = Annotated[PoolingName | None, typer.Option(help="How token vectors become one.", rich_help_panel=ENCODER)]
L2Norm = Annotated[
    bool | None, typer.Option("--l2-norm/--no-l2-norm", help="Give vectors unit length.", rich_help_panel=ENCODER)
]
QueryPrefix = Annotated[
    str | None, typer.Option(help="Put before queries as it stands, final blank included.", rich_help_panel=ENCODER)
]
PassagePrefix = Annotated[str | None, typer.Option(help="Put before passages.", rich_help_panel=ENCODER)]
QueryMaxLength = Annotated[
    int | None, typer.Option(help="Tokens of a query, generated ones included [paper: 32].", rich_help_panel=ENCODER)
]
PassageMaxLength = Annotated[
    int | None, typer.Option(help="Tokens of a passage [paper: 128].", rich_help_panel=ENCODER)
]
Dtype = Annotated[DtypeName | None, typer.Option(help="Of the computation [float32].", rich_help_panel=ENCODER)]

Alpha = Annotated[
    float, typer.Option(help="Weight of the queries: 0 the plain index, 1 queries only.", rich_help_panel=METHOD)
]
Aggregate = Annotated[
    AggregateName, typer.Option(help="Add a passage's query vectors up, or average them.", rich_help_panel=METHOD)
]
Language = Annotated[
    list[str] | None,
    typer.Option(
        "--language",
        help="Use only queries in these languages: codes or names, repeated or separated by commas.",
        rich_help_panel=METHOD,
    ),
]
NumQueries = Annotated[
    int | None, typer.Option(help="Use only the first N queries of each language.", rich_help_panel=METHOD)
]
Normalize = Annotated[
    bool, typer.Option("--normalize", help="Give the finished vectors unit length.", rich_help_panel=METHOD)
]
ReduceHubness = Annotated[
    float,
    typer.Option(metavar="B", help="Share of the mean query direction to take out, 0 to 1.", rich_help_panel=METHOD),
]
HubnessTopics = Annotated[
    Path | None,
    typer.Option(
        help="Topics file to take that direction from, instead of the generated queries.", rich_help_panel=METHOD
    ),
]
Control = Annotated[
    ControlName | None,
    typer.Option(help="A control: queries of another passage, or the mean query vector.", rich_help_panel=METHOD),
]

Factory = Annotated[
    str, typer.Option(help="faiss factory string: Flat, HNSW32, SQfp16, IVF1024,PQ48, ...", rich_help_panel=FORM)
]
Nprobe = Annotated[
    int | None, typer.Option(help="Lists that an IVF index looks into [a sixteenth].", rich_help_panel=FORM)
]
Threads = Annotated[
    int | None, typer.Option(help="To build the index with [1 for graphs, else all].", rich_help_panel=FORM)
]
KeepVectors = Annotated[
    bool, typer.Option("--keep-vectors", help="Keep passage vectors and per-language query sums.", rich_help_panel=FORM)
]
KeepFirst = Annotated[
    str | None,
    typer.Option(
        metavar="N,N,...",
        help="Keep them, and the sums of the first N queries of each language, for xqg sweep.",
        rich_help_panel=FORM,
    ),
]

Device = Annotated[str | None, typer.Option(help="cuda, cuda:1, mps, cpu [the best there is].", rich_help_panel=RUN)]
PartSize = Annotated[
    int, typer.Option(help="Passages between two points where a stopped run goes on.", rich_help_panel=RUN)
]


def languages(given: list[str] | None) -> tuple[str, ...] | None:
    """The values of ``--language``, each of which can hold several, separated by commas."""
    return tuple(part.strip() for value in given for part in value.split(",")) if given else None


def numbers(option: str, given: str | None) -> tuple[int, ...]:
    """Whole numbers separated by commas, the value of `option`.

    Raises
    ------
    UsageError
        Something in it is none.
    """
    try:
        return tuple(int(part) for part in given.split(",")) if given else ()
    except ValueError as error:
        raise UsageError(f"{option} is {given!r}: whole numbers separated by commas are expected") from error


def weights(option: str, given: str) -> tuple[float, ...]:
    """Numbers separated by commas, the value of `option`.

    Raises
    ------
    UsageError
        Something in it is none.
    """
    try:
        return tuple(float(part) for part in given.split(","))
    except ValueError as error:
        raise UsageError(f"{option} is {given!r}: numbers separated by commas are expected") from error


def pairs(option: str, given: list[str] | None) -> list[tuple[str, str]]:
    """What is on either side of the first equals sign of each value.

    Raises
    ------
    UsageError
        A value has none, or nothing beside it.
    """
    pairs = []
    for value in given or ():
        name, sign, rest = value.partition("=")
        if not (name.strip() and sign and rest):
            raise UsageError(f"{option} {value}: two things joined by an equals sign are expected, as in new=new.txt")
        pairs.append((name.strip(), rest))
    return pairs


def unique(option: str, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs, if no two have the same first part.

    Raises
    ------
    UsageError
        Two have.
    """
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"{option}: {', '.join(twice)} is there twice; each name stands for one file")
    return pairs


def groups(given: list[str] | None) -> dict[str, tuple[str, ...]]:
    """The values of ``--group``: name and languages.

    Raises
    ------
    UsageError
        A value is not of that form, or a name is there twice.
    """
    return {name: tuple(members.split(",")) for name, members in unique("--group", pairs("--group", given))}


def encoder_settings(name: str, **given: Any) -> EncoderSettings:
    """The encoder that ``--encoder`` and its options name.

    Raises
    ------
    UsageError
        `name` is a folder of ours, whose settings stand, and something else was given too.
    """
    set_here = {option: value for option, value in given.items() if value is not None}
    settings = read_encoder(name, "passage")
    if holds_encoder(name) and set_here:
        options = ", ".join("--" + option.replace("_", "-") for option in set_here)
        raise UsageError(
            f"{name} has its encoder settings in it; {options} cannot be given too. Make another folder with xqg "
            "encoder"
        )
    return replace(settings, **set_here)
