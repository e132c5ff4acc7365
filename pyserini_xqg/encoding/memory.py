"""Out of memory: recognised on any device, and mended by smaller batches."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import TypeVar

from pyserini_xqg.errors import XqgError

Result = TypeVar("Result")

# What libraries that have no error of their own for it say, in lower case: CUDA and MPS, torch's allocators on Linux
# and on Windows, cuBLAS and cuDNN, C++.
SAID = ("out of memory", "can't allocate memory", "not enough memory", "_alloc_failed", "bad_alloc")

log = logging.getLogger("pyserini_xqg")


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on whatever device and from whatever library.

    This is the one way to know it.
    """
    torch = sys.modules.get("torch")  # where it was not loaded, it has run out of nothing
    if isinstance(error, MemoryError | getattr(torch, "OutOfMemoryError", MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(said in str(error).lower() for said in SAID)


class MemoryLimit:
    """What has turned out to fit into memory.

    Batches run whole until memory runs out at one. From then on none is as large again: that batch and all later ones
    run in pieces of half its size at most.
    """

    def __init__(self) -> None:
        self._tokens: int | None = None

    def within(self, budget: int) -> int:
        """`budget`, in tokens, or what has turned out to fit where that is less."""
        return budget if self._tokens is None else min(budget, self._tokens)

    def run(
        self,
        run: Callable[[slice], Result],
        items: int,
        tokens: int,
        too_large: Callable[[int], str],
        unit: str = "passages",
    ) -> list[Result]:
        """Run a batch, whole or in pieces.

        Parameters
        ----------
        run : callable
            Takes which of the items to run.
        items : int
            How many there are: at least one.
        tokens : int
            How many each of them takes in memory, padding and what is to be written included.
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
        found: list[Result] = []
        start = 0
        while start < items:
            most = items if self._tokens is None else max(1, self._tokens // tokens)
            stop = min(start + most, items)
            try:
                found.append(run(slice(start, stop)))
            except Exception as error:
                if not out_of_memory(error):
                    raise
                if stop - start == 1:
                    raise XqgError(too_large(start)) from error
            else:
                start = stop
                continue
            # Out of the except block: the error holds on to all that the attempt had in memory.
            self._shrink(stop - start, tokens, unit)
        return found

    def _shrink(self, items: int, tokens: int, unit: str) -> None:
        import torch

        log.warning("out of memory at %d %s; going on with half as many", items, unit)
        torch.cuda.empty_cache()
        self._tokens = items // 2 * tokens
