"""Launch of a command as many processes, and what is said of them at the end."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyserini_xqg.cluster.settings import ClusterSettings
from pyserini_xqg.cluster.task import CommandTask, failure, without_options
from pyserini_xqg.errors import MissingPrerequisite, install_extra
from pyserini_xqg.storage.finishing import taken_folders
from pyserini_xqg.storage.workspace import partial_folder, real_place

OPTIONS = ("--executor", "--tasks", "--cpus", "--gpus", "--memory", "--sbatch")

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True)
class Launch:
    """A command to be done by many processes.

    Parameters
    ----------
    settings : ClusterSettings
    output : Path
        What it makes; logs go beside it, to ``NAME.logs``.
    words : list of str
        The words after ``xqg``, those of `settings` among them.
    device : str or None
        What the command is told of devices.
    prepares : bool
        Whether the command has ``--prepare``, a step before the shares.
    """

    settings: ClusterSettings
    output: Path
    words: list[str]
    device: str | None
    prepares: bool

    def run(self) -> Mapping[str, Any]:
        """Do it, or hand it to Slurm; what is to be said of it.

        Raises
        ------
        MissingPrerequisite
            datatrove, or Ray, is not installed.
        XqgError
            A process failed, or does not end well.
        """
        try:
            import datatrove.executor  # noqa: F401
        except ImportError as error:
            raise MissingPrerequisite(
                f"datatrove is not installed, which starts the processes: {install_extra('cluster')}. Or start them "
                "yourself with --shard 1/8, --shard 2/8, ..."
            ) from error
        self._logs.mkdir(parents=True, exist_ok=True)
        for left in self._logs.glob("*.failed"):  # by a run of before, perhaps with other shares
            left.unlink()
        if self.settings.executor == "slurm":
            return self._submitted()
        self._by_ray() if self.settings.executor == "ray" else self._locally()
        for failed in sorted(self._logs.glob("*.failed")):
            raise failure(failed)
        # As where two ended at once, and neither saw the other's last part, or one was killed in its last moment.
        if partial_folder(self.output).exists() or taken_folders(self.output):
            self._task("finish")(None, 0, 1)
        shutil.rmtree(self._logs)
        return {}

    @property
    def _logs(self) -> Path:
        place = real_place(self.output)
        return place.with_name(f"{place.name}.logs").absolute()

    def _task(self, share: str, **options: Any) -> CommandTask:
        flags = ("--json",) if share == "prepare" else ("--json", "--verify")
        command = tuple(without_options(self.words, OPTIONS, flags))
        return CommandTask(command, share, str(Path.cwd()), str(self._logs), **options)

    def _locally(self) -> None:
        from pyserini_xqg.cluster.local import LocalExecutor

        devices = cuda_devices() if self.device == "cuda" else ()
        tasks = self.settings.tasks or len(devices) or 1
        options: dict[str, Any] = {"threads": self._threads(tasks), "devices": devices, "raises": False}
        if self.prepares:
            self._task("prepare", **options | {"raises": True})(None, 0, 1)  # what is wrong is said once
        log.info("%d processes are at work; what they print is in %s", tasks, self._logs)
        LocalExecutor([self._task("shard", **options)], tasks, logging_dir=str(self._logs), skip_completed=False).run()

    def _threads(self, tasks: int) -> int | None:
        if self.settings.cpus is None and "OMP_NUM_THREADS" in os.environ:
            return None
        return self.settings.cpus or max(1, len(os.sched_getaffinity(0)) // tasks)

    def _by_ray(self) -> None:
        try:
            import ray
        except ImportError as error:
            raise MissingPrerequisite(f"Ray is not installed: {install_extra('ray')}") from error
        from datatrove.executor import RayPipelineExecutor
        from loguru import logger

        logger.disable("datatrove")
        log.info("what the processes print is in %s", self._logs)
        assert self.settings.tasks is not None
        cpus = self.settings.cpus or 1
        ray.init(ignore_reinit_error=True, log_to_driver=False)
        try:
            for share, tasks in (("prepare", 1), ("shard", self.settings.tasks))[0 if self.prepares else 1 :]:
                RayPipelineExecutor(
                    [self._task(share, threads=cpus)],
                    tasks,
                    logging_dir=str(self._logs / f"ray-{share}"),
                    skip_completed=False,
                    cpus_per_task=cpus,
                    gpus_per_task=self.settings.gpus,
                    mem_per_cpu_gb=self.settings.memory / cpus,
                ).run()
                if list(self._logs.glob("*.failed")):
                    return
        finally:
            ray.shutdown()

    def _submitted(self) -> Mapping[str, Any]:
        if shutil.which("sbatch") is None:
            raise MissingPrerequisite("sbatch is not there: run this where jobs are submitted to Slurm")
        from pyserini_xqg.cluster.slurm import SlurmExecutor

        assert self.settings.tasks is not None
        threads = self.settings.cpus or 1
        before = SlurmExecutor(self._task("prepare", threads=threads), 1, self.settings) if self.prepares else None
        shards = SlurmExecutor(self._task("shard", threads=threads), self.settings.tasks, self.settings, before)
        finish = SlurmExecutor(self._task("finish", threads=threads), 1, self.settings, shards, whatever_comes=True)
        finish.run()
        log.info("the jobs are submitted; where they are: squeue, what they print: %s", self._logs)
        jobs = (each.job_id for each in (before, shards, finish) if each is not None)
        return {"jobs": ",".join(jobs), "logs": self._logs}


def cuda_devices() -> tuple[str, ...]:
    """All GPUs of this machine."""
    import torch

    return tuple(f"cuda:{number}" for number in range(torch.cuda.device_count()))
