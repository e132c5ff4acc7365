"""A reader that learned by heart what to answer, and mining with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import MissingInput, UsageError, XqgError
from pyserini_xqg.training.mining import steps as mining_steps
from pyserini_xqg.training.mining.answer_reader import AnswerReader
from pyserini_xqg.training.mining.mining import Mining
from pyserini_xqg.training.mining.recipes import mine_cora
from pyserini_xqg.training.mining.settings import MiningInputs, mining_settings
from tests.conftest import write_lines
from tests.fixtures.generation import make_t5
from tests.fixtures.training import words
from tests.generation.backends.test_causal import make_causal

QUESTIONS = [
    TrainingExample(f"q{number}", words(f"q{number}", 4), "fi", answers=(answer,), english=words(f"e{number}", 4))
    for number, answer in enumerate(("The King.", "water", "bread"))
]
# One holds an answer and is not where the reader finds it.
MISLEADING = Passage("p4", f"{words('r4', 9)} bread")
PASSAGES = [
    MISLEADING if number == 4 else Passage(f"p{number}", words(f"r{number}", 9), "river" if number % 3 == 0 else "")
    for number in range(8)
]
# From which passages the reader gets a question's answer; from the others it gets another word.
RIGHT: dict[int, tuple[int, ...]] = {0: (1, 6), 1: (3,), 2: (0, 2, 5)}
WRONG = "stone"
LEARNED = ["king", "water", "bread"]
PAIRS = [(question, passage) for question in QUESTIONS for passage in PASSAGES]
KNOWN = [LEARNED[q] if p in RIGHT[q] else WRONG for q in range(3) for p in range(8)]


def reader(model: Path, **given: Any) -> AnswerReader:
    settings = {"recipe": "cora", "reader": str(model), "reader_output_length": 4, **given}
    return AnswerReader(mining_settings(settings), "cpu")


@pytest.fixture(scope="module")
def known_reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny T5 that was trained until it knows what to say to each question and passage."""
    import torch
    from transformers import T5ForConditionalGeneration, T5Tokenizer

    folder = make_t5(
        tmp_path_factory.mktemp("models") / "reader",
        "t5",
        initializer_factor=1.0,
        dropout_rate=0.0,
        d_model=64,
        d_ff=128,
    )
    model, tokenizer = T5ForConditionalGeneration.from_pretrained(folder), T5Tokenizer.from_pretrained(folder)
    prompts = [
        " ".join(f"question: {question.question} context: {passage.title} {passage.text}".split())
        for question, passage in PAIRS
    ]
    inputs = tokenizer(prompts, padding=True, return_tensors="pt")
    labels = tokenizer(KNOWN, padding=True, return_tensors="pt")["input_ids"]
    labels[labels == tokenizer.pad_token_id] = -100
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(400):
        loss = model.train()(**inputs, labels=labels).loss
        if loss.item() < 0.01:
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01
    model.save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_each_passage_gets_its_own_answer_in_any_batch(known_reader: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = reader(known_reader)
    told: list[int] = []
    assert one.answers(PAIRS, told.append) == KNOWN
    assert sum(told) == len(PAIRS)
    assert one.answers(PAIRS[5:6]) == KNOWN[5:6]
    monkeypatch.setattr("pyserini_xqg.training.mining.answer_reader.TOKENS_PER_BATCH", {"cpu": 64})
    assert one.answers(PAIRS[::-1]) == KNOWN[::-1]
    assert one.answers([]) == []


@pytest.mark.slow
def test_a_batch_that_does_not_fit_is_halved(known_reader: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = reader(known_reader)
    stock, sizes = one._write, []

    def write(prompts: list[list[int]]) -> list[str]:
        sizes.append(len(prompts))
        if len(prompts) > 3:
            raise MemoryError
        return stock(prompts)

    monkeypatch.setattr(one, "_write", write)
    assert one.answers(PAIRS) == KNOWN
    assert sizes[0] == 24
    monkeypatch.setattr(one, "_write", lambda prompts: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(XqgError, match="out of memory on one passage"):
        one.answers(PAIRS[:2])


@pytest.mark.slow
def test_cora_takes_the_readers_right_answers_for_positives(
    known_reader: Path, steady_model: Path, files: dict[str, Path], tmp_path: Path
) -> None:
    manifest = mine_cora(inputs(files), tmp_path / "out", str(steady_model), reader=str(known_reader), device="cpu")
    found = {example.id: example for example in read_examples(tmp_path / "out" / "train.jsonl")}
    for number, right in RIGHT.items():
        example = found[f"q{number}"]
        assert {each.id for each in example.positives} == {f"p{each}" for each in right}
        assert {each.id for each in example.negatives} == {f"p{each}" for each in range(8) if each not in right}
    assert MISLEADING in found["q2"].negatives
    assert manifest.counts["languages"]["fi"]["new positives"] == 6
    assert manifest.settings["reader"]["prompt"] == "question: {question} context: {title} {passage}"
    assert str(tmp_path) not in json.dumps(manifest.settings)


@pytest.mark.slow
def test_answers_that_were_read_are_not_read_again(
    known_reader: Path, steady_model: Path, files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mining_steps, "READ_PART", 1)
    given: Any = {"reader": str(known_reader), "device": "cpu"}
    mine_cora(inputs(files), tmp_path / "whole", str(steady_model), **given)
    stock, asked = AnswerReader.answers, list[str]()

    def answers(self: AnswerReader, pairs: Sequence[Any], *others: Any) -> list[str]:
        if pairs[0][0].id == "q1" and "q1" not in asked:
            asked.append("q1")
            raise KeyboardInterrupt
        asked.append(pairs[0][0].id)
        return stock(self, pairs, *others)

    monkeypatch.setattr(AnswerReader, "answers", answers)
    with pytest.raises(KeyboardInterrupt):
        mine_cora(inputs(files), tmp_path / "cut", str(steady_model), **given)
    with pytest.raises(UsageError, match=r"mining\.reader_output_length was 32, now 8"):
        mine_cora(inputs(files), tmp_path / "cut", str(steady_model), reader_output_length=8, **given)
    mine_cora(inputs(files), tmp_path / "cut", str(steady_model), **given)
    assert asked == ["q0", "q1", "q1", "q2"]
    for name in ("train.jsonl", "xqg.json"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.slow
def test_a_plan_measures_the_reader(known_reader: Path, steady_model: Path, files: dict[str, Path]) -> None:
    settings = mining_settings({"recipe": "cora", "reader": str(known_reader), "depth": 5})
    plan = Mining(inputs(files), settings, str(steady_model), device="cpu").plan(files["corpus"].parent / "out")
    assert plan.readings == 15
    assert plan.seconds > 0


@pytest.mark.parametrize("chat", [False, True])
def test_a_causal_model_goes_on_from_the_prompt(chat: bool, tmp_path: Path) -> None:
    """Against transformers itself, one prompt at a time."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = make_causal(tmp_path / "causal", chat=chat)
    prompt = "{language}: {english} / {title} {passage} Answer:"
    found = reader(folder, reader_prompt=prompt, reader_output_length=6).answers(PAIRS[:5])
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    expected = []
    for question, passage in PAIRS[:5]:
        text = " ".join(f"Finnish: {question.english} / {passage.title} {passage.text} Answer:".split())
        if chat:
            text = f"Finnish: {question.english} / {passage.title} {passage.text} Answer:"
            text = f"<|user|>{text}<|end|><|assistant|>"
        ids = tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
        mask = torch.ones_like(ids)
        written = model.generate(ids, attention_mask=mask, max_new_tokens=6, do_sample=False, pad_token_id=0)
        answer = tokenizer.decode(written[0, ids.shape[1] :], skip_special_tokens=True)
        expected.append(next(iter(answer.strip().splitlines()), "").strip())
    assert found == expected
    assert len(set(found)) > 1


@pytest.mark.slow
def test_of_a_long_passage_the_end_is_cut(known_reader: Path) -> None:
    one = reader(known_reader, reader_input_length=80)
    long = Passage("long", " ".join([PASSAGES[0].text] * 40))
    ids = one._ids(QUESTIONS[0], long)
    assert 60 <= len(ids) <= 80
    whole = reader(known_reader, reader_input_length=5000)._ids(QUESTIONS[0], long)
    assert len(whole) > 500
    assert ids[-1] == whole[-1]  # the end of the prompt stays
    assert ids[:50] == whole[:50]
    with pytest.raises(UsageError, match="without the passage"):
        reader(known_reader, reader_input_length=20)._ids(QUESTIONS[0], long)


@pytest.mark.slow
def test_what_is_no_reader_or_no_prompt_is_refused(known_reader: Path, tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="nowhere: no such folder"):
        reader(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingInput, match="cannot be loaded"):
        reader(tmp_path / "empty")
    for prompt, message in (
        ("{question}", "needs {passage}"),
        ("{passage}", "needs {passage}, and {question}"),
        ("{passage} {question} {answer}", "has the field {answer}"),
        ("{passage} {question", "no template"),
    ):
        with pytest.raises(UsageError, match=message):
            reader(known_reader, reader_prompt=prompt)


def inputs(files: dict[str, Path]) -> MiningInputs:
    return MiningInputs(questions=(str(files["questions"]),), corpus=str(files["corpus"]))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    asked = ({"id": q.id, "question": q.question, "answers": list(q.answers), "lang": "fi"} for q in QUESTIONS)
    corpus = ({"id": p.id, "text": p.text} | ({"title": p.title} if p.title else {}) for p in PASSAGES)
    return {
        "questions": write_lines(tmp_path / "questions.jsonl", asked),
        "corpus": write_lines(tmp_path / "corpus.jsonl", corpus),
    }
