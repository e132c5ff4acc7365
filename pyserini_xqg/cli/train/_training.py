"""Parameters that the commands of ``xqg train`` share, options that a file can give instead, and what is printed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.errors import UsageError
from pyserini_xqg.options.result import Result

Output = Annotated[Path, {"help": "The model folder to make."}]
DryRun = Annotated[bool, {"help": "Print counts, steps and memory, and end."}]


def require(name: str, given: Mapping[str, Any], table: Mapping[str, Any]) -> None:
    """Refuse a command without an option that the file of ``--config`` does not have either."""
    if name not in given and name not in table:
        raise UsageError(f"--{name} is missing: give it, or {name} in the file of --config")


def train_or_plan(training: Any, output: Path, plan: Mapping[str, Any] | None) -> Result:
    """Train, and print the model's folder, its steps and its scores on dev; where there is a plan, print that alone."""
    if plan is not None:
        return Result(dict(plan))
    from pyserini_xqg.training.common.environment import is_main_process

    manifest = training.run(output, show_progress=True)
    values = {"model": output, "steps": manifest.details["steps"], **manifest.details["dev"]}
    return Result(values) if is_main_process() else Result({}, "")
