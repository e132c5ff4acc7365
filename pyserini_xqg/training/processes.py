"""The processes that train together (``accelerate launch``), and each one's share."""

from __future__ import annotations

import math
import os
from importlib import import_module
from typing import Any

from pyserini_xqg.errors import UsageError
from pyserini_xqg.training.settings import TrainerSettings


def processes() -> int:
    """How many processes train together (``accelerate launch``)."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main_process() -> bool:
    """Whether this process is the one that writes."""
    return os.environ.get("RANK", "0") == "0"


def batch_size_of_a_process(settings: TrainerSettings) -> int:
    """The share of the batch that one process has.

    Raises
    ------
    UsageError
        The batch cannot be shared out.
    """
    size, rest = divmod(settings.batch_size, processes())
    if rest or not size:
        raise UsageError(
            f"a batch of {settings.batch_size} cannot be shared by {processes()} processes; choose a multiple"
        )
    return size


def steps_of_an_epoch(batches: int) -> int:
    """Steps that the batches of an epoch make for all processes together."""
    return math.ceil(batches / processes())


def wait_for_everyone() -> None:
    """Let all processes that train together come to this point."""
    if processes() > 1:
        accelerate: Any = import_module("accelerate")
        accelerate.PartialState().wait_for_everyone()
