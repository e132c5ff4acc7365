"""Environment of a training: packages, processes that train together, device, output folder."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from pyserini_xqg.encoding.loading import choose_device
from pyserini_xqg.errors import MissingPrerequisite, UsageError, install_extra
from pyserini_xqg.storage.workspace import working_folder
from pyserini_xqg.training.common.settings import TrainerSettings

SETTINGS_FILE, CARD = "settings.toml", "README.md"
INSTALL = install_extra("train")
NEEDED = ("accelerate", "datasets", "matplotlib", "tomli_w")


def require_training_packages() -> None:
    """Check that the packages of the extra are there; none of them reports to anyone.

    Raises
    ------
    MissingPrerequisite
        One is not installed.
    """
    for variable in ("HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ.setdefault(variable, "1")
    for package in NEEDED:
        try:
            import_module(package)
        except ImportError as error:
            raise MissingPrerequisite(f"training needs the package {package} ({error}): {INSTALL}") from error


def processes() -> int:
    """How many processes train together (``accelerate launch``)."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main_process() -> bool:
    """Whether this process is the one that writes."""
    return os.environ.get("RANK", "0") == "0"


def wait_for_everyone() -> None:
    """Let all processes that train together come to this point."""
    if processes() > 1:
        accelerate: Any = import_module("accelerate")
        accelerate.PartialState().wait_for_everyone()


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


def checked_device(device: str | None) -> str:
    """The device to train on; None: the best there is.

    Raises
    ------
    UsageError
        It names one of several GPUs, which the trainer does not take.
    MissingPrerequisite
        It is not there.
    """
    if device is not None and ":" in device:
        raise UsageError(
            f"device {device}: training takes the first GPU it sees; set CUDA_VISIBLE_DEVICES={device.split(':')[1]} "
            "and leave the number out. For several: accelerate launch"
        )
    return choose_device(device)


def free_memory(device: str) -> int | None:
    """Free bytes of a GPU; None where that cannot be asked."""
    import torch

    return int(torch.cuda.mem_get_info()[0]) if device == "cuda" else None


def seed(number: int) -> None:
    """Let torch draw from the beginning."""
    import torch

    torch.manual_seed(number)


@contextmanager
def output_folder(output: Path, is_main: bool, device: str) -> Iterator[None]:
    """The working folder, locked by the process that writes; the others wait until it is."""
    if processes() == 1:
        with working_folder(output):
            yield
        return
    accelerate: Any = import_module("accelerate")
    state = accelerate.PartialState(cpu=device == "cpu")
    if is_main:
        with working_folder(output):
            state.wait_for_everyone()
            yield
    else:
        state.wait_for_everyone()
        yield
