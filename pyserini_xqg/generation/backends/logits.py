"""Logits of a decoder-only model: of the last positions only, where it can leave out the others."""

from __future__ import annotations

from collections.abc import Container

import torch


def last_logits(takes: Container[str], number: int, device: str | None = None) -> dict[str, torch.Tensor]:
    """The argument that asks for the logits of the last positions.

    It names them one by one. Of a number of them the model would take a view, for which torch, in bfloat16 on a CPU,
    multiplies each row with a copy of the whole vocabulary's matrix; of positions it takes a copy.

    Parameters
    ----------
    takes : container of str
        The parameters of the model's ``forward``.
    number : int
        How many.
    device : str or None

    Returns
    -------
    dict of str to tensor
        Empty where the model takes no such argument, and works all logits out.
    """
    return {"logits_to_keep": torch.arange(-number, 0, device=device)} if "logits_to_keep" in takes else {}
