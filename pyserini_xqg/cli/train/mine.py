"""``xqg train mine``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli._shared import Device, Encoding, encoder_settings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.options.command import Options, command, options_of
from pyserini_xqg.options.result import Result
from pyserini_xqg.training.common.config import read_config
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.mining.rules.by_name import RULES
from pyserini_xqg.training.mining.settings import MiningInputs, MiningSettings, mining_settings
from pyserini_xqg.training.retriever.settings import RetrieverSettings

# Name to what it sets otherwise than the defaults.
RECIPES = {name: rule.defaults for name, rule in RULES.items()}


@command
def mine(
    *,
    inputs: Annotated[dict[str, Any], Options(MiningInputs, panel="Data")],
    output: Path,
    rounds: Annotated[int | None, {"metavar": "N"}] = None,
    config: Path | None = None,
    settings: Annotated[dict[str, Any], Options(MiningSettings, recipes=RECIPES, layered=True)],
    encoder: str | None = None,
    encoding: Encoding,
    device: Device = None,
    dry_run: bool = False,
) -> Result:
    """Make training data by searching a corpus: hard negatives, or positives too where only answers are known.

    Parameters
    ----------
    output : Path
        The data folder to make; with --rounds the folder of all rounds.
    rounds : int or None
        Mine and train N times, each with the retriever of the one before.
    config : Path or None
        Settings as TOML, tables [mining], and of --rounds [retriever] and [data].
    encoder : str or None
        The retriever's encoder: a model, or a folder made by xqg.
    dry_run : bool
        Print counts and the estimated time, and end.

    Examples
    --------
    $ xqg train mine --recipe negatives --questions q.jsonl --corpus c.jsonl --encoder xdr --output d/
    """
    from pyserini_xqg.training.mining.mining import Mining

    of_training = {"retriever": RetrieverSettings, "data": TrainingDataSettings}
    tables = read_config(config, {"mining": MiningSettings, **of_training})
    asked, where = mining_settings(tables["mining"], settings), MiningInputs(**inputs)
    if encoder is None and encoding:
        raise UsageError(f"{options_of(encoding)}: of what encoder? Give --encoder")
    named = None if encoder is None else encoder_settings(encoder, encoding)
    if rounds is None and (tables["retriever"] or tables["data"]):
        raise UsageError(f"{config} has settings of training, and nothing is trained without --rounds: give that too")
    if dry_run:
        return Result(asdict(Mining(where, asked, named, device=device).plan(output)))
    if rounds is None:
        manifest = Mining(where, asked, named, device=device, show_progress=True).run(output)
        return Result({"training_data": output, **manifest.counts})
    from pyserini_xqg.training.mining.rounds import run_rounds

    if named is None:
        raise UsageError("--rounds trains a retriever: give --encoder, the one that it starts with")
    training = tables["retriever"], tables["data"]
    made = run_rounds(rounds, where, output, asked, named, *training, device=device, show_progress=True)
    return Result({"rounds": output, **made.counts})
