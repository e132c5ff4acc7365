from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.evaluation.evaluate import RunFiles, evaluate_files
from pyserini_xqg.reporting.changes.questions import ChangedGroup, changed_questions
from tests.reporting.conftest import Material


def changed(runs: RunFiles, queries: Path | None = None, limit: int = 4) -> list[ChangedGroup]:
    return changed_questions(evaluate_files(runs), runs, queries, limit)


@pytest.mark.parametrize(
    ("limit", "shown"),
    [(0, []), (1, [8]), (3, [8, 9, 2]), (6, [8, 9, 10, 11, 2, 3]), (99, [*range(8, 20), 2, 3])],
)
def test_at_most_so_many_are_shown(material: Material, limit: int, shown: list[int]) -> None:
    group = changed(material.runs(), limit=limit)[0]
    assert [each.id for each in group.questions] == [f"fi{number}" for number in shown]
    assert (group.won, group.lost) == (12, 2)


def test_the_largest_change_comes_first(material: Material) -> None:
    later = "".join(f"fi9 Q0 d{n} {n - 9} {-n} x\n" for n in (*range(10, 19),)) + "fi9 Q0 d9 10 -99 x\n"
    plain = (material.folder / "plain.txt").read_text().splitlines(keepends=True)
    (material.folder / "plain.txt").write_text("".join(x for x in plain if not x.startswith("fi9 ")) + later)
    group = changed(material.runs(measures=["RR@10"]), limit=2)[0]
    assert group.questions[0].id == "fi9"
    assert group.questions[0].values == [("RR@10", 0.1, 1.0)]
