"""Local executor of datatrove, which says nothing: what its tasks print has files of its own."""

from __future__ import annotations

from typing import Any

try:
    from datatrove.executor import LocalPipelineExecutor
    from loguru import logger
except ImportError:  # who launches says so
    LocalPipelineExecutor = object


class LocalExecutor(LocalPipelineExecutor):  # type: ignore[misc]
    """Tasks on this machine, each in a process of its own."""

    def run(self) -> Any:
        """Run all tasks."""
        logger.disable("datatrove")
        return super().run()

    def _launch_run_for_rank(self, *given: Any, **options: Any) -> Any:
        logger.disable("datatrove")  # in the process of the task, too
        return super()._launch_run_for_rank(*given, **options)
