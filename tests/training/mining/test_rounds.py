"""Rounds of self-training in a corpus whose right answers are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.training.mining import rounds as module
from pyserini_xqg.training.mining.rounds import run_rounds
from pyserini_xqg.training.mining.settings import MiningInputs, mining_settings
from tests.conftest import call, write_lines
from tests.fixtures.training import start_and_kill, words

SMALL: dict[str, Any] = {
    "query_max_length": 16,
    "passage_max_length": 32,
    "batch_size": 8,
    "negatives": 2,
    "learning_rate": 2e-3,
    "epochs": 15,
    "measures": ("RR@10",),
}
QUESTIONS, PASSAGES = 12, 30


def answer(number: int) -> str:
    return f"mor{'abcdefghijkl'[number]}"


def passage(number: int) -> dict[str, str]:
    """The first answer one question each."""
    return {"id": f"p{number}", "text": words(f"p{number}", 7) + (f" {answer(number)}" if number < QUESTIONS else "")}


def question(number: int) -> dict[str, Any]:
    return {"id": f"q{number}", "question": words(f"q{number}", 5), "answers": [answer(number)], "lang": "fi"}


@pytest.fixture
def inputs(tmp_path: Path) -> MiningInputs:
    asked = write_lines(tmp_path / "questions.jsonl", map(question, range(QUESTIONS)))
    corpus = write_lines(tmp_path / "corpus.jsonl", map(passage, range(PASSAGES)))
    return MiningInputs(questions=(str(asked),), corpus=str(corpus))


SENTRI = mining_settings({"recipe": "sentri", "depth": 10, "negatives": 2})


def best(model: Path) -> dict[str, str]:
    """The passage that comes first for each question."""
    encoder = TextEncoder(read_encoder(str(model), "passage"), "cpu")
    asked, passages = list(map(question, range(QUESTIONS))), list(map(passage, range(PASSAGES)))
    scores = (
        encoder.encode([each["question"] for each in asked], "query")
        @ encoder.encode([each["text"] for each in passages], "passage").T
    )
    return {each["id"]: passages[row]["id"] for each, row in zip(asked, scores.argmax(axis=1).tolist(), strict=True)}


def mined(folder: Path) -> dict[str, list[str]]:
    return {each.id: [one.id for one in each.positives] for each in read_examples(folder / "data" / "train.jsonl")}


@pytest.mark.slow
def test_each_round_mines_with_the_retriever_of_the_one_before(
    inputs: MiningInputs, steady_model: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    long = {**SMALL, "epochs": 60, "checkpoint_every": 60, "negatives": 9}
    deep = mining_settings({"recipe": "sentri", "depth": 10, "negatives": 9})
    manifest = run_rounds(2, inputs, output, deep, str(steady_model), long, device="cpu")
    first, second = mined(output / "round-1"), mined(output / "round-2")
    assert 0 < len(first) < QUESTIONS  # the data are chosen so
    for found in (first, second):
        assert found == {name: [name.replace("q", "p")] for name in found}
    assert set(first) <= set(second)
    # Among passages that it never saw for a question the first model can still prefer one. The second round shows it.
    ranked = best(output / "round-2" / "model")
    assert {name: ranked[name] for name in second} == {name: right for name, (right,) in second.items()}
    before = best(steady_model)
    assert sum(before[name] == right for name, (right,) in second.items()) < len(second)
    models = [Manifest.read(output / f"round-{number}" / part) for number in (1, 2) for part in ("data", "model")]
    assert models[2].settings["encoder"]["query_max_length"] == 16
    assert models[2].settings["encoder"]["model"] != models[0].settings["encoder"]["model"]
    assert models[3].settings["retriever"]["base"] == str(output / "round-1" / "model")
    assert (manifest.kind, list(manifest.counts)) == ("training-rounds", ["round-1", "round-2"])
    assert manifest.counts["round-1"]["new positives"] == len(first)
    assert sorted(file.name for file in output.iterdir()) == ["round-1", "round-2", "xqg.json"]
    assert not (tmp_path / "out.partial").exists()
    assert run_rounds(2, inputs, output, deep, str(steady_model), long, device="cpu") == manifest
    with pytest.raises(UsageError, match="rounds was 2, now 3"):
        run_rounds(3, inputs, output, deep, str(steady_model), long, device="cpu")


@pytest.mark.slow
def test_a_named_base_is_where_every_round_starts(
    inputs: MiningInputs, steady_model: Path, tiny_model: Path, tmp_path: Path
) -> None:
    short = {**SMALL, "epochs": 1, "base": str(tiny_model)}
    run_rounds(2, inputs, tmp_path / "out", SENTRI, str(steady_model), short, device="cpu")
    for number in (1, 2):
        manifest = Manifest.read(tmp_path / "out" / f"round-{number}" / "model")
        assert manifest.settings["retriever"]["base"] == str(tiny_model)


def test_other_data_are_trained_on_too_and_dev_is_scored(
    inputs: MiningInputs, steady_model: Path, tmp_path: Path
) -> None:
    def line(name: str, text: str, number: int) -> dict[str, Any]:
        one = passage(number)
        return {"query_id": name, "query": text, "positive_passages": [{"docid": one["id"], "text": one["text"]}]}

    gold = write_lines(tmp_path / "gold.jsonl", [line("g", "mikä silta", 20)])
    dev = write_lines(tmp_path / "dev.jsonl", [line("d1", "missä leipä", 3), line("d2", "что гора", 4)])
    data = {"train": (str(gold),), "dev": (str(dev),)}
    short = {**SMALL, "epochs": 1}
    manifest = run_rounds(1, inputs, tmp_path / "out", SENTRI, str(steady_model), short, data, device="cpu")
    model = Manifest.read(tmp_path / "out" / "round-1" / "model")
    assert sum(each["questions"] for each in model.counts["train"].values()) == 1 + len(mined(tmp_path / "out/round-1"))
    assert 0 < manifest.counts["round-1"]["dev"]["RR@10"] <= 1
    leaking = write_lines(tmp_path / "leaking.jsonl", [line("d1", question(2)["question"].upper(), 2)])
    with pytest.raises(InvalidInput, match="1 questions of dev have the same text"):
        run_rounds(1, inputs, tmp_path / "no", SENTRI, str(steady_model), short, {"dev": (str(leaking),)}, device="cpu")
    assert not (tmp_path / "no.partial").exists()


def test_several_processes_are_refused(
    inputs: MiningInputs, steady_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="one process"):
        run_rounds(1, inputs, tmp_path / "out", SENTRI, str(steady_model), SMALL, device="cpu")


def test_a_folder_of_something_else_is_left_alone(inputs: MiningInputs, steady_model: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="no artifact of xqg"):
        run_rounds(1, inputs, tmp_path / "out", SENTRI, str(steady_model), SMALL, device="cpu")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["mine.txt"]
    with pytest.raises(UsageError, match="rounds is 0"):
        run_rounds(0, inputs, tmp_path / "no", SENTRI, str(steady_model), SMALL, device="cpu")


@pytest.mark.slow
def test_a_loop_that_was_stopped_goes_on_and_ends_with_the_same_weights(
    inputs: MiningInputs, steady_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = {**SMALL, "epochs": 2}
    given: Any = (SENTRI, str(steady_model), short)
    run_rounds(2, inputs, tmp_path / "whole", *given, device="cpu")
    for function, calls, there in (
        ("_mine", 2, ["round-1/model"]),
        ("_summary", 2, ["round-1/model", "round-2/model"]),
    ):
        with monkeypatch.context() as patch:
            stop_at(patch, function, calls)
            with pytest.raises(KeyboardInterrupt):
                run_rounds(2, inputs, tmp_path / "cut", *given, device="cpu")
        assert sorted(str(each.relative_to(tmp_path / "cut")) for each in (tmp_path / "cut").glob("*/model")) == there
        assert not (tmp_path / "cut" / "xqg.json").exists()
    with pytest.raises(UsageError, match=r"retriever\.epochs was 2, now 3"):
        run_rounds(2, inputs, tmp_path / "cut", SENTRI, str(steady_model), {**SMALL, "epochs": 3}, device="cpu")
    run_rounds(2, inputs, tmp_path / "cut", *given, device="cpu")
    assert_same(tmp_path / "cut", tmp_path / "whole")


def stop_at(patch: pytest.MonkeyPatch, function: str, call_number: int) -> None:
    stock, counted = getattr(module, function), [0]

    def stopping(*arguments: Any, **options: Any) -> Any:
        counted[0] += 1
        if counted[0] == call_number:
            raise KeyboardInterrupt
        return stock(*arguments, **options)

    patch.setattr(module, function, stopping)


def assert_same(one: Path, other: Path) -> None:
    for number in (1, 2):
        for name in ("data/train.jsonl", "data/xqg.json", "model/model.safetensors", "model/loss.tsv"):
            place = f"round-{number}/{name}"
            assert (one / place).read_bytes() == (other / place).read_bytes(), place
    assert (one / "xqg.json").read_bytes() == (other / "xqg.json").read_bytes()
    assert not one.with_name(one.name + ".partial").exists()


@pytest.mark.slow
def test_a_killed_command_goes_on(inputs: MiningInputs, steady_model: Path, tmp_path: Path) -> None:
    config = tmp_path / "loop.toml"
    config.write_text(
        '[mining]\nrecipe = "sentri"\ndepth = 10\nnegatives = 2\n\n[retriever]\nquery_max_length = 16\n'
        "passage_max_length = 32\nbatch_size = 8\nlearning_rate = 2e-3\nepochs = 15\ncheckpoint_every = 3\n",
        encoding="utf-8",
    )
    command = [
        *("train", "mine", "--config", config, "--questions", inputs.questions[0], "--corpus", inputs.corpus),
        *("--encoder", steady_model, "--rounds", 2, "--device", "cpu", "--output"),
    ]
    checkpoints = tmp_path / "killed" / "round-1" / "model.partial" / "checkpoints"
    start_and_kill((*command, tmp_path / "killed"), lambda: bool(list(checkpoints.glob("checkpoint-*"))))
    assert not (tmp_path / "killed" / "round-1" / "model").exists()
    assert call(*command, tmp_path / "killed") == 0
    assert call(*command, tmp_path / "whole") == 0
    assert_same(tmp_path / "killed", tmp_path / "whole")
