"""Generation, scoring and filtering of queries in one go."""

from __future__ import annotations

from pathlib import Path

from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.builder import XqgQueryBuilder
from pyserini_xqg.generation.filtering.filtering import FilterSettings, filter_queries
from pyserini_xqg.generation.filtering.scoring import score_queries
from pyserini_xqg.storage.manifest import MANIFEST, Manifest
from pyserini_xqg.storage.workspace import partial_folder


def build_filtered(
    builder: XqgQueryBuilder,
    corpus: Path,
    output: Path,
    encoder: str,
    settings: FilterSettings,
    device: str | None = None,
) -> Manifest:
    """Make a queries folder of the best queries; all of them, and their scores, stay beside it.

    Parameters
    ----------
    builder : XqgQueryBuilder
        Writes the queries.
    corpus : Path
        The passages: a file or folder.
    output : Path
        The queries folder to make.
    encoder : str
        The retriever's, whose scores decide.
    settings : FilterSettings
    device : str or None
        A torch device for the encoder.

    Raises
    ------
    UsageError
        Queries in other languages were filtered here before.
    XqgError
        See :func:`~pyserini_xqg.generation.filtering.scoring.score_queries`.
    """
    everything, scored = (partial_folder(output).with_suffix(f".{stage}") for stage in ("unfiltered", "scored"))
    if (scored / MANIFEST).exists() and set(builder.languages) - set(Manifest.read(scored).counts["queries"]):
        raise UsageError(
            f"{scored} holds the scores of other languages, and a filtered folder cannot be extended: run xqg generate "
            f"without --keep on {everything}, then xqg score and xqg filter into new folders"
        )
    builder.build(corpus, everything)
    score_queries(corpus, everything, encoder, scored, device=device, show_progress=True)
    return filter_queries(scored, settings, output)
