from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from pyserini_xqg.collection.datasets.tevatron import read_tevatron
from pyserini_xqg.encoding.loading import load_model
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.training.data.batches import Collator, EpochRows, Place, TextForm
from pyserini_xqg.training.retriever.losses import contrastive_loss, dot_products


def step(folder: Path, train_file: Path, mini_batch: int | None) -> tuple[float, dict[str, torch.Tensor], list[int]]:
    """Loss, gradients, and how many texts went through the model at once."""
    encoder = EncoderSettings(str(folder), query_max_length=16, passage_max_length=32)
    model, resolved = load_model(encoder, "cpu", "passage")
    model.train()
    sizes: list[int] = []
    model[0].register_forward_hook(lambda module, given, result: sizes.append(len(given[0]["input_ids"])))
    rows = EpochRows(list(read_tevatron(train_file)), 2, seed=0)
    batch = Collator(TextForm(model, resolved))([rows[Place(0, number)] for number in range(20)])
    columns = ("question", "passage_0", "passage_1", "passage_2")
    features: list[dict[str, Any]] = [
        {name: batch[f"{column}_{name}"] for name in ("input_ids", "attention_mask")} for column in columns
    ]
    loss = contrastive_loss(model, 1.0, mini_batch)(features, None)
    loss.backward()
    gradients = {name: value.grad for name, value in model.named_parameters() if value.grad is not None}
    return loss.item(), gradients, sizes


def test_gradient_caching_is_the_plain_large_batch(steady_model: Path, train_file: Path) -> None:
    loss, gradients, sizes = step(steady_model, train_file, None)
    cached_loss, cached, cached_sizes = step(steady_model, train_file, 3)
    assert set(sizes) == {20, 60}
    assert max(cached_sizes) == 3
    assert cached_loss == pytest.approx(loss, abs=1e-5)
    assert set(cached) == set(gradients)
    largest = max(float(value.abs().max()) for value in gradients.values())
    assert largest > 1e-2  # or anything would be equal to 1e-5
    for name, value in gradients.items():
        assert float((cached[name] - value).abs().max()) < 1e-5 * max(1.0, largest), name


def test_the_loss_is_the_cross_entropy_of_the_papers_scores(steady_model: Path, train_file: Path) -> None:
    loss, _, _ = step(steady_model, train_file, None)
    from pyserini_xqg.encoding.encoder import TextEncoder

    encoder = TextEncoder(EncoderSettings(str(steady_model), query_max_length=16, passage_max_length=32), "cpu")
    rows = EpochRows(list(read_tevatron(train_file)), 2, seed=0)
    drawn = [rows[Place(0, number)] for number in range(20)]
    questions = encoder.encode([row.example.question for row in drawn], "query")
    texts = [
        f"{row.passages[k].title} {row.passages[k].text}".strip() for k in range(3) for row in drawn
    ]  # the positives first
    scores = torch.from_numpy(questions @ encoder.encode(texts, "passage").T)
    assert scores.shape == (20, 60)
    assert loss == pytest.approx(float(torch.nn.functional.cross_entropy(scores, torch.arange(20))), abs=1e-4)


def test_scores_are_not_rounded_to_bfloat16() -> None:
    questions, passages = torch.full((1, 4), 10.0), torch.tensor([[10.0] * 4, [10.0, 10, 10, 10.05]])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = questions @ passages.T
        found = dot_products(questions, passages)
    assert rounded[0, 0] == rounded[0, 1]
    assert found.dtype == torch.float32
    assert found[0].tolist() == pytest.approx([400.0, 400.5])
