"""What every training does with its machine and its folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from pyserini_xqg.artifact import working_folder
from pyserini_xqg.encoding.loading import choose_device
from pyserini_xqg.errors import UsageError
from pyserini_xqg.training.processes import processes

SETTINGS_FILE, CARD = "settings.toml", "README.md"


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


def seed(number: int) -> None:
    """Let torch draw from the beginning."""
    import torch

    torch.manual_seed(number)


def free_memory(device: str) -> int | None:
    """Free bytes of a GPU; None where that cannot be asked."""
    import torch

    return int(torch.cuda.mem_get_info()[0]) if device == "cuda" else None


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
