"""Share of a command as a step of a datatrove pipeline: the command itself, in a process of its own.

A model in the process of a pool would hang the pool when it is killed, as by the system where memory runs out. A
process that is started has an exit code, whatever ends it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from pyserini_xqg.errors import XqgError

EXIT_CODES = range(2, 8)


@dataclass(frozen=True)
class CommandTask:
    """A command of ``xqg``, of which each task does its share.

    Parameters
    ----------
    command : tuple of str
        The words after ``xqg``.
    share : str
        What is added: ``shard`` (``--shard 2/8`` for the second of eight tasks), ``prepare`` or ``finish``.
    folder, logs : str
        Where it is run, and where what it prints goes: ``shard-2-of-8.log``.
    threads : int or None
        Of each process; None: as the environment says.
    devices : tuple of str
        Are dealt out in turn; none: as the command says.
    raises : bool
        Whether a process that fails fails the task. Else it leaves ``shard-2-of-8.failed``.
    """

    command: tuple[str, ...]
    share: str
    folder: str
    logs: str
    threads: int | None = None
    devices: tuple[str, ...] = ()
    raises: bool = True

    def __call__(self, data: Any, rank: int, world_size: int) -> None:
        """Run the share of a task, from 0 on, of so many."""
        name = f"shard-{rank + 1}-of-{world_size}" if self.share == "shard" else self.share
        log, failed = Path(self.logs, f"{name}.log"), Path(self.logs, f"{name}.failed")
        failed.unlink(missing_ok=True)
        with log.open("ab") as printed:
            process = subprocess.Popen(
                [sys.executable, "-m", "pyserini_xqg", *self.words(rank, world_size)],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, **({} if self.threads is None else {"OMP_NUM_THREADS": str(self.threads)})},
            )
            code = _ended(process)
        if code:
            said = f"{name} ended with {code}: {_last_line(log) or 'nothing is said'} (see {log})"
            failed.write_text(f"{code} {said}\n", encoding="utf-8")
            if self.raises:
                raise failure(failed)

    def words(self, rank: int, world_size: int) -> list[str]:
        """The words after ``xqg`` of a task."""
        words = [*self.command, f"--{self.share}"]
        if self.share == "shard":
            words.append(f"{rank + 1}/{world_size}")
        if self.devices:
            words = [*without_options(words, ("--device",)), "--device", self.devices[rank % len(self.devices)]]
        return words


def failure(failed: Path) -> XqgError:
    """The error that a process has left, with its exit code where it is one of ours."""
    code, _, said = failed.read_text(encoding="utf-8").strip().partition(" ")
    error = XqgError(f"{said}; the same command goes on where this one was")
    error.exit_code = int(code) if int(code) in EXIT_CODES else XqgError.exit_code
    return error


def without_options(words: list[str], options: tuple[str, ...], flags: tuple[str, ...] = ()) -> list[str]:
    """The words of a command line but for some options, which have a value, and flags, which have none."""
    left, is_value = [], False
    for word in words:
        if is_value:
            is_value = False
        elif word in options:
            is_value = True
        elif word not in flags and not word.startswith(tuple(f"{option}=" for option in options)):
            left.append(word)
    return left


def _ended(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process, which ends with this one where that is asked to end."""

    def pass_on(number: int, _: FrameType | None) -> None:
        process.terminate()
        process.wait()
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, pass_on)
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
        signal.signal(signal.SIGTERM, before)


def _last_line(log: Path) -> str:
    with log.open("rb") as handle:
        handle.seek(max(0, log.stat().st_size - 4096))
        # A progress bar overwrites its line.
        lines = handle.read().decode("utf-8", errors="replace").replace("\r", "\n").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
