from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput, UsageError, XqgError
from pyserini_xqg.generation.backends.by_name import make_generator
from pyserini_xqg.generation.backends.loading import open_model
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.generator.settings import GeneratorSettings, generator_settings
from pyserini_xqg.training.generator.training import GeneratorTraining, train_generator
from tests.conftest import call, write_lines
from tests.fixtures.generation import make_t5
from tests.fixtures.training import dev_line, line, parts_done, start_and_kill
from tests.generation.backends.test_causal import make_causal

Settings = Callable[..., GeneratorSettings]
FILES = {
    *("README.md", "config.json", "dev.tsv", "generation_config.json", "loss.svg", "loss.tsv", "model.safetensors"),
    *("settings.toml", "tokenizer.json", "tokenizer_config.json", "xqg.json"),
}
ADAPTER = {"adapter/adapter_config.json", "adapter/adapter_model.safetensors"}


@pytest.fixture(scope="module")
def mt5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With dropout, as mT5 has it."""
    return make_t5(tmp_path_factory.mktemp("bases") / "mt5", initializer_factor=1.0)


@pytest.fixture(scope="module")
def mt5_without_dropout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_t5(tmp_path_factory.mktemp("bases") / "mt5", initializer_factor=1.0, dropout_rate=0.0)


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_causal(tmp_path_factory.mktemp("bases") / "chat", chat=True)


@pytest.fixture(scope="module")
def gemma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_causal(tmp_path_factory.mktemp("bases") / "gemma", chat=False, family="gemma3")


@pytest.fixture
def settings(mt5: Path) -> Settings:
    small = {"base": str(mt5), "steps": 4, "batch_size": 8, "mini_batch": 4, "learning_rate": 1e-2}
    return lambda **given: generator_settings(small, given)


def data(*train: Path, dev: Path | None = None, **given: Any) -> TrainingDataSettings:
    return TrainingDataSettings(tuple(map(str, train)), (str(dev),) if dev else (), **given)


def losses(folder: Path) -> list[float]:
    return [float(row.split("\t")[2]) for row in (folder / "loss.tsv").read_text(encoding="utf-8").splitlines()[1:]]


def dev_losses(folder: Path) -> dict[int, float]:
    rows = [row.split("\t") for row in (folder / "dev.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    return {
        int(step): float(value) for step, measure, language, value in rows if (measure, language) == ("NLL", "mean")
    }


def loss_of(folder: Path, data: TrainingDataSettings, settings: GeneratorSettings) -> float:
    """The loss of the finished model on dev."""
    from pyserini_xqg.training.generator.trainer import DevLoss

    training = GeneratorTraining(data, settings, "cpu")
    model = open_model(str(folder), None, "float32", training.kind)
    return DevLoss(training.dev_pairs, training.form, 4)(model)["NLL"]


def written(folder: Path, generator: str, numbers: range) -> list[list[str]]:
    """The likeliest question for each of the passages."""
    likeliest: dict[str, Any] = {"greedy": True} if generator == "seq2seq" else {"top_k": 1}
    writer = make_generator(generator, folder, [], model=str(folder), device="cpu", **likeliest)
    found = []
    for number in numbers:
        passage = line(number)["positive_passages"][0]
        asked = [Passage(passage["docid"], passage["text"], passage["title"])]
        found += writer.generate(asked, line(number)["language"], 1, 0, lambda _: None)
    return found


# The tiny models are random: what LoRA leaves as it is knows nothing, so that it takes a high rate and rank.
LORA = {"recipe": "lora", "lora_dropout": 0.0, "lora_rank": 16, "learning_rate": 2e-2}


@pytest.mark.parametrize(
    ("base", "generator", "given", "files"),
    [
        ("mt5_without_dropout", "seq2seq", {"recipe": "paper", "learning_rate": 1e-2, "steps": 150}, FILES),
        ("chat", "causal", {**LORA, "learning_rate": 1e-2, "steps": 140}, FILES | ADAPTER | {"chat_template.jinja"}),
        ("gemma", "causal", {**LORA, "steps": 180}, FILES | ADAPTER),
    ],
)
@pytest.mark.slow
def test_twenty_examples_are_learned_by_heart_and_xqg_generate_takes_the_folder(
    base: str,
    generator: str,
    given: dict[str, Any],
    files: set[str],
    request: pytest.FixtureRequest,
    train_file: Path,
    tmp_path: Path,
) -> None:
    given = {**given, "batch_size": 20, "mini_batch": 20, "checkpoint_every": given["steps"]}
    chosen = generator_settings(given, {"base": str(request.getfixturevalue(base))})
    same = data(train_file, dev=train_file, leaks="allow")
    folder = tmp_path / "out"
    manifest = train_generator(same, folder, chosen, device="cpu")
    found = losses(folder)
    assert found[0] > 6 and found[-1] < 0.6
    assert manifest.details["dev"]["NLL"] < 0.5
    assert written(folder, generator, range(20)) == [[line(number)["query"]] for number in range(20)]
    assert {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()} == files
    assert loss_of(folder, same, chosen) == pytest.approx(manifest.details["dev"]["NLL"], abs=1e-4)
    corpus = write_lines(
        tmp_path / "corpus.jsonl",
        [{"id": each["docid"], "title": each["title"], "text": each["text"]} for each in line(1)["positive_passages"]],
    )
    command = ("generate", "--corpus", corpus, "--generator", generator, "--model", folder, "--language", "fi")
    likeliest = ("--greedy",) if generator == "seq2seq" else ("--top-k", 1)
    options = ("--num-queries", 1, "--least-script", 0, "--device", "cpu", "--output", tmp_path / "queries")
    assert call(*command, *likeliest, *options) == 0
    record = json.loads(next((tmp_path / "queries").glob("*.jsonl")).read_text(encoding="utf-8"))
    assert record["queries"] == {"fi": [line(1)["query"]]}


def test_the_manifest_and_the_card_say_what_was_done(
    settings: Settings, train_file: Path, dev_file: Path, tmp_path: Path
) -> None:
    manifest = train_generator(data(train_file, dev=dev_file), tmp_path / "out", settings(), device="cpu")
    assert manifest == Manifest.read(tmp_path / "out")
    assert manifest.kind == "model"
    assert manifest.counts["train"]["fi"] == {"pairs": 10, "passages": 10, "with English": 0}
    assert manifest.counts["leaks"] == {"ids": 0, "questions": 0, "passages": 20}
    assert {*manifest.details["dev"]} == {*manifest.details["dev_before"]} == {"NLL", "NLL fi", "NLL ru"}
    assert manifest.packages.keys() >= {"transformers", "torch", "accelerate", "peft"}
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    for part in (
        "in Finnish and Russian",
        "--generator seq2seq",
        "Generate a {language} question",
        "| Finnish (fi) | 10 | 10 | 0 | 10 |",
        "| steps | 4 (1.6 passes over the data) |",
        "LoRA | no",
        "Common to train and dev: passages 20",
        f"| ru | {manifest.details['dev_before']['NLL ru']:.4f} | {manifest.details['dev']['NLL ru']:.4f} |",
    ):
        assert part in card
    assert str(tmp_path) not in card
    assert "dev" in (tmp_path / "out" / "loss.svg").read_text(encoding="utf-8")
    assert sorted(file.name for file in tmp_path.iterdir() if file.is_dir()) == ["out"]
    weights = tmp_path / "out" / "model.safetensors"
    assert weights.stat().st_mode == (tmp_path / "out" / "README.md").stat().st_mode
    tokenizer = json.loads((tmp_path / "out" / "tokenizer.json").read_text(encoding="utf-8"))
    assert (tokenizer["truncation"], tokenizer["padding"]) == (None, None)


@pytest.mark.slow
def test_the_best_checkpoint_is_kept_or_the_last(
    settings: Settings, mt5_without_dropout: Path, train_file: Path, dev_file: Path, tmp_path: Path
) -> None:
    # So many steps on twenty examples that other questions become less and less likely.
    given = {"steps": 120, "checkpoint_every": 12, "batch_size": 20, "mini_batch": 20, "base": str(mt5_without_dropout)}
    both = data(train_file, dev=dev_file)
    best = train_generator(both, tmp_path / "best", settings(**given), device="cpu")
    last = train_generator(both, tmp_path / "last", settings(**given, keep="last"), device="cpu")
    curve = dev_losses(tmp_path / "best")
    assert curve == dev_losses(tmp_path / "last")
    assert [*curve] == list(range(0, 121, 12))
    expected = min((step for step in curve if step), key=lambda step: (curve[step], step))
    assert expected != 120
    assert (best.details["chosen_step"], last.details["chosen_step"]) == (expected, 120)
    for name, step in (("best", expected), ("last", 120)):
        assert loss_of(tmp_path / name, both, settings(**given)) == pytest.approx(curve[step], abs=1e-5)


@pytest.mark.parametrize("recipe", ["paper", "lora"])
@pytest.mark.slow
def test_a_killed_run_ends_with_the_weights_of_one_that_was_not(
    recipe: str, mt5: Path, gemma: Path, train_file: Path, dev_file: Path, tmp_path: Path
) -> None:
    # Dropout is on, and epochs end within steps.
    base = mt5 if recipe == "paper" else gemma
    command = [
        *("train", "generator", "--train", train_file, "--dev", dev_file, "--recipe", recipe, "--base", base),
        *("--batch-size", 8, "--mini-batch", 4, "--learning-rate", 1e-3, "--steps", 36, "--checkpoint-every", 6),
        *("--lora-dropout", 0.1, "--device", "cpu"),
    ]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    progress = tmp_path / "killed.partial" / "progress.json"
    start_and_kill((*command, "--output", killed), lambda: parts_done(progress) >= 6)
    done = parts_done(progress)
    assert 6 <= done < 36
    (progress.parent / "checkpoints" / "checkpoint-999").mkdir()  # one that was being written
    assert call(*command, "--output", killed, "--seed", 1) == 2  # other settings
    assert call(*command, "--output", killed) == 0
    assert call(*command, "--output", whole) == 0
    same = ["model.safetensors", "loss.tsv", "dev.tsv", "tokenizer.json"]
    for name in same + (["adapter/adapter_model.safetensors"] if recipe == "lora" else []):
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name
    assert len(losses(killed)) == 36
    made = (killed / "xqg.json").stat().st_mtime_ns
    assert call(*command, "--output", killed) == 0
    assert (killed / "xqg.json").stat().st_mtime_ns == made


@pytest.mark.slow
def test_a_run_killed_after_its_last_checkpoint_is_finished(
    settings: Settings, train_file: Path, tmp_path: Path
) -> None:
    whole = train_generator(data(train_file), tmp_path / "whole", settings(), device="cpu")
    blocked = tmp_path / "out.partial" / "settings.toml"
    blocked.mkdir(parents=True)  # ends the run where the model has been trained and is written
    with pytest.raises(OSError, match=r"settings\.toml"):
        train_generator(data(train_file), tmp_path / "out", settings(), device="cpu")
    assert (tmp_path / "out.partial" / "checkpoints" / "checkpoint-4").is_dir()
    blocked.rmdir()
    again = train_generator(data(train_file), tmp_path / "out", settings(), device="cpu")
    assert again == whole
    for name in ("model.safetensors", "loss.tsv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.slow
def test_what_saves_memory_changes_the_weights_by_rounding_only(train_file: Path, tmp_path: Path) -> None:
    bases = {
        "mt5": make_t5(tmp_path / "steady-mt5", initializer_factor=1.0, dropout_rate=0.0),
        "llama": make_causal(tmp_path / "llama", chat=False),
    }
    spared: list[dict[str, Any]] = [{"mini_batch": 3}, {"gradient_checkpointing": True}]
    for name, base in bases.items():
        weights = []
        for number, more in enumerate([{"mini_batch": 8}, *spared]):
            # SGD-like: no step is scaled up to the full rate where the gradient is next to nothing.
            given = {"base": str(base), "steps": 3, "batch_size": 8, "learning_rate": 1e-4, **more}
            folder = tmp_path / f"{name}-{number}"
            train_generator(data(train_file), folder, generator_settings(given), device="cpu")
            weights.append((load_file(folder / "model.safetensors"), losses(folder)))
        for other, curve in weights[1:]:
            assert curve == pytest.approx(weights[0][1], rel=1e-4)
            assert max(float((weights[0][0][key] - other[key]).abs().max()) for key in other) < 5e-5
        start = load_file(base / "model.safetensors")
        assert max(float((weights[0][0][key] - start[key]).abs().max()) for key in start) > 1e-4


@pytest.mark.slow
def test_bfloat16_keeps_what_learns_in_float32(
    settings: Settings, chat: Path, train_file: Path, tmp_path: Path
) -> None:
    def dtypes(file: Path) -> set[str]:
        return {str(value.dtype) for value in load_file(file).values()}

    half = {"precision": "bf16", "steps": 12, "batch_size": 20}
    train_generator(data(train_file), tmp_path / "whole", settings(**half), device="cpu")
    assert dtypes(tmp_path / "whole" / "model.safetensors") == {"torch.float32"}
    train_generator(data(train_file), tmp_path / "lora", settings(**half, **LORA, base=str(chat)), device="cpu")
    assert dtypes(tmp_path / "lora" / "model.safetensors") == {"torch.bfloat16"}
    assert dtypes(tmp_path / "lora" / "adapter" / "adapter_model.safetensors") == {"torch.float32"}
    for name in ("whole", "lora"):
        found = losses(tmp_path / name)
        assert found[-1] < found[0] - 1


@pytest.mark.slow
def test_what_lora_adds_is_in_the_weights_and_nothing_else_has_changed(
    settings: Settings, gemma: Path, train_file: Path, tmp_path: Path
) -> None:
    given = {**LORA, "base": str(gemma), "lora_targets": ("q_proj", "v_proj"), "lora_alpha": 8}
    train_generator(data(train_file), tmp_path / "out", settings(**given), device="cpu")
    start, merged = (load_file(folder / "model.safetensors") for folder in (gemma, tmp_path / "out"))
    adapter = load_file(tmp_path / "out" / "adapter" / "adapter_model.safetensors")
    changed = {key for key in start if not start[key].equal(merged[key])}
    assert {key.split(".")[-2] for key in changed} == {"q_proj", "v_proj"}
    assert len(changed) == 4
    key = "model.layers.1.self_attn.q_proj"
    first, second = (adapter[f"base_model.model.{key}.lora_{each}.weight"] for each in "AB")
    assert (start[f"{key}.weight"] + 8 / 16 * second @ first - merged[f"{key}.weight"]).abs().max() < 1e-6


@pytest.mark.parametrize("kind", ["mt5", "t5"])
@pytest.mark.parametrize("rank", [0, 4])
@pytest.mark.slow
def test_the_finished_folder_is_the_model_that_was_scored(
    kind: str, rank: int, train_file: Path, dev_file: Path, tmp_path: Path
) -> None:
    # mT5 has two matrices of tokens; T5 has one, and scales its logits.
    base = make_t5(tmp_path / kind, kind, initializer_factor=1.0)
    given = {"base": str(base), "steps": 6, "batch_size": 20, "learning_rate": 1e-2, "lora_rank": rank}
    chosen, both = generator_settings(given), data(train_file, dev=dev_file)
    manifest = train_generator(both, tmp_path / "out", chosen, device="cpu")
    assert loss_of(tmp_path / "out", both, chosen) == pytest.approx(manifest.details["dev"]["NLL"], abs=1e-4)
    kept = load_file(tmp_path / "out" / "model.safetensors").keys()
    assert ("lm_head.weight" in kept) == ("lm_head.weight" in load_file(base / "model.safetensors"))


@pytest.mark.slow
def test_english_questions_are_learned_from_too_where_asked_for(settings: Settings, tmp_path: Path) -> None:
    lines = [{**line(number), "english": f"where is number {number}"} for number in range(6)]
    lines[3]["language"] = "en"
    given = data(write_lines(tmp_path / "t.jsonl", lines), dev=write_lines(tmp_path / "d.jsonl", [dev_line(1)]))
    assert len(GeneratorTraining(given, settings(), "cpu").pairs) == 6
    chosen = settings(parallel=True)
    training = GeneratorTraining(given, chosen, "cpu")
    assert training.plan().train["fi"] == {"pairs": 4, "passages": 2, "with English": 2}
    assert training.plan().train["en"] == {"pairs": 1, "passages": 1, "with English": 0}
    assert training.plan().dev == {"fi": {"pairs": 1, "passages": 1, "with English": 0}}
    train_generator(given, tmp_path / "out", chosen, device="cpu")
    assert "the English question and the passage together" in (tmp_path / "out" / "README.md").read_text("utf-8")


def test_steps_come_from_epochs_where_they_are_not_given(settings: Settings, train_file: Path) -> None:
    plan = GeneratorTraining(data(train_file), settings(epochs=3), "cpu").plan()
    assert (plan.steps, plan.epochs, plan.checkpoint_every) == (8, 3.2, 1)
    plan = GeneratorTraining(data(train_file), settings(steps=100, output_length=4), "cpu").plan()
    assert (plan.steps, plan.epochs, plan.checkpoint_every) == (100, 40.0, 5)
    assert plan.cut_questions == {"fi": 10, "ru": 10}


def test_a_loss_that_is_no_number_ends_the_run(settings: Settings, train_file: Path, tmp_path: Path) -> None:
    with pytest.raises(XqgError, match=r"the loss is .* at step .*--learning-rate"):
        train_generator(data(train_file), tmp_path / "out", settings(learning_rate=1e30), device="cpu")
    assert not (tmp_path / "out").exists()


def test_a_planted_leak_stops_the_training_before_its_first_step(
    settings: Settings, train_file: Path, dev_file: Path, tmp_path: Path
) -> None:
    planted = [json.loads(row) for row in dev_file.read_text(encoding="utf-8").splitlines()]
    planted[3]["query"] = line(5)["query"].upper() + " ?"
    leaking = write_lines(tmp_path / "leaking.jsonl", planted)
    with pytest.raises(InvalidInput, match="q5 = dev3"):
        train_generator(data(train_file, dev=leaking), tmp_path / "out", settings(), device="cpu")
    assert not [file for file in tmp_path.iterdir() if file.name.startswith("out")]


def test_what_cannot_be_trained_is_refused(settings: Settings, train_file: Path, tmp_path: Path) -> None:
    questions = write_lines(tmp_path / "xor.jsonl", [{"id": "1", "question": "q", "answers": ["a"], "lang": "fi"}])
    with pytest.raises(InvalidInput, match="no passage that answers one"):
        GeneratorTraining(data(questions), settings(), "cpu")
    nameless = write_lines(tmp_path / "nameless.jsonl", [{**line(1), "language": None}])
    with pytest.raises(InvalidInput, match="q1 does not say its language"):
        GeneratorTraining(data(nameless), settings(), "cpu")
    assert len(GeneratorTraining(data(nameless), settings(default_language="sw"), "cpu").pairs) == 1
    with pytest.raises(UsageError, match="dev_corpus is for retrievers"):
        GeneratorTraining(data(train_file, dev_corpus="c.jsonl"), settings(), "cpu")
    with pytest.raises(UsageError, match="20 tokens of input have no room"):
        GeneratorTraining(data(train_file), settings(input_length=20), "cpu")
    with pytest.raises(UsageError, match="LoRA cannot be added"):
        GeneratorTraining(data(train_file), settings(lora_rank=2, lora_targets=("nothing",)), "cpu")
