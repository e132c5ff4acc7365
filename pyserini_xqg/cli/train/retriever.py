"""``xqg train retriever``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli._shared import Device
from pyserini_xqg.cli.train._training import DryRun, Output, require, train_or_plan
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result
from pyserini_xqg.training.common.config import layered, read_config
from pyserini_xqg.training.retriever.settings import (
    RECIPES,
    RetrieverDataSettings,
    RetrieverSettings,
    retriever_settings,
)


@command
def retriever(
    *,
    output: Output,
    config: Path | None = None,
    data: Annotated[dict[str, Any], Options(RetrieverDataSettings, layered=True)],
    settings: Annotated[dict[str, Any], Options(RetrieverSettings, recipes=RECIPES, layered=True)],
    device: Device = None,
    dry_run: DryRun = False,
) -> Result:
    """Train a bi-encoder on questions, their passages and others; the paper's xDR if nothing else is said.

    Parameters
    ----------
    config : Path or None
        Settings as TOML, tables [retriever] and [data]; options override it.

    Examples
    --------
    $ xqg train retriever --train train.jsonl --base bert-base-multilingual-cased --output models/xdr
    """
    from pyserini_xqg.training.retriever.training import RetrieverTraining

    tables = read_config(config, {"retriever": RetrieverSettings, "data": RetrieverDataSettings})
    require("base", settings, tables["retriever"])
    require("train", data, tables["data"])
    whole = retriever_settings(tables["retriever"], settings)
    training = RetrieverTraining(layered(RetrieverDataSettings, tables["data"], data), whole, device)
    return train_or_plan(training, output, {**asdict(training.plan()), **training.more_counts()} if dry_run else None)
