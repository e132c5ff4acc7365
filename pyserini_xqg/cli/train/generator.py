"""``xqg train generator``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli._shared import Device
from pyserini_xqg.cli.train._training import DryRun, Output, require, train_or_plan
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result
from pyserini_xqg.training.common.config import layered, read_config
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.generator.settings import GENERATOR_RECIPES, GeneratorSettings, generator_settings


@command
def generator(
    *,
    output: Output,
    config: Path | None = None,
    data: Annotated[dict[str, Any], Options(TrainingDataSettings, without=["dev_corpus"], layered=True)],
    settings: Annotated[dict[str, Any], Options(GeneratorSettings, recipes=GENERATOR_RECIPES, layered=True)],
    device: Device = None,
    dry_run: DryRun = False,
) -> Result:
    """Train a query generator on questions with their passages; the paper's mT5 if nothing else is said.

    Parameters
    ----------
    config : Path or None
        Settings as TOML, tables [generator] and [data]; options override it.

    Examples
    --------
    $ xqg train generator --train train.jsonl --dev dev.jsonl --output models/generator
    """
    from pyserini_xqg.training.generator.training import GeneratorTraining

    tables = read_config(config, {"generator": GeneratorSettings, "data": TrainingDataSettings})
    require("train", data, tables["data"])
    recipe = settings.get("recipe") or tables["generator"].get("recipe") or GeneratorSettings.recipe
    if "base" not in GENERATOR_RECIPES.get(recipe, {}):
        require("base", settings, tables["generator"])
    whole = generator_settings(tables["generator"], settings)
    training = GeneratorTraining(layered(TrainingDataSettings, tables["data"], data), whole, device)
    return train_or_plan(training, output, asdict(training.plan()) if dry_run else None)
