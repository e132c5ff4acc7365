"""Slurm executor of datatrove, told of nothing but what was asked for."""

from __future__ import annotations

import sys
from pathlib import Path
from shlex import quote
from typing import Any

from pyserini_xqg.cluster.settings import ClusterSettings
from pyserini_xqg.cluster.task import CommandTask
from pyserini_xqg.errors import UsageError

try:
    from datatrove.executor.slurm import SlurmPipelineExecutor
except ImportError:  # who launches says so
    SlurmPipelineExecutor = object

# Options of the batch script that datatrove sets itself.
KEPT = ("job-name", "output", "error", "array", "requeue")


class SlurmExecutor(SlurmPipelineExecutor):  # type: ignore[misc]
    """An array of jobs, each of which does the share of one task.

    Parameters
    ----------
    task : CommandTask
    tasks : int
    settings : ClusterSettings
    depends : SlurmExecutor or None
        What has to be done before.
    whatever_comes : bool
        Whether that may have failed.

    Raises
    ------
    UsageError
        The place of the logs cannot stand in a batch script.
    """

    def __init__(
        self,
        task: CommandTask,
        tasks: int,
        settings: ClusterSettings,
        depends: SlurmExecutor | None = None,
        whatever_comes: bool = False,
    ):
        logs = Path(task.logs, f"slurm-{task.share}")
        if quote(str(logs)) != str(logs):
            raise UsageError(f"{logs} has letters that a batch script does not take; choose a plainer output")
        self.asked = {
            "cpus-per-task": str(settings.cpus or 1),
            "mem": f"{settings.memory}G",
            "kill-on-invalid-dep": "yes",
            **({"gpus-per-node": str(settings.gpus)} if settings.gpus else {}),
            **settings.sbatch_options,
        }
        super().__init__(
            pipeline=[task],
            tasks=tasks,
            time="",
            partition="",
            job_name=f"xqg-{task.share}",
            env_command=f"export PATH={quote(str(Path(sys.executable).parent))}:$PATH",
            logging_dir=str(logs),
            depends=depends,
            run_on_dependency_fail=whatever_comes,
            skip_completed=False,
            with_srun=False,
        )

    def get_sbatch_args(self, max_array: int = 1) -> dict[str, Any]:
        """The options of the batch script."""
        named: dict[str, Any] = super().get_sbatch_args(max_array)
        return {name: named[name] for name in KEPT if name in named} | self.asked

    def launch_merge_stats(self) -> None:
        """Launch no job for statistics, of which there are none."""
