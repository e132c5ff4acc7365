from __future__ import annotations

import pytest

from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.retriever.card import retriever_card, stock_options
from pyserini_xqg.training.retriever.settings import retriever_settings


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({"pooling": "mean", "l2_norm": True}, "--encoder-class auto --pooling mean --l2-norm"),
        ({"pooling": "cls", "l2_norm": False}, "--encoder-class auto --pooling cls"),
        ({}, "--encoder-class auto"),
    ],
)
def test_stock_pyserini_is_told_how_to_pool(given: dict[str, object], options: str) -> None:
    assert stock_options(EncoderSettings("m", **given)) == options  # type: ignore[arg-type]


def test_the_card_says_what_was_reached_by_language_beside_the_base() -> None:
    scores = {"RR@10": 0.5, "RR@10 fi": 0.6, "RR@10 ru": 0.4, "R@100": 1.0, "R@100 fi": 1.0}
    text = retriever_card(
        "mine",
        retriever_settings({"base": "org/base", "negatives": 3}),
        TrainingDataSettings(("train.jsonl",), ("dev.jsonl",)),
        EncoderSettings("mine", pooling="cls", query_prefix="q: ", passage_prefix=""),
        20.0,
        {"train": {"fi": {"questions": 9}}, "dev": {}, "left_out": {}, "leaks": {"ids": 0}, "negatives": 2},
        scores,
        {"RR@10": 0.25},
        "the last checkpoint",
        more=[("teacher", "t")],
    )
    assert "# mine\n\nA bi-encoder for retrieval, trained from org/base with `xqg train retriever`" in text
    assert '| prefixes of questions, passages | "q: ", "" |' in text
    assert "| negatives a question, beside the batch's | 2 |\n" in text
    assert "| seed | 0 |\n| teacher | t |\n" in text
    assert text.splitlines()[-8:-2] == [
        "",
        "| language | base, RR@10 | RR@10 | base, R@100 | R@100 |",
        "|---|--:|--:|--:|--:|",
        "| fi |  | 0.6000 |  | 1.0000 |",
        "| ru |  | 0.4000 |  |  |",
        "| mean | 0.2500 | 0.5000 |  | 1.0000 |",
    ]
