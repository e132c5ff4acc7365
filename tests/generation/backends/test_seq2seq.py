from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.encoding.loading import fingerprint
from pyserini_xqg.errors import MissingInput, MissingPrerequisite, UsageError, XqgError
from pyserini_xqg.generation.backends import _prompted as prompted
from pyserini_xqg.generation.backends.seq2seq import Seq2SeqGenerator
from pyserini_xqg.generation.prompts.seq2seq import PAPER_PROMPT, PromptTokenizer, fill_prompt
from tests.conftest import make_model, sentence

Queries = list[list[str]]


def generator_of(model: Path, **options: Any) -> Seq2SeqGenerator:
    return Seq2SeqGenerator(model=str(model), device="cpu", **options)


def write(generator: Seq2SeqGenerator, passages: list[Passage], n: int = 3, seed: int = 1) -> Queries:
    return generator.generate(passages, "fi", n, seed, lambda _: None)


def test_the_prompt_is_that_of_the_paper() -> None:
    passage = Passage("d1", "It flows through ten countries.", "Danube")
    assert fill_prompt(PAPER_PROMPT, "te", passage) == (
        "Generate a Telugu question for this passage: Danube It flows through ten countries."
    )


def test_a_passage_without_a_title_leaves_no_double_blank() -> None:
    untitled = Passage("d1", "It flows {east}.")
    assert fill_prompt(PAPER_PROMPT, "ar", untitled) == "Generate a Arabic question for this passage: It flows {east}."
    assert fill_prompt("{title} | {passage}", "ar", untitled) == "| It flows {east}."


def test_titles_and_passages_may_hold_braces() -> None:
    assert fill_prompt("{title}: {passage}", "ar", Passage("d1", "{language}", "{title} x")) == "{title} x: {language}"


@pytest.mark.parametrize(
    "prompt, message",
    [
        ("{language}: {text}", "{text}"),
        ("{}: {passage}", "{}"),
        ("{passage!r}", "{passage}"),
        ("{passage:>10}", "{passage}"),
        ("Ask in {language}", "no {passage}"),
        ("Ask {passage} in {language", "is no template"),
    ],
)
def test_a_prompt_that_cannot_be_filled_is_refused(prompt: str, message: str, tiny_mt5: Path) -> None:
    with pytest.raises(UsageError) as error:
        generator_of(tiny_mt5, prompt=prompt)
    assert message in str(error.value)


def test_an_over_long_passage_loses_its_end_and_the_prompt_stays(tiny_mt5: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_mt5)
    passage = Passage("d1", sentence(1, 100), "silta")
    (whole,) = PromptTokenizer(tokenizer, PAPER_PROMPT, 10_000)([passage], "fi")
    (cut,) = PromptTokenizer(tokenizer, PAPER_PROMPT, 60)([passage], "fi")
    assert len(whole) > 200
    assert cut == [*whole[:59], tokenizer.eos_token_id]
    assert tokenizer.decode(cut).startswith("Generate a Finnish question for this passage: silta")


def test_what_a_prompt_says_after_the_passage_stays(tiny_mt5: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_mt5)
    short, long = Passage("d1", sentence(1, 5)), Passage("d2", sentence(1, 100))
    rows = PromptTokenizer(tokenizer, "this passage: {passage} question:", 60)([short, long], "fi")
    assert len(rows[0]) < len(rows[1]) == 60
    assert rows[0] == tokenizer(f"this passage: {short.text} question:")["input_ids"]
    text = tokenizer.decode(rows[1], skip_special_tokens=True)
    assert text.startswith(f"this passage: {sentence(1, 5)}")
    assert text.endswith("question:")


def test_an_input_length_with_no_room_for_a_passage_is_refused(tiny_mt5: Path) -> None:
    with pytest.raises(UsageError, match="15 tokens of input have no room for a passage"):
        generator_of(tiny_mt5, input_length=15)


def test_greedy_queries_are_those_of_plain_generate(tiny_mt5: Path, passages: list[Passage]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_mt5)
    model = AutoModelForSeq2SeqLM.from_pretrained(tiny_mt5).eval()
    expected = []
    for passage in passages:
        ids = tokenizer(fill_prompt(PAPER_PROMPT, "fi", passage), return_tensors="pt")
        tokens = model.generate(**ids, do_sample=False, max_new_tokens=12)[0]
        known = [token for token in tokens.tolist() if token < len(tokenizer)]
        expected.append([tokenizer.decode(known, skip_special_tokens=True)])
    generator = generator_of(tiny_mt5, greedy=True, output_length=12)
    assert write(generator, passages) == expected
    assert len({query for (query,) in expected}) > 8  # the model tells passages apart
    assert not generator.samples


@pytest.mark.parametrize("budget", [1, 600, 1200])
def test_the_queries_are_the_same_in_every_batch(
    budget: int, tiny_mt5: Path, passages: list[Passage], monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = generator_of(tiny_mt5)
    sizes: list[int] = []
    generator._model.get_encoder().register_forward_pre_hook(
        lambda _, __, features: sizes.append(len(features["input_ids"])), with_kwargs=True
    )
    expected = write(generator, passages)
    assert sizes == [13]
    monkeypatch.setitem(prompted.TOKENS_PER_BATCH, "cpu", budget)
    sizes.clear()
    assert write(generator, passages) == expected
    assert len(sizes) > 2
    assert (max(sizes) == 1) == (budget == 1)
    assert sum(sizes) == 13  # each passage through the encoder once


def test_what_is_drawn_depends_on_the_seed_and_the_id_not_on_the_other_passages(
    tiny_mt5: Path, passages: list[Passage]
) -> None:
    generator = generator_of(tiny_mt5)
    expected = write(generator, passages)
    assert write(generator, passages[::-1]) == expected[::-1]
    assert write(generator, passages[3:5]) == expected[3:5]
    other_seed = write(generator, passages, seed=2)
    renamed = write(generator, [Passage(f"x{passage.id}", passage.text, passage.title) for passage in passages])
    for others in (other_seed, renamed):
        assert all(queries != other for queries, other in zip(expected, others, strict=True))
    assert all(len(set(queries)) == 3 for queries in expected)


def test_fewer_queries_are_the_first_of_more(tiny_mt5: Path, passages: list[Passage]) -> None:
    generator = generator_of(tiny_mt5)
    assert write(generator, passages, n=2) == [queries[:2] for queries in write(generator, passages, n=5)]


def test_sampling_leaves_the_random_numbers_of_torch_alone(tiny_mt5: Path, passages: list[Passage]) -> None:
    generator = generator_of(tiny_mt5)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    write(generator, passages)
    assert torch.equal(torch.rand(3), expected)


def test_top_1_is_greedy_and_a_high_temperature_is_not(tiny_mt5: Path, passages: list[Passage]) -> None:
    greedy = write(generator_of(tiny_mt5, greedy=True), passages)
    assert write(generator_of(tiny_mt5, top_k=1), passages, n=1) == greedy
    assert write(generator_of(tiny_mt5, temperature=1e-4), passages, n=1) == greedy
    assert write(generator_of(tiny_mt5, temperature=2.0), passages, n=1) != greedy


def test_a_publishers_settings_of_decoding_do_not_count(
    tiny_mt5: Path, passages: list[Passage], tmp_path: Path
) -> None:
    expected = write(generator_of(tiny_mt5), passages)
    folder = Path(shutil.copytree(tiny_mt5, tmp_path / "model"))
    file = folder / "generation_config.json"
    settings = {"num_beams": 4, "do_sample": True, "top_k": 2, "min_new_tokens": 30, "repetition_penalty": 5.0}
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))
    assert write(generator_of(folder), passages) == expected


def test_the_settings_say_all_that_decides(tiny_mt5: Path) -> None:
    assert generator_of(tiny_mt5, top_k=5, temperature=0.7).settings == {
        "generator": "seq2seq",
        "model": str(tiny_mt5),
        "revision": None,
        "fingerprint": fingerprint(str(tiny_mt5)),
        "prompt": PAPER_PROMPT,
        "top_k": 5,
        "temperature": 0.7,
        "input_length": 256,
        "output_length": 32,
        "dtype": "float32",
        "greedy": False,
    }


def test_progress_tells_of_every_passage_once(
    tiny_mt5: Path, passages: list[Passage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(prompted.TOKENS_PER_BATCH, "cpu", 600)
    told: list[int] = []
    generator_of(tiny_mt5).generate(passages, "fi", 2, 1, told.append)
    assert len(told) > 2
    assert sum(told) == 13


def test_bfloat16_writes_queries_and_promises_no_repetition(tiny_mt5: Path, passages: list[Passage]) -> None:
    generator = generator_of(tiny_mt5, dtype="bfloat16")
    assert all(len(set(queries)) == 3 for queries in write(generator, passages))
    assert not generator.reproducible
    assert generator_of(tiny_mt5).reproducible


def test_float16_is_refused_with_the_reason(tiny_mt5: Path) -> None:
    with pytest.raises(UsageError, match=r"float16 with a model of the type mt5: .* take float32 or bfloat16"):
        generator_of(tiny_mt5, dtype="float16")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"top_k": 0}, "top_k is 0"),
        ({"top_k": 10_000}, "has 1[0-9]{2} tokens"),
        ({"temperature": 0}, "temperature is 0"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"output_length": 0}, "output_length is 0"),
        ({"dtype": "int8"}, "dtype is 'int8': one of float32, bfloat16"),
    ],
)
def test_arguments_that_cannot_be_are_refused(options: dict[str, Any], message: str, tiny_mt5: Path) -> None:
    with pytest.raises(UsageError, match=message):
        generator_of(tiny_mt5, **options)


def test_out_of_memory_halves_the_batch(
    tiny_mt5: Path, passages: list[Passage], caplog: pytest.LogCaptureFixture
) -> None:
    generator = generator_of(tiny_mt5)
    expected = write(generator, passages)
    sizes: list[int] = []

    def run_out(_: Any, __: Any, features: dict[str, Any]) -> None:
        sizes.append(len(features["encoder_outputs"][0]))
        if sizes[-1] > 12:
            raise torch.OutOfMemoryError("out of memory")

    generator._model.register_forward_pre_hook(run_out, with_kwargs=True)
    with caplog.at_level(logging.WARNING, logger="pyserini_xqg"):
        assert write(generator, passages) == expected
    assert [size for number, size in enumerate(sizes) if size != sizes[number - 1]] == [39, 18, 9, 21, 9, 12]
    assert "out of memory at 13 passages; going on with half as many" in caplog.text


def test_one_passage_that_does_not_fit_ends_in_an_error_that_says_what_to_do(
    tiny_mt5: Path, passages: list[Passage]
) -> None:
    generator = generator_of(tiny_mt5)

    def run_out(*_: Any) -> None:
        raise torch.OutOfMemoryError("out of memory")

    generator._model.register_forward_pre_hook(run_out)
    with pytest.raises(XqgError, match=r"out of memory on 3 queries for one passage of .* tokens; ask for fewer"):
        write(generator, passages)


def test_other_errors_of_torch_are_not_taken_for_a_lack_of_memory(tiny_mt5: Path, passages: list[Passage]) -> None:
    generator = generator_of(tiny_mt5)
    calls = []

    def fail(*_: Any) -> None:
        calls.append(1)
        raise RuntimeError("something else")

    generator._model.register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError, match="something else"):
        write(generator, passages)
    assert len(calls) == 1


def test_a_device_that_is_not_there_is_a_missing_prerequisite(tiny_mt5: Path) -> None:
    with pytest.raises(MissingPrerequisite, match="cuda:99"):
        Seq2SeqGenerator(model=str(tiny_mt5), device="cuda:99")


def test_a_model_that_is_not_there_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no such folder"):
        generator_of(tmp_path / "nowhere")
    with pytest.raises(MissingInput, match="without a network, only a folder or what is in the cache"):
        Seq2SeqGenerator(model="nobody/no-such-model", device="cpu")


def test_an_encoder_is_no_sequence_to_sequence_model(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="a bert model is no sequence-to-sequence model"):
        generator_of(make_model(tmp_path / "bert"))


def test_weights_that_lack_a_part_are_refused(tiny_mt5: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(tiny_mt5, tmp_path / "model"))
    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if not name.startswith("decoder.block.1.")}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(MissingInput, match=r"its weights lack decoder\.block\.1\."):
        generator_of(folder)


def test_a_tokenizer_without_its_files_is_refused(tiny_mt5: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_mt5, tmp_path / "model"))
    (folder / "tokenizer.json").unlink()
    with pytest.raises(MissingInput, match="tokenizer"):
        generator_of(folder)


def test_weights_saved_by_torch_are_read_as_well(tiny_mt5: Path, passages: list[Passage], tmp_path: Path) -> None:
    from safetensors.torch import load_file

    folder = Path(shutil.copytree(tiny_mt5, tmp_path / "model"))
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    assert write(generator_of(folder), passages) == write(generator_of(tiny_mt5), passages)
