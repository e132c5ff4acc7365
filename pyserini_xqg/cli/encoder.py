"""``xqg encoder``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.indexing.settings import AugmentationSettings


def encoder(
    encoder: Annotated[str, typer.Option(help="A Hugging Face or sentence-transformers model.")],
    output: Annotated[Path, typer.Option(help="The encoder folder to make.")],
    query_model: o.QueryModel = None,
    revision: o.Revision = None,
    pooling: o.Pooling = None,
    l2_norm: o.L2Norm = None,
    query_prefix: o.QueryPrefix = None,
    passage_prefix: o.PassagePrefix = None,
    query_max_length: o.QueryMaxLength = None,
    passage_max_length: o.PassageMaxLength = None,
    dtype: o.Dtype = None,
    alpha: o.Alpha = 0.01,
    aggregate: o.Aggregate = o.AggregateName.SUM,
    num_queries: o.NumQueries = None,
    normalize: o.Normalize = False,
    device: o.Device = None,
) -> None:
    """Save encoder settings in a folder, for stock pyserini.encode and pyserini.search.faiss (--encoder FOLDER)."""
    from pyserini_xqg.plugin.encoder_folder import write_encoder

    settings = o.encoder_settings(
        encoder,
        query_model=query_model,
        revision=revision,
        pooling=pooling.value if pooling else None,
        l2_norm=l2_norm,
        query_prefix=query_prefix,
        passage_prefix=passage_prefix,
        query_max_length=query_max_length,
        passage_max_length=passage_max_length,
        dtype=dtype.value if dtype else None,
    )
    augmentation = AugmentationSettings(
        alpha=alpha, aggregate=aggregate.value, num_queries=num_queries, normalize=normalize
    )
    resolved = write_encoder(settings, augmentation, output, device)
    print(f"encoder: {output}\n{resolved}")
