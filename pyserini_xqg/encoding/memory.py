"""Out of memory: recognised on any device, and mended by smaller batches."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from pyserini_xqg.errors import XqgError

Result = TypeVar("Result")

log = logging.getLogger("pyserini_xqg")


def out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory ran out, on whatever device and from whatever library."""
    import torch

    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(
        said in str(error) for said in ("out of memory", "can't allocate memory")
    )


def in_halves(
    run: Callable[[slice], Result],
    start: int,
    stop: int,
    too_large: Callable[[int], str],
    unit: str = "passages",
) -> list[Result]:
    """Run a batch, whole or, as often as memory runs out, in halves.

    Parameters
    ----------
    run : callable
        Takes which of the items to run.
    start, stop : int
        The items of the batch: at least one.
    too_large : callable
        The message, where the item of that number alone is too much.
    unit : str
        What items are called in warnings.

    Returns
    -------
    list
        What `run` gave for each piece, in order: one where memory sufficed.

    Raises
    ------
    XqgError
        Memory runs out on one item.
    """
    try:
        return [run(slice(start, stop))]
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        if stop - start == 1:
            raise XqgError(too_large(start)) from error
    # Out of the except block: the error holds on to all that the attempt had in memory.
    import torch

    log.warning("out of memory at %d %s; going on with half as many", stop - start, unit)
    torch.cuda.empty_cache()
    middle = start + (stop - start) // 2
    return in_halves(run, start, middle, too_large, unit) + in_halves(run, middle, stop, too_large, unit)
