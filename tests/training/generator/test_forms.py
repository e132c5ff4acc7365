from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.backends.causal import CausalGenerator
from pyserini_xqg.generation.backends.loading import open_model, open_tokenizer
from pyserini_xqg.generation.backends.seq2seq import Seq2SeqGenerator
from pyserini_xqg.training.generator.forms import CausalForm, GeneratorForm, Seq2SeqForm, target_losses
from pyserini_xqg.training.generator.pairs import GeneratorPair
from tests.conftest import sentence
from tests.fixtures.generation import make_t5
from tests.generation.backends.test_causal import make_causal

PAIRS = [
    GeneratorPair(
        Passage(f"d{number}", sentence(number, 3 + number * 9), "joki" * (number % 2)), "ru", sentence(90, 2 + n)
    )
    for number, n in enumerate((1, 5, 2, 0))
]
ENGLISH = GeneratorPair(Passage("d", "river and bridge", "stone"), "fi", "missä joki", "where is the river")
FAMILIES = ("mt5", "llama chat", "llama", "gpt2", "gemma3")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("bases")
    causal = {
        name: make_causal(place / name, chat=name.endswith("chat"), family=name.split()[0]) for name in FAMILIES[1:]
    }
    return {"mt5": make_t5(place / "mt5"), **causal}


def opened(folder: Path, input_length: int = 64, output_length: int = 24) -> tuple[Any, Any, GeneratorForm]:
    """Model, tokenizer, form."""
    is_t5 = folder.name == "mt5"
    kind: Any = "sequence-to-sequence" if is_t5 else "causal language"
    tokenizer, model = open_tokenizer(str(folder), None, kind), open_model(str(folder), None, "float32", kind)
    form = (Seq2SeqForm if is_t5 else CausalForm)(tokenizer, model, input_length, output_length)
    return model, tokenizer, form


def test_an_encoder_decoder_reads_what_xqg_generate_has_it_read(folders: dict[str, Path]) -> None:
    _, tokenizer, form = opened(folders["mt5"], input_length=60)
    generator = Seq2SeqGenerator(model=str(folders["mt5"]), input_length=60, device="cpu")
    asked = generator._prompts([pair.passage for pair in PAIRS], "ru")
    assert [form.prompt_ids(pair) for pair in PAIRS] == asked
    assert max(map(len, asked)) == 60
    assert tokenizer.decode(form.prompt_ids(PAIRS[0]), skip_special_tokens=True).startswith(
        "Generate a Russian question"
    )


@pytest.mark.parametrize("name", FAMILIES[1:])
def test_a_language_model_reads_what_xqg_generate_has_it_read(
    name: str, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    form = opened(folders[name], input_length=30)[2]
    monkeypatch.setattr("pyserini_xqg.generation.backends.causal.trained_prompt", lambda *_: form.prompt)
    generator = CausalGenerator(str(folders[name]), input_length=30, device="cpu")
    read: list[list[int]] = []
    original = generator._model.generate

    def listen(ids: Any, **options: Any) -> Any:
        read.extend(row[mask.bool()].tolist() for row, mask in zip(ids, options["attention_mask"], strict=True))
        return original(ids, **options)

    generator._model.generate = listen
    generator.generate([pair.passage for pair in PAIRS], "ru", 1, 0, lambda _: None)
    assert sorted(read) == sorted(form.prompt_ids(pair) for pair in PAIRS)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_question_ends_with_the_token_that_ends_answers_unless_it_was_cut(
    name: str, folders: dict[str, Path]
) -> None:
    _, tokenizer, form = opened(folders[name])
    end = tokenizer.convert_tokens_to_ids("</s>" if name == "mt5" else "<|end|>")
    whole = form.target(PAIRS[0])
    assert (whole[-1], whole.count(end)) == (end, 1)
    assert tokenizer.decode(whole, skip_special_tokens=True).strip() == PAIRS[0].question
    assert not form.is_cut(PAIRS[0])
    short = opened(folders[name], output_length=len(whole) - 1)[2]
    assert short.target(PAIRS[0]) == whole[:-1]
    assert short.is_cut(PAIRS[0])


@pytest.mark.parametrize("name", FAMILIES)
def test_only_the_questions_tokens_are_learned_and_neighbours_change_nothing(
    name: str, folders: dict[str, Path]
) -> None:
    model, _, form = opened(folders[name])
    batch = form(PAIRS)
    assert (batch["targets"] != -100).sum(dim=1).tolist() == [len(form.target(pair)) for pair in PAIRS]
    with torch.no_grad():
        together = target_losses(model, batch)
        assert together.shape == batch["targets"].shape
        assert (together[batch["targets"] == -100] == 0).all()
        for row, pair in zip(together, PAIRS, strict=True):
            # Transformers' own loss of the pair alone.
            target = form.target(pair)
            if name == "mt5":
                ids, labels = form.prompt_ids(pair), target
            else:
                ids, labels = [*form.prompt_ids(pair), *target], [-100] * len(form.prompt_ids(pair)) + target
            own = model(input_ids=torch.tensor([ids]), labels=torch.tensor([labels])).loss
            assert float(row.sum()) / len(target) == pytest.approx(float(own), rel=1e-4)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_english_question_has_a_prompt_of_its_own(name: str, folders: dict[str, Path]) -> None:
    _, tokenizer, form = opened(folders[name], input_length=160)
    plain = GeneratorPair(ENGLISH.passage, ENGLISH.language, ENGLISH.question)
    with_it, without = (tokenizer.decode(form.prompt_ids(pair), skip_special_tokens=True) for pair in (ENGLISH, plain))
    assert ENGLISH.english and ENGLISH.english in with_it and ENGLISH.english not in without
    assert "river and bridge" in with_it and "Finnish" in with_it
    assert form.target(ENGLISH) == form.target(plain)
    if name == "mt5":
        assert (
            without.startswith("Generate a Finnish question") and "Generate" not in with_it and "title" not in with_it
        )


def test_a_long_passage_leaves_the_english_question_whole(folders: dict[str, Path]) -> None:
    long = GeneratorPair(Passage("d", sentence(3, 300)), "fi", "missä", "where is the river")
    for name in ("mt5", "llama"):
        _, tokenizer, form = opened(folders[name], input_length=64)
        assert "where is the river" in tokenizer.decode(form.prompt_ids(long))


def test_a_base_without_room_is_refused(tmp_path: Path) -> None:
    form = opened(make_causal(tmp_path / "short", chat=False, family="gpt2", positions=100), 80, 20)[2]
    assert isinstance(form, CausalForm)
    with pytest.raises(UsageError, match=r"at most 100 tokens; the prompt for Russian has .* --input-length"):
        form.check_room(PAIRS)
