"""A rule of one's own: passages that name the question's first word are positives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from pyserini_xqg import EncoderSettings
from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import UsageError
from pyserini_xqg.training.mining.mining import mine
from pyserini_xqg.training.mining.rules.base import Judge, Judgement, MiningRule
from pyserini_xqg.training.mining.rules.by_name import RULES
from pyserini_xqg.training.mining.settings import MiningInputs, mining_settings
from tests.conftest import write_lines


def by_first_word(example: TrainingExample, read: Sequence[str]) -> Judge:
    assert not read
    word = example.question.split()[0]

    def judge(number: int, passage: Passage) -> Judgement:
        return "positive" if word in passage.text.split() else "negative"

    return judge


def test_a_file_and_a_line_make_a_rule(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = MiningRule(by_first_word, needs="answers", defaults={"depth": 3, "positives": 1})
    monkeypatch.setitem(RULES, "first-word", rule)  # type: ignore[arg-type]
    settings = mining_settings({"recipe": "first-word"})
    assert (settings.depth, settings.positives) == (3, 1)
    with pytest.raises(UsageError, match="the recipe first-word reads nothing: leave --reader out, or take cora"):
        mining_settings({"recipe": "first-word", "reader": "model"})
    corpus = write_lines(
        tmp_path / "corpus.jsonl",
        [{"id": "d1", "text": "a river"}, {"id": "d2", "text": "a king"}, {"id": "d3", "text": "stone"}],
    )
    asked = [{"id": "q", "question": "king river", "answers": ["stone"], "lang": "en"}]
    questions = write_lines(tmp_path / "questions.jsonl", asked)
    inputs = MiningInputs(questions=(str(questions),), corpus=str(corpus))
    mine(inputs, tmp_path / "data", settings, EncoderSettings(str(tiny_model)), device="cpu")
    (made,) = map(json.loads, (tmp_path / "data" / "train.jsonl").read_text(encoding="utf-8").splitlines())
    assert [each["docid"] for each in made["positive_passages"]] == ["d2"]
    assert {each["docid"] for each in made["negative_passages"]} == {"d1", "d3"}


def test_no_such_rule_is_refused() -> None:
    with pytest.raises(UsageError, match="recipe is 'first-word': one of sentri, cora, negatives is expected"):
        mining_settings({"recipe": "first-word"})
