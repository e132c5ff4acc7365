"""LoRA (Hu et al., 2022) by peft: added to a base, merged into its weights, kept beside them."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import MissingPrerequisite, UsageError
from pyserini_xqg.generation.backends.loading import ModelKind
from pyserini_xqg.training.common.environment import INSTALL
from pyserini_xqg.training.generator.settings import GeneratorSettings

FILES = ("adapter_config.json", "adapter_model.safetensors")


def add_lora(base: Any, settings: GeneratorSettings, kind: ModelKind) -> Any:
    """The base with dimensions to train beside its layers.

    Parameters
    ----------
    base : PreTrainedModel
    settings : GeneratorSettings
    kind : {"sequence-to-sequence", "causal language"}

    Returns
    -------
    PeftModel

    Raises
    ------
    MissingPrerequisite
        peft is not installed.
    UsageError
        The base has no such layers.
    """
    peft = _peft()
    targets = settings.lora_targets
    config = peft.LoraConfig(
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules="all-linear" if targets == ("all-linear",) else list(targets),
        task_type="SEQ_2_SEQ_LM" if kind == "sequence-to-sequence" else "CAUSAL_LM",
    )
    try:
        with _no_notice():
            return peft.get_peft_model(base, config)
    except ValueError as error:  # no such layer
        raise UsageError(f"LoRA cannot be added to {settings.base}: {str(error).splitlines()[0]}") from error


def merged(base: Any, checkpoint: Path) -> Any:
    """The base with what a checkpoint adds in its weights, in the base's precision."""
    held = base.dtype
    with _no_notice():
        adapted = _peft().PeftModel.from_pretrained(base, str(checkpoint)).float()  # added up in float32
        return adapted.merge_and_unload().to(held)


def copy_adapter(checkpoint: Path, folder: Path) -> None:
    """Put what was added into a folder of its own, as peft reads it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in FILES:
        shutil.copy(checkpoint / name, folder / name)


def _peft() -> Any:
    try:
        return import_module("peft")
    except ImportError as error:
        raise MissingPrerequisite(f"LoRA needs the package peft ({error}): {INSTALL}") from error


@contextmanager
def _no_notice() -> Iterator[None]:
    """Without what peft and transformers say to those who write programs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        # mT5's two matrices are no news.
        warnings.filterwarnings("ignore", message="Input and output embeddings are no longer tied")
        yield
