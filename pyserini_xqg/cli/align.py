"""``xqg align``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from pyserini_xqg.cli._shared import ENCODER, Device, encoder_settings
from pyserini_xqg.collection.datasets.parallel_files import ParallelFiles
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.alignment.settings import XNLI_GROUPS, AlignmentSettings, described
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result

QUERIES, OUTPUT = {"panel": "Queries of the English sentences"}, {"panel": "Output"}
HYPOTHESES = "hypotheses"


@command
def align(
    *,
    encoder: str | None = None,
    files: Annotated[dict[str, Any], Options(ParallelFiles)],
    queries: Annotated[Mapping[str, str] | None, {"metavar": "NAME=PATH", **QUERIES}] = None,
    hypotheses: Annotated[bool, QUERIES] = False,
    settings: Annotated[dict[str, Any], Options(AlignmentSettings)],
    output: Annotated[Path | None, OUTPUT] = None,
    output_format: Annotated[Literal["text", "tsv"], {"option": "--format", **OUTPUT}] = "text",
    encoding: Annotated[
        dict[str, Any],
        Options(EncoderSettings, without=["model", "query_max_length", "query_form"], layered=True, panel=ENCODER),
    ],
    device: Device = None,
) -> Result:
    """Measure how well an encoder aligns parallel sentences, and what queries added to the English ones change.

    Parameters
    ----------
    encoder : str or None
        The encoder to measure: a model, or a folder made by xqg; None: only write the sentences to --output.
    queries : mapping or None
        Queries generated for corpus.jsonl of --output, with a name; repeated.
    hypotheses : bool
        With XNLI's premises: take their hypotheses in the other languages for queries, as a reference.
    output : Path or None
        A folder for corpus.jsonl, vectors, alignment.json and alignment.tsv; a stopped run goes on from it.
    output_format : {"text", "tsv"}
        Form of what is printed.

    Examples
    --------
    $ xqg align --encoder models/xdr --xnli xnli.dev.tsv --language sw,ur
    """
    from pyserini_xqg.evaluation.alignment.vectors import RELATED, write_sentences

    found = ParallelFiles(**files).read()
    named = dict(queries or {})
    if hypotheses and HYPOTHESES in named:
        raise UsageError(f"--queries: {HYPOTHESES} is the name of those that --hypotheses takes; give another one")
    if hypotheses and not found.related:
        raise UsageError("--hypotheses goes with the premises of XNLI 1.0 or of a folder of dev-LANG.tsv")
    if encoder is None:
        if output is None:
            raise UsageError("nothing to do: give --encoder, or --output for the sentences alone")
        write_sentences(found, output)
        corpus = output / "corpus.jsonl"
        return Result({"corpus": corpus}, f"sentences to generate queries for: {corpus}")
    with TemporaryDirectory() as scratch:
        folder = output or Path(scratch)
        if hypotheses:
            named[HYPOTHESES] = str(folder / RELATED)
        encoder_to_measure = encoder_settings(encoder, encoding)
        from pyserini_xqg.evaluation.alignment.alignment import align as align_sentences
        from pyserini_xqg.reporting.alignment.files import alignment_as_tsv, alignment_object
        from pyserini_xqg.reporting.alignment.text import alignment_as_text
        from pyserini_xqg.storage.files import write_atomically

        if "xnli" in files and "groups" not in settings:
            settings["groups"] = {
                name: members for name, members in XNLI_GROUPS.items() if any(each in found.pairs for each in members)
            }
        asked = AlignmentSettings(**settings)
        sources = {name: Path(path) for name, path in named.items()}
        alignment = align_sentences(
            found, encoder_to_measure, sources, folder, asked, device=device, show_progress=True
        )
        whole = alignment_object(alignment, {**described(asked), "encoder": encoder, "queries": named})
        if output is not None:
            whole_text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
            write_atomically(output / "alignment.json", whole_text)
            write_atomically(output / "alignment.tsv", alignment_as_tsv(alignment))
        return Result(whole, alignment_as_text(alignment) if output_format == "text" else alignment_as_tsv(alignment))
