"""``xqg train distill``."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli._shared import Device
from pyserini_xqg.cli.train._training import DryRun, Output, require, train_or_plan
from pyserini_xqg.errors import UsageError
from pyserini_xqg.options.command import Options, command, options_of
from pyserini_xqg.options.result import Result
from pyserini_xqg.training.common.config import layered, read_config
from pyserini_xqg.training.distillation.settings import (
    RECIPE_SETTINGS,
    DistillDataSettings,
    DrDecrSettings,
    QuickSettings,
    distill_settings,
)


@command
def distill(
    *,
    output: Output,
    config: Path | None = None,
    settings: Annotated[dict[str, Any], Options(QuickSettings, DrDecrSettings, layered=True)],
    data: Annotated[dict[str, Any], Options(DistillDataSettings, layered=True)],
    device: Device = None,
    dry_run: DryRun = False,
) -> Result:
    """Train a bi-encoder by a teacher, which ranks each question's candidates.

    Parameters
    ----------
    config : Path or None
        Settings as TOML, tables [quick] or [dr-decr], and [data]; options override it.

    Examples
    --------
    $ xqg train distill --recipe quick --train t.jsonl --teacher gen --base xdr --output models/quick
    """
    from pyserini_xqg.training.distillation.by_name import TRAININGS
    from pyserini_xqg.training.distillation.training import plan_values

    tables = read_config(config, {**RECIPE_SETTINGS, "data": DistillDataSettings})
    named = [name for name in RECIPE_SETTINGS if tables[name]]
    recipe = settings.pop("recipe", None) or (named[0] if len(named) == 1 else None)
    if recipe is None:
        raise UsageError(f"--recipe is missing: one of {', '.join(RECIPE_SETTINGS)}")
    own = {field.name for field in fields(RECIPE_SETTINGS[recipe])}
    if wrong := sorted(settings.keys() - own):
        raise UsageError(f"{options_of(wrong[:1], *RECIPE_SETTINGS.values())} is no option of the recipe {recipe}")
    require("base", settings, tables[recipe])
    require("teacher", settings, tables[recipe])
    require("train", data, tables["data"])
    whole = distill_settings(recipe, tables[recipe], settings)
    training: Any = TRAININGS[recipe](layered(DistillDataSettings, tables["data"], data), whole, device)
    return train_or_plan(training, output, plan_values(training) if dry_run else None)
