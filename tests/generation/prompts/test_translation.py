from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoConfig, AutoTokenizer

from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.prompts.translation import Translation, translation_of

FIRST = {"nllb": ("hin_Deva", "zho_Hans"), "m2m100": ("__hi__", "__zh__"), "mbart50": ("hi_IN", "zh_CN")}
FRONT = {"opus": (">>hin<< ", ">>cmn_Hans<< "), "madlad": ("<2hi> ", "<2zh> ")}


def opened(folder: Path, passage_language: str = "en") -> tuple[Any, Translation | None]:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return tokenizer, translation_of(tokenizer, AutoConfig.from_pretrained(folder).model_type, passage_language)


@pytest.mark.parametrize("family", FIRST)
def test_a_translation_begins_with_the_token_of_its_language(family: str, translators: dict[str, Path]) -> None:
    tokenizer, told = opened(translators[family])
    assert told is not None
    assert told.languages is not None
    assert {"hi", "zh", "ar", "en", "fi"} <= told.languages
    assert [told.first[code] for code in ("hi", "zh")] == tokenizer.convert_tokens_to_ids(list(FIRST[family]))
    assert not told.fronts


@pytest.mark.parametrize("family", FIRST)
def test_the_tokenizer_is_set_to_the_language_of_the_passages(family: str, translators: dict[str, Path]) -> None:
    english, _ = opened(translators[family])
    tokenizer, told = opened(translators[family], "fi")
    assert told is not None
    rows = [each("river")["input_ids"] for each in (english, tokenizer)]
    assert told.first["fi"] in rows[1]
    assert [told.first["en"] if token == told.first["fi"] else token for token in rows[1]] == rows[0]


@pytest.mark.parametrize("family", FRONT)
def test_a_token_stands_in_front_of_the_text(family: str, translators: dict[str, Path]) -> None:
    _, told = opened(translators[family])
    assert told is not None
    assert told.languages == {"hi", "zh"}  # xx and xxx are none
    assert (told.fronts["hi"], told.fronts["zh"]) == FRONT[family]
    assert not told.first


def test_a_model_for_one_language_is_told_nothing(translators: dict[str, Path]) -> None:
    assert opened(translators["opus-hi"])[1] == Translation(frozenset({"hi"}))


def test_other_models_are_no_translation_models(tiny_mt5: Path, tiny_t5: Path) -> None:
    assert opened(tiny_mt5)[1] is None
    assert opened(tiny_t5)[1] is None


def test_a_language_of_passages_that_the_model_does_not_know_is_refused(translators: dict[str, Path]) -> None:
    with pytest.raises(
        UsageError, match=r"does not translate from Klingon \(tlh\); it knows ace, .* --passage-language"
    ):
        opened(translators["nllb"], "tlh")
