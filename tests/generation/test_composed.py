"""Texts that a generator reads or writes: Unicode's two forms of one text make no difference."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.generation.backends.lexicon.dictionary import Dictionary
from pyserini_xqg.generation.backends.lexicon.generator import LexiconGenerator
from pyserini_xqg.generation.backends.loading import open_tokenizer
from pyserini_xqg.generation.cleaning import Cleaner, CleaningSettings
from pyserini_xqg.generation.prompts import instructions
from pyserini_xqg.generation.prompts.causal import TRAINED_PROMPT, CausalPrompt
from pyserini_xqg.generation.prompts.seq2seq import PAPER_PROMPT, PromptTokenizer
from pyserini_xqg.generation.scripts import script_share
from tests.conftest import write_lines
from tests.generation.backends.lexicon.dict_format import write_dictionary

TEXT = "Café de la Ñandú, 한국어, Ёжик"
APART = unicodedata.normalize("NFD", TEXT)
FORMS = [Passage("d1", text, text) for text in (TEXT, APART)]


@pytest.fixture(scope="module")
def tokenizer(byte_model: Path) -> Any:
    return open_tokenizer(str(byte_model), None, "causal language")


@pytest.mark.parametrize("prompt", [PAPER_PROMPT, "{title} {passage} é {language}"])
def test_a_sequence_to_sequence_prompt(prompt: str, tokenizer: Any) -> None:
    read = PromptTokenizer(tokenizer, prompt, 500)(FORMS, "fi")
    assert read[0] == read[1]
    (cut,) = {tuple(row) for row in PromptTokenizer(tokenizer, prompt, 70)(FORMS, "fi")}
    assert len(cut) == 70


@pytest.mark.parametrize("trained", [None, TRAINED_PROMPT])
@pytest.mark.parametrize("room", [20, 500])
def test_a_causal_prompt(trained: str | None, room: int, tokenizer: Any) -> None:
    prompt = CausalPrompt(tokenizer, None, trained)
    texts = [instructions.passage_in_prompt(passage) for passage in FORMS]
    read = [prompt.ids(prompt.text(prompt.cut(text, room), "fi", 1)) for text in texts]
    assert read[0] == read[1]


def test_what_a_server_is_asked() -> None:
    asked = [instructions.messages(instructions.passage_in_prompt(each), "fi", 3, None) for each in FORMS]
    assert asked[0] == asked[1]


@pytest.mark.parametrize("language, text", [("ko", "한국의 수도 Seoul"), ("ru", "йод"), ("vi", "Việt Nam")])
def test_queries_are_judged_and_kept_composed(language: str, text: str) -> None:
    apart = unicodedata.normalize("NFD", text)
    assert apart != text
    assert script_share(apart, language) == script_share(text, language)
    cleaner = Cleaner(CleaningSettings(max_characters=len(text)), {})
    assert cleaner.clean([apart], language, FORMS[0]) == ([text], {})
    assert cleaner.clean([apart], language, FORMS[0], [text])[1] == {"duplicate": 1}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_dictionary_finds_words_in_both_forms_and_keeps_the_marks_of_letters(form: str, tmp_path: Path) -> None:
    entries = {"café": "1. niño, во\u0301дный", "résumé writer": "escritor"}
    written = {unicodedata.normalize(form, word): unicodedata.normalize(form, text) for word, text in entries.items()}
    dictionary = Dictionary(write_dictionary(tmp_path, "freedict-eng-spa", written))
    for other in ("NFC", "NFD"):
        word = dictionary.headword([unicodedata.normalize(other, "cafés")])
        assert word is not None
        assert dictionary.senses(word) == ("niño", "водный")
        assert dictionary.headword(unicodedata.normalize(other, "résumé writer").split()) is not None


def test_the_lexicon_writes_the_same_queries_for_both_forms(tmp_path: Path) -> None:
    write_dictionary(tmp_path, "freedict-eng-spa", {"café": "cafetería", "river": "río", "résumé": "currículum"})
    found = []
    for number, form in enumerate(("NFC", "NFD")):
        texts = [unicodedata.normalize(form, text) for text in ("A café by the river Ñandú", "The résumé", "A café")]
        corpus = write_lines(
            tmp_path / f"{number}.jsonl", [{"id": f"d{row}", "text": text} for row, text in enumerate(texts)]
        )
        generator = LexiconGenerator(corpus, ["es"], dictionaries=tmp_path, terms=2)
        passages = [Passage(f"d{row}", text) for row, text in enumerate(texts)]
        found.append((generator.settings, generator.generate(passages, "es", 2, 0, lambda _: None)))
    assert found[0] == found[1]
    assert "cafetería" in found[0][1][0][1].split()
    assert "Ñandú" in found[0][1][0][1].split()
