from __future__ import annotations

from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.generator.card import generator_card
from pyserini_xqg.training.generator.plan import GeneratorPlan
from pyserini_xqg.training.generator.settings import generator_settings

PLAN = GeneratorPlan(
    train={"fi": {"pairs": 1200, "passages": 7, "with English": 3}, "ru": {"pairs": 5, "passages": 5}},
    dev={"fi": {"pairs": 2}},
    left_out={"no positive": 4},
    cut_questions={"fi": 6},
    generator="causal",
    prompt="one\ntwo",
    steps=1000,
    checkpoint_every=50,
    epochs=1.5,
    parameters=2000,
    trained_parameters=100,
    memory_bytes=1,
)


def card(**given: object) -> str:
    counts = {"train": PLAN.train, "dev": PLAN.dev, "left_out": PLAN.left_out, "leaks": {"ids": 0}}
    settings = generator_settings({"recipe": "lora", "base": "org/base"}, given)
    data = TrainingDataSettings(("train.jsonl",), ("dev.jsonl",))
    return generator_card("mine", settings, data, PLAN, counts, {"NLL": 1.5, "NLL fi": 1.25}, {"NLL": 3.0}, "the best")


def test_the_card_says_how_to_use_it_and_what_it_learned_from() -> None:
    text = card()
    assert "Writes questions that a passage answers, in Finnish and Russian. Trained from org/base with" in text
    assert "xqg generate --corpus corpus.jsonl --generator causal --model FOLDER --language fi,ru --output" in text
    assert "\n    one\n    two\n" in text
    assert "| Finnish (fi) | 1,200 | 7 | 3 | 2 |\n| Russian (ru) | 5 | 5 | 0 | 0 |\n" in text
    assert "Left out: no positive 4.\n" in text
    assert "Questions that lost their end (over 32 tokens): fi 6.\n" in text
    assert "| steps | 1,000 (1.5 passes over the data) |\n" in text
    assert "| LoRA | rank 16, alpha 32, dropout 0.05, on all-linear; merged" in text
    assert "| most tokens of a passage | 128 |\n" in text
    assert "| all | 3.0000 | 1.5000 |\n| fi |  | 1.2500 |\n" in text


def test_english_questions_are_mentioned_where_they_were_read() -> None:
    said = "it was also learned from the English question and the passage together."
    assert said in card(parallel=True)
    assert said not in card()
