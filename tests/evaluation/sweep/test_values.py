from __future__ import annotations

import json

import ir_measures
import numpy as np
import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.sweep.values import Judgements, Valuer


def test_values_are_those_of_ir_measures(tmp_path) -> None:
    rng = np.random.default_rng(3)
    (tmp_path / "docid").write_text("".join(f"d{row}\n" for row in range(50)))
    questions = [str(number) for number in range(30)]
    qrels = {
        question: {f"d{row}": int(rng.integers(0, 4)) for row in rng.choice(60, rng.integers(1, 9), replace=False)}
        for question in questions[:-2]
    }
    rows = np.array([[rng.permutation(50)[:20] for _ in questions] for _ in range(6)])
    measures = [
        ir_measures.parse_measure(name) for name in ("RR@10", "nDCG", "AP", "R@5", "P@3", "AP(rel=2)", "ERR@10")
    ]
    found = Valuer(measures, Judgements(qrels), tmp_path / "docid").values(questions, rows)
    for point in range(6):
        run = {
            question: {f"d{row}": float(-rank) for rank, row in enumerate(rows[point, number])}
            for number, question in enumerate(questions)
        }
        for metric in ir_measures.iter_calc(measures, qrels, run):
            value = found[str(metric.measure)][point, questions.index(metric.query_id)]
            assert value == pytest.approx(metric.value, abs=1e-9)
    assert all(np.isnan(values[:, -2:]).all() and not np.isnan(values[:, :-2]).any() for values in found.values())


def test_texts_are_measured_by_their_answers(tmp_path) -> None:
    texts = [f"passage {name} here" for name in ("alpha", "beta", "gamma")]
    (tmp_path / "docid").write_text("a\nb\nc\n")
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in zip("abc", texts, strict=True)))
    measures = [ir_measures.parse_measure(name) for name in ("R@0.003kt", "R@0.006kt")]
    judgements = Judgements(answers={"q": ["beta"], "r": ["yes"]})
    rows = np.array([[[1, 0, 2], [0, 1, 2]], [[0, 1, 2], [0, 1, 2]], [[0, 2, 1], [0, 1, 2]]])
    found = Valuer(measures, judgements, tmp_path / "docid", corpus).values(["q", "r"], rows)
    assert found["R@0.003kt"][:, 0].tolist() == [1, 0, 0]
    assert found["R@0.006kt"][:, 0].tolist() == [1, 1, 0]
    assert np.isnan(found["R@0.003kt"][:, 1]).all()
    # All passages there are have nine tokens; two of them have six.
    further = [ir_measures.parse_measure(name) for name in ("R@0.003kt", "R@0.007kt")]
    valuer = Valuer(further, judgements, tmp_path / "docid", corpus)
    assert valuer.values(["q"], rows[:, :1])["R@0.007kt"].ravel().tolist() == [1, 1, 0]
    with pytest.raises(UsageError, match=r"R@0.007kt looks at 7 tokens, and the first 2 passages .* have 6 only"):
        valuer.values(["q"], rows[:, :1, :2])
    with pytest.raises(UsageError, match="--corpus"):
        Valuer(measures, judgements, tmp_path / "docid")
