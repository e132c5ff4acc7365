from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import MissingInput, MissingPrerequisite, UsageError, XqgError
from pyserini_xqg.generation.backends.causal import CausalGenerator, _Answer
from pyserini_xqg.generation.prompts import instructions as prompts
from tests.conftest import WORDS, sentence

TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<|pad|>", "<|end|>", "<|user|>", "<|assistant|>"]
PASSAGES = [Passage(f"d{number}", sentence(number, 3 + number * 7 % 25)) for number in range(5)]


def make_causal(folder: Path, *, chat: bool, family: str = "llama", positions: int = 4096) -> Path:
    """A random decoder with a small byte-level tokenizer."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import (
        AutoModelForCausalLM,
        Gemma3TextConfig,
        GPT2Config,
        LlamaConfig,
        PreTrainedTokenizerFast,
    )

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    texts = [*prompts.EXAMPLE_PASSAGES, *prompts.EXAMPLE_QUESTIONS["ru"], prompts.INSTRUCTION, *WORDS]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator(
        texts,
        trainers.BpeTrainer(vocab_size=700, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<|pad|>",
        eos_token="<|end|>",
        extra_special_tokens=SPECIAL[2:],
        chat_template=TEMPLATE if chat else None,
    )
    size: dict[str, Any] = {
        "vocab_size": raw.get_vocab_size(),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": positions,
        # Weights large enough that what was read decides on what is written.
        "initializer_range": 0.3,
        "eos_token_id": 1,
        "bos_token_id": None,
        "pad_token_id": 0,
    }
    torch.manual_seed(1)
    if family == "gpt2":
        config: Any = GPT2Config(**size)
    elif family == "gemma3":
        types = ["sliding_attention", "full_attention"]
        config = Gemma3TextConfig(
            **size, num_key_value_heads=1, intermediate_size=64, head_dim=8, sliding_window=32, layer_types=types
        )
    else:
        config = LlamaConfig(**size, num_key_value_heads=2, intermediate_size=64)
    AutoModelForCausalLM.from_config(config).eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_causal(tmp_path_factory.mktemp("causal") / "chat", chat=True))


@pytest.fixture(scope="module")
def base_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_causal(tmp_path_factory.mktemp("causal") / "base", chat=False, family="gpt2"))


@pytest.fixture(scope="module")
def window_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Its attention reaches less far than a prompt is long."""
    return str(make_causal(tmp_path_factory.mktemp("causal") / "window", chat=False, family="gemma3"))


def generator_of(model: str, **options: Any) -> CausalGenerator:
    return CausalGenerator(model, **{"output_length": 12, "device": "cpu", **options})


def write(
    generator: CausalGenerator, passages: list[Passage] = PASSAGES, n: int = 3, seed: int = 7, language: str = "ru"
) -> list[list[str]]:
    return generator.generate(passages, language, n, seed, lambda _: None)


def with_budget(generator: CausalGenerator, tokens: int) -> CausalGenerator:
    generator._budget = tokens
    return generator


def prompts_read(generator: CausalGenerator) -> list[str]:
    """The prompts that reach the model from here on, one for each row of each call."""
    read: list[str] = []
    original = generator._model.generate

    def listen(ids: Any, **options: Any) -> Any:
        if "past_key_values" in options or "logits_processor" in options:
            masks = options["attention_mask"]
            kept = [row[mask.bool()] for row, mask in zip(ids, masks, strict=True)]
            read.extend(generator._tokenizer.batch_decode(kept))
        return original(ids, **options)

    generator._model.generate = listen
    return read


@pytest.mark.parametrize(
    ("fixture", "form"),
    [("chat_model", "list"), ("chat_model", "samples"), ("base_model", "samples"), ("window_model", "samples")],
)
def test_queries_do_not_depend_on_the_batch(fixture: str, form: Any, request: pytest.FixtureRequest) -> None:
    generator = generator_of(request.getfixturevalue(fixture), form=form)
    newline = generator._ids("\n")[0]

    def newlines_are_likely(module: Any, arguments: Any, logits: Any) -> Any:
        logits[..., newline] = logits.amax(dim=-1)
        return logits

    # So that there are lists with more than one line, and samples that end early.
    generator._model.lm_head.register_forward_hook(newlines_are_likely)
    together = write(with_budget(generator, 10**6))
    alone = write(with_budget(generator, 1))
    reverse = write(with_budget(generator, 1500), PASSAGES[::-1])[::-1]
    assert together == alone == reverse
    texts = [text for texts in together for text in texts]
    assert len({*texts}) > 4


@pytest.mark.parametrize("fixture", ["chat_model", "base_model", "window_model"])
def test_reading_the_prompt_once_for_all_samples_changes_nothing(
    fixture: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = generator_of(request.getfixturevalue(fixture), form="samples")
    once = write(generator)
    monkeypatch.setattr("pyserini_xqg.generation.backends.causal.DynamicCache", int)
    assert write(generator) == once


def test_other_seeds_and_other_passages_draw_otherwise(base_model: str) -> None:
    generator = generator_of(base_model)
    twin = [Passage("other", PASSAGES[0].text)]
    first = write(generator, PASSAGES[:1])
    assert write(generator, PASSAGES[:1]) == first
    assert write(generator, PASSAGES[:1], seed=8) != first
    assert write(generator, twin) != first


def test_more_samples_leave_the_first_ones_as_they_were(base_model: str) -> None:
    generator = generator_of(base_model)
    assert [texts[:1] for texts in write(generator, n=4)] == write(generator, n=1)


def test_what_a_model_asks_of_sampling_does_not_count(base_model: str, tmp_path: Path) -> None:
    import shutil

    other = shutil.copytree(base_model, tmp_path / "other")
    file = other / "generation_config.json"
    asked = {"do_sample": True, "temperature": 0.01, "top_k": 1, "repetition_penalty": 9.0, "num_beams": 2}
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **asked}), encoding="utf-8")
    assert write(generator_of(str(other))) == write(generator_of(base_model))


def test_a_top_k_of_one_takes_the_likeliest_and_a_large_one_takes_all(base_model: str) -> None:
    generator = generator_of(base_model, top_k=1)
    assert not generator.samples
    greedy = write(generator, PASSAGES[:1], n=3)[0]
    assert len({*greedy}) == 1
    assert write(generator_of(base_model, top_k=10**6, temperature=5.0), PASSAGES[:1])[0]


def test_a_base_model_reads_the_examples_and_stops_at_the_end_of_the_line(base_model: str) -> None:
    generator = generator_of(base_model, output_length=40)
    newline = generator._ids("\n")[0]
    steps: list[int] = []

    def fifth_is_newline(module: Any, arguments: Any, logits: Any) -> Any:
        steps.append(1)
        logits[..., newline] = 1e4 if len(steps) == 6 else -1e4
        return logits

    # The first step reads the prompt for both samples.
    hook = generator._model.lm_head.register_forward_hook(fifth_is_newline)
    read = prompts_read(generator)
    queries = write(generator, PASSAGES[:2], n=2)
    hook.remove()
    assert set(read) == {prompts.worked_examples(passage.text, "ru") for passage in PASSAGES[:2]}
    assert len(steps) == 6
    assert [len(texts) for texts in queries] == [2, 2]


def test_a_chat_model_reads_the_instruction_through_its_template(chat_model: str) -> None:
    generator = generator_of(chat_model, instruction="Ask {n} in {language}: {passage}")
    read = prompts_read(generator)
    write(generator, PASSAGES[:1], n=4)
    assert read == [f"<|user|>Ask 4 in Russian: {PASSAGES[0].text}<|end|><|assistant|>"]


def test_samples_of_a_chat_model_are_asked_for_one_question_each(chat_model: str) -> None:
    generator = generator_of(chat_model, form="samples", instruction="Ask {n}: {passage}")
    read = prompts_read(generator)
    assert len(write(generator, PASSAGES[:1], n=4)[0]) <= 4
    assert read == [f"<|user|>Ask 1: {PASSAGES[0].text}<|end|><|assistant|>"] * 4


@pytest.mark.parametrize("fixture", ["chat_model", "base_model"])
def test_a_long_passage_is_cut_and_the_prompt_around_it_is_not(fixture: str, request: pytest.FixtureRequest) -> None:
    generator = generator_of(request.getfixturevalue(fixture), input_length=50)
    text = "ѫ" * 1000
    read = prompts_read(generator)
    write(generator, [Passage("long", text)], n=1)
    # Two tokens a letter that the tokenizer never saw; one that was cut in two is left out.
    assert read[0] == generator._prompt("ѫ" * 25, "ru", 1)
    assert "�" not in read[0]


def test_a_passage_is_cut_further_where_the_model_has_no_room(tmp_path: Path) -> None:
    model = make_causal(tmp_path / "short", chat=True, family="gpt2", positions=200)
    generator = generator_of(str(model), instruction="Ask: {passage}", output_length=10)
    read = prompts_read(generator)
    write(generator, [Passage("long", "x" * 1000)], n=3)
    assert read[0].endswith("<|end|><|assistant|>")
    assert len(generator._ids(read[0])) == 200 - 3 * 10 - 4


def test_a_model_with_no_room_for_the_prompt_is_refused(tmp_path: Path) -> None:
    model = make_causal(tmp_path / "short", chat=False, family="gpt2", positions=100)
    with pytest.raises(UsageError, match=r"at most 100 tokens; the prompt for Russian has .* shorter output_length"):
        write(generator_of(str(model)))


def test_a_list_that_was_cut_loses_its_last_question(chat_model: str) -> None:
    generator = generator_of(chat_model)
    ids = generator._tokenizer("1. Where?\n2. Wh")["input_ids"]
    assert generator._read(generator._decode(ids, len(ids)), "en", 2) == ["Where?"]
    assert generator._read(generator._decode([*ids, 1, 0, 0], len(ids) + 3), "en", 2) == ["Where?", "Wh"]


def test_a_thought_between_special_tokens_is_no_question(chat_model: str) -> None:
    generator = generator_of(chat_model)
    (mark,) = {"<|assistant|>"} & generator.special_tokens
    ids = generator._tokenizer(f"<think>What?</think>1. Where?\n2. When?{mark}")["input_ids"]
    assert generator._read(generator._decode([*ids, 1], len(ids) + 9), "en", 2) == ["Where?", f"When?{mark}"]


def test_a_question_of_the_examples_is_no_query(base_model: str) -> None:
    generator = generator_of(base_model)
    own = prompts.EXAMPLE_QUESTIONS["ru"][0]
    assert generator._read(_Answer(f" {own}\nPassage: and so on"), "ru", 1) == []
    assert generator._read(_Answer(" Кто построил мост?\nPassage: and so on"), "ru", 1) == ["Кто построил мост?"]


def test_progress_counts_every_passage_once(base_model: str) -> None:
    progress: list[int] = []
    generator = with_budget(generator_of(base_model), 1500)
    generator.generate(PASSAGES, "ru", 2, 7, progress.append)
    assert sum(progress) == len(PASSAGES) and len(progress) > 1


def test_a_batch_that_does_not_fit_is_halved(base_model: str, caplog: pytest.LogCaptureFixture) -> None:
    import torch

    generator = with_budget(generator_of(base_model), 10**6)
    expected = write(generator)
    sizes: list[int] = []

    def run_out(module: Any, arguments: Any, options: dict[str, Any]) -> None:
        sizes.append(len(options["input_ids"]))
        if sizes[-1] > 7:
            raise torch.OutOfMemoryError("out of memory")

    hook = generator._model.register_forward_pre_hook(run_out, with_kwargs=True)
    progress: list[int] = []
    assert generator.generate(PASSAGES, "ru", 3, 7, progress.append) == expected
    hook.remove()
    assert max(sizes) > 7 and sum(progress) == len(PASSAGES)
    assert "out of memory at 5 passages; going on with half as many" in caplog.text


def test_one_passage_that_does_not_fit_ends_in_an_error_that_says_what_to_do(base_model: str) -> None:
    import torch

    generator = generator_of(base_model)

    def run_out(*_: Any) -> None:
        raise torch.OutOfMemoryError("out of memory")

    generator._model.register_forward_pre_hook(run_out)
    with pytest.raises(XqgError, match=r"out of memory on one passage with a prompt of .* 3 answers; give a smaller"):
        write(generator)


def test_settings_hold_all_that_decides(base_model: str, chat_model: str) -> None:
    plain = generator_of(base_model).settings
    assert json.loads(json.dumps(plain)) == plain
    assert plain["generator"] == "causal" and plain["form"] == "samples" and len(plain["fingerprint"]) == 64
    assert generator_of(chat_model).settings["form"] == "list"
    assert generator_of(chat_model, form="samples").settings["form"] == "samples"
    for other in (
        {"top_k": 3},
        {"temperature": 0.1},
        {"input_length": 9},
        {"output_length": 9},
        {"dtype": "bfloat16"},
        {"instruction": "Ask!"},
    ):
        assert generator_of(base_model, **other).settings != plain


def test_rounded_numbers_are_not_promised_to_be_reproducible(base_model: str) -> None:
    assert generator_of(base_model).reproducible
    rounded = generator_of(base_model, dtype="bfloat16")
    assert not rounded.reproducible
    assert any(write(rounded))


def test_a_list_of_a_model_without_a_chat_template_is_refused(base_model: str) -> None:
    with pytest.raises(UsageError, match=r"no chat template.*form samples"):
        generator_of(base_model, form="list")


@pytest.mark.parametrize("option", [{"top_k": 0}, {"temperature": 0.0}, {"input_length": 0}, {"output_length": 0}])
def test_settings_that_cannot_be_are_refused(base_model: str, option: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(option))):
        generator_of(base_model, **option)


def test_a_device_that_is_not_there_is_said_before_the_model_is_read() -> None:
    with pytest.raises(MissingPrerequisite, match="cuda:99"):
        CausalGenerator("./nowhere", device="cuda:99")


def test_a_model_that_is_not_there_is_a_missing_input(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="nowhere: no such folder"):
        generator_of(str(tmp_path / "nowhere"))
    with pytest.raises(MissingInput, match=r"cannot be loaded \(.*causal language model with config.json"):
        generator_of(str(tmp_path))


def test_a_model_of_another_kind_is_a_missing_input(tiny_model: Path) -> None:
    # It would load, with noise for what it lacks.
    with pytest.raises(MissingInput, match=r"cannot be loaded .its weights lack cls"):
        generator_of(str(tiny_model))


def test_the_key_facts_are_logged(base_model: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        generator_of(base_model)
    assert f"writing queries with {base_model} on cpu (float32)" in caplog.text
