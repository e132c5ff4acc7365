from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from pyserini_xqg import EncoderSettings
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError, XqgError
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.retriever.settings import RetrieverDataSettings
from pyserini_xqg.training.retriever.training import RetrieverTraining, train_retriever
from tests.conftest import call, write_lines
from tests.fixtures.training import line, parts_done, start_and_kill, words

Settings = Callable[..., Any]


def data(*train: Path, dev: Path | None = None, **given: Any) -> TrainingDataSettings:
    return TrainingDataSettings(tuple(map(str, train)), (str(dev),) if dev else (), **given)


def losses(folder: Path) -> list[float]:
    return [float(row.split("\t")[2]) for row in (folder / "loss.tsv").read_text(encoding="utf-8").splitlines()[1:]]


@pytest.mark.slow
def test_twenty_examples_are_learned_by_heart(settings: Settings, train_file: Path, tmp_path: Path) -> None:
    same = data(train_file, dev=train_file, leaks="allow")
    chosen = settings(epochs=40, batch_size=20)
    before = RetrieverTraining(same, chosen, "cpu")
    assert before.scorer is not None
    scores = before.scorer(before.model)
    assert scores["RR@10"] < 0.4
    manifest = train_retriever(same, tmp_path / "out", chosen, device="cpu")
    found = losses(tmp_path / "out")
    assert len(found) == 40
    assert found[-1] < 0.1 < found[0]
    assert manifest.details["dev"]["RR@10"] == 1.0
    encoder = TextEncoder(EncoderSettings(str(tmp_path / "out")), "cpu")
    examples = [line(number) for number in range(20)]
    passages = [each["positive_passages"][0] for each in examples] + [
        passage for each in examples for passage in each["negative_passages"]
    ]
    vectors = encoder.encode([f"{each.get('title', '')} {each['text']}".strip() for each in passages], "passage")
    best = (encoder.encode([each["query"] for each in examples], "query") @ vectors.T).argmax(axis=1)
    assert best.tolist() == list(range(20))


def test_a_base_without_all_its_weights_is_refused(copied_model: Path, settings: Settings, train_file: Path) -> None:
    file = copied_model / "model.safetensors"
    save_file({f"lm_q.{key}": tensor for key, tensor in load_file(file).items()}, file, metadata={"format": "pt"})
    with pytest.raises(MissingInput, match="its weights lack"):
        RetrieverTraining(data(train_file), settings(base=str(copied_model)), "cpu")


def test_what_a_base_cuts_off_is_trained_too(
    tiny_sentence_model: Path, settings: Settings, train_file: Path, tmp_path: Path
) -> None:
    base = Path(shutil.copytree(tiny_sentence_model, tmp_path / "base"))
    file = base / "config_sentence_transformers.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"truncate_dim": 12}))
    assert TextEncoder(EncoderSettings(base), "cpu").dimension == 12
    train_retriever(data(train_file), tmp_path / "out", settings(base=str(base), epochs=1), device="cpu")
    encoder = TextEncoder(read_encoder(tmp_path / "out", "passage"), "cpu")
    assert encoder.dimension == 32


def test_the_folder_has_what_is_said_and_nothing_pickled(
    tiny_sentence_model: Path, settings: Settings, train_file: Path, dev_file: Path, tmp_path: Path
) -> None:
    chosen = settings(base=str(tiny_sentence_model), checkpoint_every=2, measures=("RR@10", "R@2kt"))
    manifest = train_retriever(data(train_file, dev=dev_file), tmp_path / "out", chosen, device="cpu")
    folder = tmp_path / "out"
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert files == {
        "1_Pooling/config.json",
        "2_Normalize/config.json",
        "README.md",
        "config.json",
        "config_sentence_transformers.json",
        "dev.tsv",
        "loss.svg",
        "loss.tsv",
        "model.safetensors",
        "modules.json",
        "sentence_bert_config.json",
        "settings.toml",
        "tokenizer.json",
        "tokenizer_config.json",
        "xqg.json",
    }
    assert sorted(file.name for file in tmp_path.iterdir() if file.is_dir()) == ["out"]
    resolved = TextEncoder(EncoderSettings(str(folder)), "cpu").settings
    assert (resolved.pooling, resolved.query_prefix, resolved.passage_prefix) == (None, "query: ", "passage: ")
    assert (resolved.query_max_length, resolved.passage_max_length) == (32, 32)
    assert (folder / "model.safetensors").stat().st_mode == (folder / "README.md").stat().st_mode
    trained = read_encoder(str(folder), "passage")
    assert (trained.query_max_length, trained.passage_max_length) == (16, 32)
    texts = [line(0)["query"], line(1)["query"]]
    vectors = [TextEncoder(each, "cpu").encode(texts, "query") for each in (trained, EncoderSettings(str(folder)))]
    assert abs(vectors[0] - vectors[1]).max() < 1e-6
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    assert (tokenizer["truncation"], tokenizer["padding"]) == (None, None)
    assert "local_files_only" not in (folder / "tokenizer_config.json").read_text(encoding="utf-8")
    assert manifest.kind == "model"
    assert manifest.details["scale"] == 20.0  # of unit length
    assert manifest.counts["train"]["fi"]["questions"] == 10
    assert manifest.counts["leaks"] == {"ids": 0, "questions": 0, "passages": 20}
    steps = {row.split("\t")[0] for row in (folder / "dev.tsv").read_text(encoding="utf-8").splitlines()[1:]}
    assert steps == {"0", "2", "4", "6"}
    started = RetrieverTraining(data(train_file, dev=dev_file), chosen, "cpu")
    assert started.scorer is not None
    before = started.scorer(started.model)
    assert manifest.details["dev_before"] == {name: value for name, value in before.items() if name != "dev"}
    card = (folder / "README.md").read_text(encoding="utf-8")
    for part in ("recipe `xdr`", "| Finnish (fi) | 10 | 10 | 20 | 10 |", "| epochs | 2 |", "## Scores on dev", "RR@10"):
        assert part in card
    assert "| language | base, RR@10 | RR@10 | base, R@2kt | R@2kt |" in card
    for scores in (manifest.details["dev_before"], manifest.details["dev"]):
        assert f"{scores['R@2kt']:.4f}" in card
    assert str(tmp_path) not in card
    assert (folder / "loss.svg").read_text(encoding="utf-8").count("<svg") == 1


@pytest.mark.slow
def test_generated_queries_come_to_find_their_passage_too(settings: Settings, train_file: Path, tmp_path: Path) -> None:
    asked = [line(number) | {"query": words(f"sw{number}", 4), "query_id": f"g{number}"} for number in range(20)]
    dev = (str(write_lines(tmp_path / "dev.jsonl", asked)),)
    records = [{"id": f"d{number}", "queries": {"sw": [each["query"]]}} for number, each in enumerate(asked)]
    queries = (str(write_lines(tmp_path / "queries.jsonl", records)),)
    chosen = settings(epochs=40, batch_size=20, learning_rate=3e-3, keep="last", checkpoint_every=40)
    given = RetrieverDataSettings((str(train_file),), dev, generated=queries, generated_share=0.5)
    manifest = train_retriever(given, tmp_path / "with", chosen, device="cpu")
    without = train_retriever(data(train_file, dev=Path(dev[0])), tmp_path / "without", chosen, device="cpu")
    assert without.details["dev"]["RR@10"] < 0.4 < 0.8 < manifest.details["dev"]["RR@10"]
    assert "generated" not in {**without.counts, **without.inputs}
    assert manifest.counts["generated"] == {
        "questions an epoch": 20,
        "positives with some": 20,
        "queries": {"sw": 20},
    }
    assert (without.details["steps"], manifest.details["steps"]) == (40, 80)
    cards = [(tmp_path / name / "README.md").read_text(encoding="utf-8") for name in ("with", "without")]
    assert "| generated questions beside them, an epoch | 20 |" in cards[0]
    assert "generated" not in cards[1]


def test_without_generated_queries_a_training_is_the_one_it_was(settings: Settings, train_file: Path) -> None:
    plain = RetrieverTraining(data(train_file), settings(), "cpu")
    same = RetrieverTraining(RetrieverDataSettings((str(train_file),)), settings(), "cpu")
    assert plain.identity() == same.identity()
    assert "generated" not in plain.identity()["inputs"]
    assert list(plain.batches) == list(same.batches)


@pytest.mark.slow
def test_a_model_that_got_no_better_is_said(
    settings: Settings, train_file: Path, dev_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    training = data(train_file, dev=dev_file)
    train_retriever(training, tmp_path / "same", settings(epochs=1, learning_rate=1e-12), device="cpu")
    assert "no better on dev than the one it started from (dev.tsv, steps 0 and" in caplog.text
    caplog.clear()
    leaking = data(train_file, dev=train_file, leaks="allow")
    train_retriever(leaking, tmp_path / "better", settings(epochs=40, learning_rate=3e-3), device="cpu")
    assert "no better" not in caplog.text


@pytest.mark.slow
def test_the_best_checkpoint_is_kept_or_the_last(
    settings: Settings, train_file: Path, dev_file: Path, tmp_path: Path
) -> None:
    def trained(name: str, **given: Any) -> tuple[Manifest, dict[int, float]]:
        chosen = settings(epochs=4, checkpoint_every=1, learning_rate=3e-3, **given)
        manifest = train_retriever(data(train_file, dev=dev_file), tmp_path / name, chosen, device="cpu")
        rows = [row.split("\t") for row in (tmp_path / name / "dev.tsv").read_text(encoding="utf-8").splitlines()[1:]]
        return manifest, {int(step): float(value) for step, _, language, value in rows if language == "mean"}

    best, curve = trained("best")
    last, same_curve = trained("last", keep="last")
    assert curve == same_curve
    assert [*curve] == list(range(13))
    expected = max((step for step in curve if step), key=lambda step: (curve[step], -step))
    assert expected != 12  # the data are chosen so that the two differ
    assert (best.details["chosen_step"], last.details["chosen_step"]) == (expected, 12)
    for name, step in (("best", expected), ("last", 12)):
        training = RetrieverTraining(data(train_file, dev=dev_file), settings(), "cpu")
        training.model.load_state_dict(
            {f"0.model.{key}": value for key, value in load_file(tmp_path / name / "model.safetensors").items()},
            strict=True,
        )
        assert training.scorer is not None
        assert training.scorer(training.model)["RR@10"] == pytest.approx(curve[step], abs=1e-6)


@pytest.mark.slow
def test_a_killed_run_ends_with_the_weights_of_one_that_was_not(
    tiny_model: Path, train_file: Path, dev_file: Path, tmp_path: Path
) -> None:
    # Three steps an epoch and a checkpoint every five: most stand within an epoch. The model has dropout.
    command = [
        *("train", "retriever", "--train", train_file, "--dev", dev_file, "--base", tiny_model, "--batch-size", 8),
        *("--query-max-length", 16, "--passage-max-length", 32, "--negatives", 2, "--learning-rate", 1e-3),
        *("--epochs", 12, "--checkpoint-every", 5, "--measure", "RR@10", "--device", "cpu"),
    ]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    progress = tmp_path / "killed.partial" / "progress.json"
    start_and_kill((*command, "--output", killed), lambda: parts_done(progress) >= 10)
    done = parts_done(progress)
    assert 10 <= done < 36
    (progress.parent / "checkpoints" / "checkpoint-999").mkdir()  # one that was being written
    assert call(*command, "--output", killed, "--seed", 1) == 2  # other settings
    assert call(*command, "--output", killed) == 0
    assert call(*command, "--output", whole) == 0
    for name in ("model.safetensors", "loss.tsv", "dev.tsv", "tokenizer.json"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name
    assert len(losses(killed)) == 36
    made = (killed / "xqg.json").stat().st_mtime_ns
    assert call(*command, "--output", killed) == 0
    assert (killed / "xqg.json").stat().st_mtime_ns == made


@pytest.mark.slow
def test_a_run_killed_after_its_last_checkpoint_is_finished(
    settings: Settings, train_file: Path, tmp_path: Path
) -> None:
    whole = train_retriever(data(train_file), tmp_path / "whole", settings(), device="cpu")
    blocked = tmp_path / "out.partial" / "settings.toml"
    blocked.mkdir(parents=True)  # ends the run where the model has been trained and is written
    with pytest.raises(OSError, match=r"settings\.toml"):
        train_retriever(data(train_file), tmp_path / "out", settings(), device="cpu")
    assert (tmp_path / "out.partial" / "checkpoints" / "checkpoint-6").is_dir()
    blocked.rmdir()
    again = train_retriever(data(train_file), tmp_path / "out", settings(), device="cpu")
    assert again == whole
    for name in ("model.safetensors", "loss.tsv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize(
    "given",
    [{"mini_batch": 3}, {"gradient_checkpointing": True}, {"mini_batch": 3, "gradient_checkpointing": True}],
    ids=str,
)
@pytest.mark.slow
def test_what_saves_memory_changes_the_weights_by_rounding_only(
    given: dict[str, Any], settings: Settings, train_file: Path, tmp_path: Path
) -> None:
    for name, more in (("plain", {}), ("spared", given)):
        train_retriever(data(train_file), tmp_path / name, settings(learning_rate=1e-4, **more), device="cpu")
    plain, spared = (load_file(tmp_path / name / "model.safetensors") for name in ("plain", "spared"))
    # Keys' biases move every score of a token alike: their gradient is nothing but rounding, which AdamW scales up.
    compared = [key for key in plain if not key.endswith("key.bias")]
    assert len(compared) == len(plain) - 2
    assert max(float((plain[key] - spared[key]).abs().max()) for key in compared) < 1e-5
    start = load_file(Path(settings().base) / "model.safetensors")
    assert max(float((plain[key] - start[key]).abs().max()) for key in plain) > 1e-4


@pytest.mark.slow
def test_bfloat16_trains_too_and_the_weights_stay_float32(settings: Settings, train_file: Path, tmp_path: Path) -> None:
    train_retriever(data(train_file), tmp_path / "out", settings(precision="bf16", epochs=8), device="cpu")
    assert {str(value.dtype) for value in load_file(tmp_path / "out" / "model.safetensors").values()} == {
        "torch.float32"
    }
    found = losses(tmp_path / "out")
    assert found[-1] < found[0]


@pytest.mark.slow
def test_another_seed_gives_another_model(settings: Settings, train_file: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        train_retriever(data(train_file), tmp_path / str(seed), settings(seed=seed), device="cpu")
    first, second = ((tmp_path / str(seed) / "model.safetensors").read_bytes() for seed in (0, 1))
    assert first != second


def test_a_loss_that_is_no_number_ends_the_run(settings: Settings, train_file: Path, tmp_path: Path) -> None:
    with pytest.raises(XqgError, match=r"the loss is .* at step .*--learning-rate"):
        train_retriever(data(train_file), tmp_path / "out", settings(learning_rate=1e30), device="cpu")
    assert not (tmp_path / "out").exists()


def test_a_planted_leak_stops_the_training_before_its_first_step(
    settings: Settings, train_file: Path, dev_file: Path, tmp_path: Path
) -> None:
    planted = [json.loads(row) for row in dev_file.read_text(encoding="utf-8").splitlines()]
    planted[3]["query"] = line(5)["query"].upper() + " ?"
    leaking = write_lines(tmp_path / "leaking.jsonl", planted)
    with pytest.raises(InvalidInput, match="q5 = dev3"):
        train_retriever(data(train_file, dev=leaking), tmp_path / "out", settings(), device="cpu")
    assert not [file for file in tmp_path.iterdir() if file.name.startswith("out")]


def test_zero_shot_takes_english_and_what_does_not_say_its_language(settings: Settings, tmp_path: Path) -> None:
    lines = [line(number) for number in range(6)]
    lines[1]["language"] = "English"
    for number in (2, 3):
        del lines[number]["language"]
    training = RetrieverTraining(data(write_lines(tmp_path / "t.jsonl", lines)), settings(recipe="zero-shot"), "cpu")
    assert [each.id for each in training.train.examples] == ["q1", "q2", "q3"]
    assert training.plan().train == {"en": {"questions": 3, "positives": 3, "negatives": 6, "without negatives": 0}}
    assert training.plan().left_out == {"other language": 3}


def test_what_cannot_be_trained_is_refused(settings: Settings, train_file: Path, tmp_path: Path) -> None:
    questions = write_lines(tmp_path / "xor.jsonl", [{"id": "1", "question": "q", "answers": ["a"], "lang": "fi"}])
    with pytest.raises(InvalidInput, match="no passage that answers one"):
        RetrieverTraining(data(questions), settings(), "cpu")
    with pytest.raises(UsageError, match="128 tokens was asked for"):
        RetrieverTraining(data(train_file), settings(passage_max_length=128), "cpu")
    with pytest.raises(UsageError, match="CUDA_VISIBLE_DEVICES=1"):
        RetrieverTraining(data(train_file), settings(), "cuda:1")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").touch()
    with pytest.raises(UsageError, match="no artifact of xqg"):
        train_retriever(data(train_file), tmp_path / "mine", settings(), device="cpu")
