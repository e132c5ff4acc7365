from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.datasets.tevatron import read_tevatron
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.loading import load_model
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.training.data.batches import TextForm
from pyserini_xqg.training.retriever.dev_scorer import DevScorer, embed
from tests.conftest import sentence

SETTINGS = {"query_prefix": "q ", "query_max_length": 16, "passage_max_length": 32}


@pytest.fixture
def examples(train_file: Path) -> list[TrainingExample]:
    return list(read_tevatron(train_file))


def test_vectors_are_those_of_search_and_the_model_goes_on_training(tiny_model: Path) -> None:
    settings = EncoderSettings(str(tiny_model), **SETTINGS)  # type: ignore[arg-type]
    model, resolved = load_model(settings, "cpu", "passage")
    texts = [sentence(number, 1 + number % 9) for number in range(70)]
    model.train()
    found = embed(model, TextForm(model, resolved), texts, "query")
    assert model.training
    expected = TextEncoder(settings, "cpu").encode(texts, "query")
    assert abs(found - expected).max() < 1e-5


def test_scores_are_those_of_a_search_by_hand(tiny_model: Path, examples: list[TrainingExample]) -> None:
    settings = EncoderSettings(str(tiny_model), **SETTINGS)  # type: ignore[arg-type]
    model, resolved = load_model(settings, "cpu", "passage")
    distractors = [Passage(f"x{number}", sentence(300 + number, 7)) for number in range(30)]
    same = Passage("another-id", examples[0].positives[0].text)
    scorer = DevScorer(examples, [*distractors, same], ("RR@10", "Success@1"), TextForm(model, resolved))
    assert scorer.passages == 20 + 40 + 30
    found = scorer(model)
    encoder = TextEncoder(settings, "cpu")
    passages = [p for e in examples for p in (*e.positives, *e.negatives)] + distractors
    vectors = encoder.encode([f"{p.title} {p.text}".strip() for p in passages], "passage")
    ranks: dict[str, list[int]] = {"fi": [], "ru": []}
    for example, vector in zip(examples, encoder.encode([e.question for e in examples], "query"), strict=True):
        scores = vectors @ vector
        ranks[example.language].append(1 + int((scores > scores[passages.index(example.positives[0])]).sum()))
    by_language = {
        code: sum(1 / rank if rank <= 10 else 0 for rank in found) / len(found) for code, found in ranks.items()
    }
    assert 0 < by_language["fi"] < 1
    assert found["RR@10 fi"] == pytest.approx(by_language["fi"])
    assert found["RR@10 ru"] == pytest.approx(by_language["ru"])
    assert found["RR@10"] == found["dev"] == pytest.approx(sum(by_language.values()) / 2)
    assert set(found) == {"dev", "RR@10", "RR@10 fi", "RR@10 ru", "Success@1", "Success@1 fi", "Success@1 ru"}
    same_ids = [replace(example, id="0") for example in examples]  # as where each data set counts from 0
    measures = ("RR@10", "Success@1")
    assert DevScorer(same_ids, [*distractors, same], measures, TextForm(model, resolved))(model) == found


def test_answers_in_texts_need_no_positives(tiny_model: Path) -> None:
    model, resolved = load_model(EncoderSettings(str(tiny_model), **SETTINGS), "cpu", "passage")  # type: ignore[arg-type]
    corpus = [Passage("a", "river bridge"), Passage("b", "king queen")]
    asked = [
        TrainingExample("1", "joki", "fi", answers=("queen",)),
        TrainingExample("2", "silta", "fi", answers=("stone",)),
        TrainingExample("3", "kuka", "fi", answers=("yes",)),  # not counted
    ]
    found = DevScorer(asked, corpus, ("R@2kt",), TextForm(model, resolved))(model)
    assert found == {"dev": 0.5, "R@2kt": 0.5}


def test_what_cannot_be_measured_is_refused(tiny_model: Path, examples: list[TrainingExample]) -> None:
    from dataclasses import replace

    model, resolved = load_model(EncoderSettings(str(tiny_model), **SETTINGS), "cpu", "passage")  # type: ignore[arg-type]
    form = TextForm(model, resolved)
    with pytest.raises(InvalidInput, match="needs answers"):
        DevScorer([replace(example, answers=()) for example in examples], [], ("R@2kt",), form)
    with pytest.raises(UsageError, match="R@500: dev is searched 100"):
        DevScorer(examples, [], ("RR@10", "R@500"), form)
    with pytest.raises(UsageError, match="'Nonsense@3' is no measure"):
        DevScorer(examples, [], ("Nonsense@3",), form)
