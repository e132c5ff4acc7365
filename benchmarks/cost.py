"""What a process of Python costs: processor time, wall time, and memory at its largest."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """CPU-seconds (user and system), seconds on the clock, and bytes at its largest."""

    cpu: float
    wall: float
    memory: int


def cost_of(arguments: Sequence[str], folder: Path, threads: int) -> Cost:
    """The cost of ``python ARGUMENTS`` run in `folder`, with as many threads; relative names keep stock's guesses by
    path out of the way. Ends this process where that one fails.
    """
    count = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    with (folder / "log").open("w+") as log:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **count, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"},
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            sys.exit(f"{' '.join(arguments)} ended with {process.returncode}:\n{log.read()[-3000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * unit)
