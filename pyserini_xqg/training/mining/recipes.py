"""Recipes of mining, each a function: :func:`mine_sentri`, :func:`mine_cora`, :func:`mine_negatives`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.training.mining.mining import mine
from pyserini_xqg.training.mining.settings import MiningInputs, mining_settings


def mine_sentri(
    inputs: MiningInputs,
    output: str | Path,
    encoder: EncoderSettings | str | Path | None = None,
    *,
    device: str | None = None,
    show_progress: bool = False,
    **settings: Any,
) -> Manifest:
    """Sentri (Sorokin et al., NAACL 2022): what the encoder finds is a positive where it holds an answer, else a hard
    negative.

    Parameters
    ----------
    inputs : MiningInputs
        Questions with answers; positives of their own stay.
    output : str or Path
        The data folder to make.
    encoder : EncoderSettings or str or Path or None
        Of questions and passages; None: the index names it.
    device, show_progress
        As for :func:`pyserini_xqg.training.mine`, whose errors these are too.
    **settings
        Of :class:`pyserini_xqg.training.MiningSettings`.
    """
    asked = mining_settings({"recipe": "sentri"}, settings)
    return mine(inputs, output, asked, encoder, device=device, show_progress=show_progress)


def mine_cora(
    inputs: MiningInputs,
    output: str | Path,
    encoder: EncoderSettings | str | Path | None = None,
    *,
    reader: str | Path,
    device: str | None = None,
    show_progress: bool = False,
    **settings: Any,
) -> Manifest:
    """CORA (Asai et al., NeurIPS 2021): a reader answers from each found passage alone; where its answer is the right
    one the passage is a positive, else a hard negative.

    Parameters
    ----------
    inputs : MiningInputs
        Questions with answers; positives of their own stay.
    output : str or Path
        The data folder to make.
    encoder : EncoderSettings or str or Path or None
        Of questions and passages; None: the index names it.
    reader : str or Path
        A sequence-to-sequence or causal model: a folder or Hugging Face id.
    device, show_progress
        As for :func:`pyserini_xqg.training.mine`, whose errors these are too.
    **settings
        Of :class:`pyserini_xqg.training.MiningSettings`.
    """
    asked = mining_settings({"recipe": "cora", "reader": reader}, settings)
    return mine(inputs, output, asked, encoder, device=device, show_progress=show_progress)


def mine_negatives(
    inputs: MiningInputs,
    output: str | Path,
    encoder: EncoderSettings | str | Path | None = None,
    *,
    source: Literal["retriever", "bm25"] = "retriever",
    device: str | None = None,
    show_progress: bool = False,
    **settings: Any,
) -> Manifest:
    """Hard negatives for questions that have positives: what a search finds, less what holds an answer or scores too
    near to the positive.

    Parameters
    ----------
    inputs : MiningInputs
        Questions with positives, which stay.
    output : str or Path
        The data folder to make.
    encoder : EncoderSettings or str or Path or None
        The current retriever; with BM25 it only scores what was found, for the margin.
    source : {"retriever", "bm25"}
    device, show_progress
        As for :func:`pyserini_xqg.training.mine`, whose errors these are too.
    **settings
        Of :class:`pyserini_xqg.training.MiningSettings`.
    """
    asked = mining_settings({"recipe": "negatives", "source": source}, settings)
    return mine(inputs, output, asked, encoder, device=device, show_progress=show_progress)
