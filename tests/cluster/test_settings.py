from __future__ import annotations

import pytest

from pyserini_xqg.cluster.settings import ClusterSettings
from pyserini_xqg.errors import UsageError


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"executor": "local", "tasks": 0}, "tasks is 0: at least 1 is expected"),
        ({"executor": "slurm"}, "--executor slurm needs --tasks"),
        ({"tasks": 3}, "tasks without an executor: give --executor"),
        (
            {"executor": "slurm", "tasks": 2, "sbatch": ("time=1:00\nrm -r x",)},
            "an option of sbatch without its dashes",
        ),
        ({"executor": "slurm", "tasks": 2, "sbatch": ("--time=1:00",)}, "an option of sbatch without its dashes"),
    ],
)
def test_what_cannot_be_is_refused(given: dict, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ClusterSettings(**given)


def test_options_of_sbatch_are_named() -> None:
    settings = ClusterSettings("slurm", 8, sbatch=("time=12:00:00", "gres=gpu:a100:1", "exclusive"))
    assert settings.sbatch_options == {"time": "12:00:00", "gres": "gpu:a100:1", "exclusive": ""}
