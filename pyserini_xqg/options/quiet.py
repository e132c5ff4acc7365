"""``--quiet``: a command without its progress, notes and warnings."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator

QUIET_HELP = "Show no progress, notes or warnings; errors and results stay."


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Throw away what is written to standard error, by this process, its libraries in C and processes it starts.

    Errors are exceptions, which leave the block and are told by whoever catches them.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    logging.disable(logging.WARNING)
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stderr(nowhere):  # noqa: PTH123
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        logging.disable(logging.NOTSET)
