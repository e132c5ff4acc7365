from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers.sentence_transformer.losses import MSELoss

from pyserini_xqg.encoding.loading import load_model
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.training.distillation.losses import QuickLoss, RelevanceLoss, RepresentationLoss
from tests.fixtures.training import words

QUESTIONS, CANDIDATES = 5, 3
SCORES = np.random.default_rng(0).normal(-20, 6, (QUESTIONS, CANDIDATES)).astype(np.float32)
AIMS = np.random.default_rng(1).normal(0, 1, (QUESTIONS, 32)).astype(np.float32)


def student(folder: Path) -> Any:
    model, _ = load_model(EncoderSettings(str(folder), query_max_length=16, passage_max_length=32), "cpu", "passage")
    return model.train()


def features(model: Any, texts: list[str]) -> dict[str, Any]:
    tokens = model.tokenizer(texts, padding=True, return_tensors="pt")
    return {name: tokens[name] for name in ("input_ids", "attention_mask")}


def questions_and_candidates(model: Any) -> list[dict[str, Any]]:
    # All first candidates, then all second ones, of different lengths.
    candidates = [words(f"p{row}-{column}", 4 + 2 * row) for column in range(CANDIDATES) for row in range(QUESTIONS)]
    return [features(model, [words(f"q{row}", 4) for row in range(QUESTIONS)]), features(model, candidates)]


def in_float64(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Questions and candidates (questions, candidates, dimension), one text at a time."""
    model = student(folder).double().eval()

    def vector(text: str) -> np.ndarray:
        with torch.no_grad():
            found: np.ndarray = model(features(model, [text]))["sentence_embedding"][0].numpy()
            return found

    questions = np.stack([vector(words(f"q{row}", 4)) for row in range(QUESTIONS)])
    candidates = [
        np.stack([vector(words(f"p{row}-{column}", 4 + 2 * row)) for column in range(CANDIDATES)])
        for row in range(QUESTIONS)
    ]
    return questions, np.stack(candidates)


def log_softmax(scores: np.ndarray) -> np.ndarray:
    shifted = scores - scores.max(axis=-1, keepdims=True)
    found: np.ndarray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return found


def divergence(teacher: np.ndarray, student_scores: np.ndarray) -> float:
    aim, own = log_softmax(teacher.astype(np.float64)), log_softmax(student_scores)
    return float((np.exp(aim) * (aim - own)).sum(axis=1).mean())


@pytest.mark.parametrize("mini_batch", [None, 2])
def test_quick_is_the_contrastive_loss_and_the_weighted_divergence(steady_model: Path, mini_batch: int | None) -> None:
    questions, candidates = in_float64(steady_model)
    scale, temperature, weight = 0.7, 3.0, 0.4
    all_scores = scale * np.einsum("qd,pcd->qcp", questions, candidates).reshape(QUESTIONS, -1)  # positives first
    contrastive = -log_softmax(all_scores)[np.arange(QUESTIONS), np.arange(QUESTIONS)].mean()
    own = scale * np.einsum("qd,qcd->qc", questions, candidates)
    model = student(steady_model)
    loss = QuickLoss(model, scale, temperature, weight, mini_batch)
    found = loss(questions_and_candidates(model), torch.from_numpy(SCORES))
    apart = weight * divergence(SCORES / temperature, own)
    assert apart > 0.1
    assert {name: term.item() for name, term in found.items()} == {
        "contrastive": pytest.approx(contrastive, rel=1e-4),
        "divergence": pytest.approx(apart, rel=1e-4),
    }


@pytest.mark.parametrize("mini_batch", [None, 2])
def test_relevance_is_the_divergence_at_one_temperature_times_its_square(
    steady_model: Path, mini_batch: int | None
) -> None:
    questions, candidates = in_float64(steady_model)
    own = 0.5 * np.einsum("qd,qcd->qc", questions, candidates)
    expected = 4 * divergence(SCORES / 2, own / 2)
    assert expected > 0.1
    model = student(steady_model)
    found = RelevanceLoss(model, 0.5, 2.0, mini_batch)(questions_and_candidates(model), torch.from_numpy(SCORES))
    assert found.item() == pytest.approx(expected, rel=1e-4)


def test_a_student_that_ranks_as_its_teacher_has_no_divergence(steady_model: Path) -> None:
    questions, candidates = in_float64(steady_model)
    scores = np.einsum("qd,qcd->qc", questions, candidates) + 7  # a constant changes no ranking
    model = student(steady_model)
    labels = torch.from_numpy(scores.astype(np.float32))
    assert RelevanceLoss(model, 1.0, 2.0)(questions_and_candidates(model), labels).item() == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("mini_batch", [None, 2])
def test_representation_is_the_mean_square_of_the_differences(steady_model: Path, mini_batch: int | None) -> None:
    model = student(steady_model)
    columns = [[words(f"{side}{row}", 3 + row) for row in range(QUESTIONS)] for side in "qe"]
    exact = student(steady_model).double().eval()
    squares = []
    for texts in columns:
        for text, aim in zip(texts, AIMS, strict=True):
            with torch.no_grad():
                vector = exact(features(exact, [text]))["sentence_embedding"][0].numpy()
            squares.append((vector - aim.astype(np.float64)) ** 2)
    given = [features(model, texts) for texts in columns]
    found = RepresentationLoss(model, mini_batch)(given, torch.from_numpy(AIMS))
    assert found.item() == pytest.approx(float(np.mean(squares)), rel=1e-4)
    assert MSELoss(model)(given, torch.from_numpy(AIMS)).item() == pytest.approx(found.item(), rel=1e-5)


def gradients(folder: Path, kind: str, mini_batch: int | None) -> tuple[dict[str, torch.Tensor], list[int]]:
    model = student(folder)
    sizes: list[int] = []
    model[0].register_forward_hook(lambda module, given, result: sizes.append(len(given[0]["input_ids"])))
    if kind == "mse":
        RepresentationLoss(model, mini_batch)(
            [features(model, [words(f"q{row}", 4) for row in range(QUESTIONS)])], torch.from_numpy(AIMS)
        ).backward()
    else:
        terms = QuickLoss(model, 1.0, 3.0, 1.0, mini_batch)(questions_and_candidates(model), torch.from_numpy(SCORES))
        sum(terms.values()).backward()
    return {name: value.grad for name, value in model.named_parameters() if value.grad is not None}, sizes


@pytest.mark.parametrize("kind", ["quick", "mse"])
def test_gradient_caching_gives_the_gradients_of_the_whole_batch(steady_model: Path, kind: str) -> None:
    plain, sizes = gradients(steady_model, kind, None)
    cached, cached_sizes = gradients(steady_model, kind, 2)
    assert max(sizes) == {"quick": QUESTIONS * CANDIDATES, "mse": QUESTIONS}[kind]
    assert max(cached_sizes) == 2
    assert set(cached) == set(plain)
    largest = max(float(value.abs().max()) for value in plain.values())
    assert largest > 1e-2  # or anything would be equal to 1e-5
    for name, value in plain.items():
        assert float((cached[name] - value).abs().max()) < 1e-5 * max(1.0, largest), name


def test_losses_are_float32_in_bfloat16_training(steady_model: Path) -> None:
    model = student(steady_model)
    loss = QuickLoss(model, 1.0, 3.0, 1.0)
    exact = loss(questions_and_candidates(model), torch.from_numpy(SCORES))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = loss(questions_and_candidates(model), torch.from_numpy(SCORES))
    for term in ("contrastive", "divergence"):
        assert rounded[term].dtype == torch.float32
        assert rounded[term].item() == pytest.approx(exact[term].item(), rel=0.1)
        assert rounded[term].item() != exact[term].item()
