"""Trainer arguments of transformers, one GPU a process, and tokenizers as they were."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from pyserini_xqg.training.common.settings import TrainerSettings

# What a tokenizer's file keeps of its last call, and of how it was read.
OF_CALLS = ("max_length", "stride", "truncation_strategy", "pad_to_multiple_of", "is_local", "local_files_only")


def trainer_arguments(settings: TrainerSettings, place: Path, steps: int, device: str | None) -> dict[str, Any]:
    """What transformers' trainer is told in every training.

    Parameters
    ----------
    settings : TrainerSettings
    place : Path
        For checkpoints.
    steps : int
        In all.
    device : str or None
    """
    return {
        "output_dir": str(place),
        "learning_rate": settings.learning_rate,
        "warmup_steps": math.ceil(settings.warmup_ratio * steps),
        "lr_scheduler_type": "linear",
        "optim": "adamw_torch",
        "weight_decay": settings.weight_decay,
        "max_grad_norm": settings.max_grad_norm,
        "seed": settings.seed,
        "bf16": settings.precision == "bf16",
        "use_cpu": device == "cpu",
        "logging_strategy": "steps",
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        # Our own callback says when.
        "eval_strategy": "no",
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
    }


def use_one_gpu(arguments: Any) -> None:
    """Several GPUs are several processes; without them one is used, never torch's DataParallel."""
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1


def forget_calls(tokenizer: Any) -> None:
    """Take out of a tokenizer what the last call left in it, such as the maximum length of a question."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        backend.no_truncation()
        backend.no_padding()
    for name in OF_CALLS:
        tokenizer.init_kwargs.pop(name, None)
