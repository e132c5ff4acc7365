"""``xqg align``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.cli.evaluate import FormatName
from pyserini_xqg.errors import UsageError

if TYPE_CHECKING:
    from pyserini_xqg.collection.datasets.parallel import ParallelText


class PartName(StrEnum):
    """Choices of ``--part``."""

    PREMISE = "premise"
    HYPOTHESIS = "hypothesis"


TEXT, QUERIES, OUTPUT = "Parallel text", "Queries of the English sentences", "Output"
HYPOTHESES = "hypotheses"


def align(
    encoder: Annotated[
        str | None,
        typer.Option(help="A model, or a folder that names one [only write the sentences to --output]."),
    ] = None,
    xnli: Annotated[
        Path | None,
        typer.Option(help="XNLI: the 15-way file, xnli.dev.tsv, or a folder of dev-LANG.tsv.", rich_help_panel=TEXT),
    ] = None,
    part: Annotated[PartName, typer.Option(help="Which of XNLI's sentences.", rich_help_panel=TEXT)] = PartName.PREMISE,
    split: Annotated[
        str | None, typer.Option(help="Of a folder with several: dev, test.", rich_help_panel=TEXT)
    ] = None,
    english: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[LANG=]FILE",
            help="English sentences, one a line; repeated where each language has its own.",
            rich_help_panel=TEXT,
        ),
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LANG=FILE", help="The same sentences in another language; repeated.", rich_help_panel=TEXT
        ),
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option("--language", help="Only these: repeated, or separated by commas [all].", rich_help_panel=TEXT),
    ] = None,
    queries: Annotated[
        list[str] | None,
        typer.Option(
            "--queries",
            metavar="NAME=PATH",
            help="Queries of the sentences in corpus.jsonl of --output; repeated.",
            rich_help_panel=QUERIES,
        ),
    ] = None,
    hypotheses: Annotated[
        bool,
        typer.Option(
            "--hypotheses",
            help="With XNLI's premises: take their hypotheses in the other languages for queries, as a reference.",
            rich_help_panel=QUERIES,
        ),
    ] = False,
    subsets: Annotated[
        str,
        typer.Option(
            help="Languages whose queries count: all, own (the sentence's), others (all but it).",
            rich_help_panel=QUERIES,
        ),
    ] = "all",
    num_queries: o.NumQueries = None,
    aggregate: Annotated[
        o.AggregateName,
        typer.Option(help="Add a sentence's query vectors up, or average them.", rich_help_panel=QUERIES),
    ] = o.AggregateName.MEAN,
    alphas: Annotated[
        str | None,
        typer.Option(
            help="Weights to choose from [ten from 0 to 0.5 of a sum, to 0.9 of a mean].", rich_help_panel=QUERIES
        ),
    ] = None,
    folds: Annotated[
        int, typer.Option(help="The weight is chosen for each on the others.", rich_help_panel=QUERIES)
    ] = 5,
    seed: Annotated[int, typer.Option(help="Deals the sentences out to the folds.", rich_help_panel=QUERIES)] = 0,
    similarity: Annotated[str, typer.Option(help="cosine, dot, margin, csls; several separated by commas.")] = "cosine",
    group: Annotated[
        list[str] | None,
        typer.Option(
            "--group",
            metavar="NAME=LANG,LANG",
            help="Languages for a mean of their own; repeated [XNLI: sw,ur and sw,ur,th,hi,bg].",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="A folder for corpus.jsonl, vectors, alignment.json and alignment.tsv; a stopped run goes on from it.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    output_format: Annotated[
        FormatName, typer.Option("--format", help="Of what is printed.", rich_help_panel=OUTPUT)
    ] = FormatName.TEXT,
    query_model: o.QueryModel = None,
    revision: o.Revision = None,
    pooling: o.Pooling = None,
    l2_norm: o.L2Norm = None,
    query_prefix: o.QueryPrefix = None,
    passage_prefix: o.PassagePrefix = None,
    passage_max_length: o.PassageMaxLength = None,
    dtype: o.Dtype = None,
    device: o.Device = None,
) -> None:
    """Measure how well an encoder aligns parallel sentences, and what queries added to the English ones change."""
    from pyserini_xqg.evaluation.alignment.vectors import RELATED, write_sentences

    found = _text(xnli, part.value, split, english, text, language)
    named = dict(o.unique("--queries", o.pairs("--queries", queries)))
    if hypotheses and HYPOTHESES in named:
        raise UsageError(f"--queries: {HYPOTHESES} is the name of those that --hypotheses takes; give another one")
    if hypotheses and not found.related:
        raise UsageError("--hypotheses goes with the premises of XNLI 1.0 or of a folder of dev-LANG.tsv")
    if encoder is None:
        if output is None:
            raise UsageError("nothing to do: give --encoder, or --output for the sentences alone")
        write_sentences(found, output)
        print(f"sentences to generate queries for: {output / 'corpus.jsonl'}")
        return
    with TemporaryDirectory() as scratch:
        folder = output or Path(scratch)
        if hypotheses:
            named[HYPOTHESES] = str(folder / RELATED)
        settings = o.encoder_settings(
            encoder,
            query_model=query_model,
            revision=revision,
            pooling=pooling.value if pooling else None,
            l2_norm=l2_norm,
            query_prefix=query_prefix,
            passage_prefix=passage_prefix,
            passage_max_length=passage_max_length,
            dtype=dtype.value if dtype else None,
        )
        from pyserini_xqg.evaluation.alignment.alignment import align as align_sentences
        from pyserini_xqg.evaluation.alignment.settings import XNLI_GROUPS, AlignmentSettings, described
        from pyserini_xqg.reporting.alignment.files import alignment_as_json, alignment_as_tsv
        from pyserini_xqg.reporting.alignment.text import alignment_as_text
        from pyserini_xqg.storage.files import write_atomically

        groups = o.groups(group)
        if xnli is not None and not groups:
            groups = {
                name: members for name, members in XNLI_GROUPS.items() if any(each in found.pairs for each in members)
            }
        asked = AlignmentSettings(
            similarities=tuple(part.strip() for part in similarity.split(",")),
            aggregate=aggregate.value,
            alphas=o.weights("--alphas", alphas) if alphas is not None else None,
            subsets=tuple(part.strip() for part in subsets.split(",")),
            num_queries=num_queries,
            folds=folds,
            seed=seed,
            groups=groups,
        )
        sources = {name: Path(path) for name, path in named.items()}
        alignment = align_sentences(found, settings, sources, folder, asked, device=device, show_progress=True)
        whole = alignment_as_json(alignment, {**described(asked), "encoder": encoder, "queries": named})
        if output is not None:
            write_atomically(output / "alignment.json", whole)
            write_atomically(output / "alignment.tsv", alignment_as_tsv(alignment))
        match output_format:
            case FormatName.TEXT:
                print(alignment_as_text(alignment))
            case FormatName.TSV:
                print(alignment_as_tsv(alignment), end="")
            case FormatName.JSON:
                print(whole, end="")


def _text(
    xnli: Path | None,
    part: str,
    split: str | None,
    english: list[str] | None,
    text: list[str] | None,
    language: list[str] | None,
) -> ParallelText:
    from pyserini_xqg.collection.datasets.line_aligned import read_line_aligned
    from pyserini_xqg.collection.datasets.xnli import read_xnli

    if (xnli is None) == (text is None) or bool(english) != bool(text):
        raise UsageError("parallel text is one of --xnli, and --english with --text: give the one or the other")
    if xnli is not None:
        found = read_xnli(xnli, part, split)
    else:
        of_language: dict[str | None, Path] = {}
        for value in english or ():
            name, sign, file = value.partition("=")
            key, path = (name.strip(), Path(file)) if sign else (None, Path(value))
            if key in of_language:
                raise UsageError(f"--english {value}: there is one already" + (f" of {key}" if key else ""))
            of_language[key] = path
        found = read_line_aligned(of_language, [(name, Path(file)) for name, file in o.pairs("--text", text)])
    chosen = o.languages(language)
    return found if chosen is None else found.only(chosen)
