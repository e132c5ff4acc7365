from __future__ import annotations

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.retriever.settings import retriever_settings


def test_the_default_recipe_is_the_papers() -> None:
    found = retriever_settings({"base": "bert-base-multilingual-cased"})
    assert (found.batch_size, found.negatives, found.learning_rate, found.epochs) == (128, 7, 1e-5, 40)
    assert (found.warmup_ratio, found.query_max_length, found.passage_max_length) == (0.1, 32, 128)
    assert (found.pooling, found.l2_norm, found.scale, found.languages) == (None, None, None, None)


def test_zero_shot_trains_on_english_only_unless_said_otherwise() -> None:
    assert retriever_settings({"base": "m", "recipe": "zero-shot"}).languages == ("en",)
    other = retriever_settings({"recipe": "zero-shot"}, {"base": "m", "languages": ("Swahili",)})
    assert (other.languages, other.default_language) == (("sw",), "en")


def test_the_last_recipe_named_counts() -> None:
    assert retriever_settings({"base": "m", "recipe": "zero-shot"}, {"recipe": "xdr"}).languages is None


def test_memory_settings_are_no_part_of_what_decides_on_the_weights() -> None:
    plain = retriever_settings({"base": "m"})
    spared = retriever_settings({"base": "m", "mini_batch": 4, "gradient_checkpointing": True})
    assert plain.identity() == spared.identity()
    assert plain.identity() != retriever_settings({"base": "m", "seed": 1}).identity()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"epochs": 0}, "epochs"),
        ({"mini_batch": 0}, "mini_batch"),
        ({"checkpoint_every": -1}, "checkpoint_every"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"warmup_ratio": 1.5}, "warmup_ratio"),
        ({"weight_decay": -0.1}, "weight_decay"),
        ({"seed": -1}, "seed"),
        ({"negatives": -1}, "negatives"),
        ({"scale": 0.0}, "scale"),
        ({"measures": ()}, "no measure"),
        ({"recipe": "xd"}, "xdr, zero-shot"),
        ({"pooling": "max"}, "cls, mean, last"),
        ({"keep": "first"}, "best, last"),
        ({"precision": "fp16"}, "fp32, bf16"),
        ({"query_max_length": 1}, "query_max_length"),
        ({"epoch": 3}, "did you mean epochs"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        retriever_settings({"base": "m"}, given)


def test_a_base_and_data_have_to_be_named() -> None:
    with pytest.raises(UsageError, match="base"):
        retriever_settings({})
    with pytest.raises(UsageError, match="no training data"):
        TrainingDataSettings(train=())
