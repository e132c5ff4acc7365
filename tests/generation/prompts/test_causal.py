from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.generation.backends.causal import CausalGenerator
from pyserini_xqg.generation.prompts import instructions as prompts
from pyserini_xqg.generation.prompts.causal import TRAINED_PROMPT, trained_prompt
from pyserini_xqg.storage.manifest import Manifest
from tests.generation.backends.test_causal import make_causal


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("bases")
    make_causal(place / "base", chat=False)
    make_causal(place / "chat", chat=True)
    return place


def trained(base: Path, folder: Path, prompt: str) -> str:
    """The base as `xqg train generator` leaves one."""
    shutil.copytree(base, folder)
    Manifest("model", {}, details={"prompt": prompt}).write(folder)
    return str(folder)


def test_a_prompt_is_found_only_where_a_manifest_has_one(bases: Path, tmp_path: Path) -> None:
    assert trained_prompt(str(bases / "base")) is None
    with pytest.raises(MissingInput, match="nobody/has-such-a-model"):
        trained_prompt("nobody/has-such-a-model")
    folder = Path(trained(bases / "base", tmp_path / "trained", "Ask: {passage}"))
    assert trained_prompt(str(folder)) == "Ask: {passage}"
    Manifest("model", {}).write(folder)
    assert trained_prompt(str(folder)) is None
    (folder / "xqg.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InvalidInput, match="not a manifest of xqg"):
        trained_prompt(str(folder))


def test_a_trained_base_model_is_asked_as_it_was_trained(bases: Path, tmp_path: Path) -> None:
    model = trained(bases / "base", tmp_path / "trained", TRAINED_PROMPT)
    generator = CausalGenerator(model, device="cpu")
    assert generator._prompt("The {n} {language}", "ru", 1) == "Passage: The {n} {language}\nQuestion in Russian:"
    assert (generator.settings["form"], generator.settings["prompt"]) == ("samples", TRAINED_PROMPT)
    own = CausalGenerator(model, device="cpu", instruction="Ask in {language}: {passage}")
    assert own._prompt("It", "ru", 1) == "Ask in Russian: It"
    untrained = CausalGenerator(str(bases / "base"), device="cpu")
    assert untrained._prompt("It", "ru", 1) == prompts.worked_examples("It", "ru")
    assert json.loads(json.dumps(generator.settings)) == generator.settings


def test_a_trained_chat_model_writes_one_question_at_a_time_unless_asked_for_a_list(
    bases: Path, tmp_path: Path
) -> None:
    model = trained(bases / "chat", tmp_path / "trained", "Ask {n}: {passage}")
    generator = CausalGenerator(model, device="cpu")
    assert generator._prompt("It", "ru", 1) == "<|user|>Ask 1: It<|end|><|assistant|>"
    assert generator.settings["form"] == "samples"
    listed = CausalGenerator(model, device="cpu", form="list")
    assert (listed.settings["form"], listed.settings["prompt"]) == ("list", prompts.INSTRUCTION)
