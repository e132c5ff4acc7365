"""Lack of memory, which a smaller batch can mend."""

from __future__ import annotations

import torch


def out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory ran out, on whatever device and from whatever library."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(
        said in str(error) for said in ("out of memory", "can't allocate memory")
    )
