"""Settings of a command that is run as many processes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import Literal

from pyserini_xqg.errors import UsageError

Executor = Literal["local", "slurm", "ray"]

# What may stand in a line of a batch script.
SBATCH = re.compile(r"([a-z][a-z-]*)(?:=([\w%/:@=.,&|+*\[\]-]*))?")


@dataclass(frozen=True)
class ClusterSettings:
    """How many processes do a command, and where.

    Parameters
    ----------
    executor : {"local", "slurm", "ray"} or None
        Do the work by several processes: on this machine, as an array of Slurm jobs, or on a Ray cluster. By datatrove,
        of the extra cluster. See docs/scale.md.
    tasks : int or None
        How many processes; None: as many as there are GPUs for --device cuda. Each gets an equal share of the parts.
    cpus : int or None
        Threads of a process; None: as OMP_NUM_THREADS says, else an equal share of this machine's cores, or 1 of a
        cluster's.
    gpus : int
        GPUs that Slurm or Ray gives to a process.
    memory : int
        GB that Slurm or Ray gives to a process.
    sbatch : tuple of str
        Another option of sbatch, as partition=gpu or time=12:00:00; can be repeated.

    Raises
    ------
    UsageError
        A number that cannot be, or what is no option of sbatch.
    """

    executor: Executor | None = None
    tasks: int | None = field(default=None, metadata={"metavar": "N"})
    cpus: int | None = None
    gpus: int = 0
    memory: int = 8
    sbatch: tuple[str, ...] = field(default=(), metadata={"metavar": "OPTION=VALUE"})

    def __post_init__(self) -> None:
        for name, least in (("tasks", 1), ("cpus", 1), ("gpus", 0), ("memory", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise UsageError(f"{name} is {value}: at least {least} is expected")
        for each in self.sbatch:
            if SBATCH.fullmatch(each) is None:
                raise UsageError(
                    f"sbatch is {each!r}: an option of sbatch without its dashes is expected, as time=12:00:00"
                )
        if self.executor is None and (
            given := [each.name for each in fields(self) if getattr(self, each.name) != each.default]
        ):
            raise UsageError(f"{', '.join(given)} without an executor: give --executor local, slurm or ray as well")
        if self.executor not in (None, "local") and self.tasks is None:
            raise UsageError(f"--executor {self.executor} needs --tasks: how many processes")

    @property
    def sbatch_options(self) -> dict[str, str]:
        """Options of sbatch by name."""
        pairs = (each.partition("=") for each in self.sbatch)
        return {name: value for name, _, value in pairs}
