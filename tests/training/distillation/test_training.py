from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pyserini_xqg.collection.datasets.tevatron import read_tevatron
from pyserini_xqg.errors import InvalidInput, XqgError
from pyserini_xqg.training.data.batches import Place
from pyserini_xqg.training.distillation.training import CandidateRows, Values, in_parts
from tests.conftest import write_lines
from tests.fixtures.training import line


def test_parts_that_are_there_are_not_computed_again(tmp_path: Path) -> None:
    asked: list[range] = []

    def squares(rows: range) -> Values:
        asked.append(rows)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return np.array([[row**2, -row] for row in rows], dtype=np.float32)

    with pytest.raises(KeyboardInterrupt):
        in_parts(tmp_path / "parts", 10, squares, size=3)
    (tmp_path / "parts" / "part-000002.unfinished").write_bytes(b"half")
    found = in_parts(tmp_path / "parts", 10, squares, size=3)
    assert asked == [range(0, 3), range(3, 6), range(6, 9), range(6, 9), range(9, 10)]
    assert found.tolist() == [[row**2, -row] for row in range(10)]
    assert found.dtype == np.float32
    assert in_parts(tmp_path / "parts", 10, squares, size=3).tolist() == found.tolist()
    assert len(asked) == 5


def test_values_that_are_no_numbers_end_the_run(tmp_path: Path) -> None:
    with pytest.raises(XqgError, match="no numbers"):
        in_parts(tmp_path, 2, lambda rows: np.array([[1.0], [np.nan]], dtype=np.float32))
    assert not list(tmp_path.iterdir())


def test_candidates_are_the_same_in_every_epoch(tmp_path: Path) -> None:
    examples = list(read_tevatron(write_lines(tmp_path / "t.jsonl", map(line, range(6)))))
    rows = CandidateRows(examples, 5, seed=1)
    rows.scores = np.arange(36, dtype=np.float32).reshape(6, 6)
    first = [rows[Place(0, number)] for number in range(6)]
    assert [rows[Place(3, number)] for number in range(6)] == first
    for number, row in enumerate(first):
        own = {passage.id for passage in examples[number].negatives}
        assert row.passages[0] == examples[number].positives[0]
        assert len({passage.text for passage in row.passages}) == 6
        assert {passage.id for passage in row.passages[1:3]} == own
        assert row.scores == tuple(range(6 * number, 6 * number + 6))
    assert rows.order(0) != rows.order(1)
    others = CandidateRows(examples, 5, seed=2)
    assert [others.candidates(number) for number in range(6)] != [row.passages for row in first]


def test_questions_without_negatives_get_passages_of_other_questions(tmp_path: Path) -> None:
    examples = list(read_tevatron(write_lines(tmp_path / "t.jsonl", (line(number, 0) for number in range(4)))))
    rows = CandidateRows(examples, 7, seed=0)
    assert rows.negatives == 3
    assert {passage.id for passage in rows.candidates(2)} == {"d0", "d1", "d2", "d3"}
    with pytest.raises(InvalidInput, match="nothing to compare"):
        CandidateRows(examples[:1], 7, seed=0)
