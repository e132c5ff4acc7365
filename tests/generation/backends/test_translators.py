from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.generation.builder import XqgQueryBuilder
from pyserini_xqg.generation.prompts.seq2seq import PAPER_PROMPT
from tests.conftest import write_lines
from tests.fixtures.translation import FAMILIES
from tests.generation.backends.test_seq2seq import generator_of

FIRST = {"nllb": "hin_Deva", "m2m100": "__hi__", "mbart50": "hi_IN"}
FRONT = {"opus": ">>hin<< ", "madlad": "<2hi> "}


@pytest.mark.parametrize("family", FAMILIES)
def test_translations_are_those_of_plain_generate(
    family: str, translators: dict[str, Path], passages: list[Passage]
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(translators[family])
    model = AutoModelForSeq2SeqLM.from_pretrained(translators[family]).eval()
    first = tokenizer.convert_tokens_to_ids(FIRST[family]) if family in FIRST else None
    expected = []
    for passage in passages:
        ids = tokenizer(FRONT.get(family, "") + passage.text, return_tensors="pt")
        tokens = model.generate(
            **ids, forced_bos_token_id=first, forced_eos_token_id=None, do_sample=False, num_beams=1, max_new_tokens=12
        )[0].tolist()
        known = [token for token in tokens if token < len(tokenizer) and token != first]
        expected.append([tokenizer.decode(known, skip_special_tokens=True)])
    generator = generator_of(translators[family], output_length=12)
    assert generator.generate(passages, "hi", 5, 1, lambda _: None) == expected
    assert not generator.samples
    assert any(query for (query,) in expected)


def test_the_text_is_translated_whole_and_alone(translators: dict[str, Path], tiny_mt5: Path) -> None:
    settings = generator_of(translators["nllb"]).settings
    assert (settings["prompt"], settings["output_length"], settings["greedy"]) == ("{passage}", 128, True)
    assert settings["passage_language"] == "en"
    assert generator_of(translators["madlad"], prompt="{title} {passage}").settings["prompt"] == "{title} {passage}"
    settings = generator_of(tiny_mt5).settings
    assert (settings["prompt"], settings["output_length"], settings["greedy"]) == (PAPER_PROMPT, 32, False)


def test_a_model_that_was_trained_here_is_asked_as_it_was_trained(translators: dict[str, Path], tmp_path: Path) -> None:
    trained = shutil.copytree(translators["nllb"], tmp_path / "trained")
    (trained / "xqg.json").write_text(json.dumps({"details": {"prompt": PAPER_PROMPT}}), encoding="utf-8")
    generator = generator_of(trained)
    assert (generator.settings["prompt"], generator.settings["greedy"]) == (PAPER_PROMPT, False)
    assert generator.languages is None


def test_a_language_that_is_none_is_refused(translators: dict[str, Path]) -> None:
    with pytest.raises(InvalidInput, match="unknown language 'elvish'"):
        generator_of(translators["nllb"], passage_language="elvish")


def test_another_language_gets_another_translation(translators: dict[str, Path], passages: list[Passage]) -> None:
    generator = generator_of(translators["mbart50"], output_length=12)
    hindi, chinese = (generator.generate(passages, language, 1, 1, lambda _: None) for language in ("hi", "zh"))
    assert hindi != chinese


def test_languages_that_the_model_does_not_write_are_refused(translators: dict[str, Path], tmp_path: Path) -> None:
    corpus = write_lines(tmp_path / "corpus.jsonl", [{"id": "d1", "text": "river"}])
    with pytest.raises(UsageError, match="this generator writes no zh; it writes hi"):
        XqgQueryBuilder(generator_of(translators["opus-hi"]), ["hi", "zh"]).build(corpus, tmp_path / "queries")


@pytest.mark.parametrize("family", ["nllb", "opus"])
def test_ctranslate2_translates_as_transformers_does(
    family: str,
    translators: dict[str, Path],
    passages: list[Passage],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("ctranslate2", reason="the extra ct2 is not installed")
    from pyserini_xqg.generation.backends.ctranslate2 import CTranslate2Generator

    monkeypatch.setenv("PYSERINI_XQG_CACHE", str(tmp_path / "cache"))
    expected = generator_of(translators[family], output_length=12).generate(passages, "hi", 1, 1, lambda _: None)
    generator = CTranslate2Generator(model=translators[family], device="cpu", output_length=12)
    assert generator.generate(passages, "hi", 1, 1, lambda _: None) == expected


def test_a_model_that_ctranslate2_cannot_convert_is_said(
    translators: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ctranslate2", reason="the extra ct2 is not installed")
    from pyserini_xqg.generation.backends.ctranslate2 import CTranslate2Generator

    monkeypatch.setenv("PYSERINI_XQG_CACHE", str(tmp_path / "cache"))
    with pytest.raises(UsageError, match=r"cannot convert .*mbart50 .*: take --generator seq2seq"):
        CTranslate2Generator(model=translators["mbart50"], device="cpu")
