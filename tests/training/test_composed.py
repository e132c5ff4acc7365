"""Texts that training and mining read: Unicode's two forms of one text make no difference."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
import torch

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.encoding.loading import load_model
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.generation.backends.loading import open_model, open_tokenizer
from pyserini_xqg.training.data.batches import TextForm
from pyserini_xqg.training.distillation.query_likelihood import QuestionPassage, open_query_likelihood
from pyserini_xqg.training.generator.forms import CausalForm, Seq2SeqForm
from pyserini_xqg.training.generator.pairs import GeneratorPair
from pyserini_xqg.training.mining.answer_reader import AnswerReader
from pyserini_xqg.training.mining.bm25 import english_question
from pyserini_xqg.training.mining.settings import mining_settings
from tests.conftest import read_bytes
from tests.fixtures.generation import make_t5
from tests.generation.backends.test_causal import make_causal

TEXT = "Café de la Ñandú 한국"
FORMS = [TEXT, unicodedata.normalize("NFD", TEXT)]


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It reads bytes."""
    return ended(read_bytes(make_t5(tmp_path_factory.mktemp("t5") / "model", "t5", vocab_size=320)))


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It reads bytes."""
    folder = make_causal(tmp_path_factory.mktemp("llama") / "model", chat=False, family="llama", positions=4096)
    return ended(read_bytes(folder))


def ended(folder: Path) -> Path:
    tokenizer = open_tokenizer(str(folder), None, "causal language")
    tokenizer.eos_token, tokenizer.model_max_length = "[SEP]", 4096
    tokenizer.save_pretrained(folder)
    return folder


def test_a_retrievers_texts_are_composed_in_training(byte_model: Path) -> None:
    for nfc in (True, False):
        model, resolved = load_model(EncoderSettings(str(byte_model), query_prefix="q", nfc=nfc), "cpu", "passage")
        first, second = (TextForm(model, resolved).features([text], "query")["input_ids"] for text in FORMS)
        assert torch.equal(first, second) == nfc


def test_a_generators_questions_and_passages_are_composed_in_training(t5: Path, llama: Path) -> None:
    for folder, kind, form in ((t5, "sequence-to-sequence", Seq2SeqForm), (llama, "causal language", CausalForm)):
        tokenizer = open_tokenizer(str(folder), None, kind)  # type: ignore[arg-type]
        opened = form(tokenizer, open_model(str(folder), None, "float32", kind), 200, 100)  # type: ignore[arg-type]
        for english in (False, True):
            pairs = [GeneratorPair(Passage("d", text, text), "fi", text, text if english else None) for text in FORMS]
            assert opened.prompt_ids(pairs[0]) == opened.prompt_ids(pairs[1])
            assert opened.target(pairs[0]) == opened.target(pairs[1])


def test_a_teachers_scores_are_the_same_for_both_forms(t5: Path, llama: Path) -> None:
    for folder in (t5, llama):
        pairs = [QuestionPassage(text, "fi", Passage("d", text)) for text in FORMS]
        first, second = (open_query_likelihood(str(folder), device="cpu").score([pair])[0] for pair in pairs)
        assert first == second


def test_a_reader_reads_the_same_for_both_forms(llama: Path) -> None:
    for length in (200, 1000):
        settings = {"recipe": "cora", "reader": str(llama), "reader_input_length": length}
        reader = AnswerReader(mining_settings(settings), "cpu")
        examples = [TrainingExample("q", text, "fi", english=text) for text in FORMS]
        passages = [Passage("p", " ".join([text] * 9), text) for text in FORMS]
        asked = [reader._ids(*each) for each in zip(examples, passages, strict=True)]
        assert asked[0] == asked[1]


def test_bm25_is_asked_the_same_in_both_forms() -> None:
    assert len({english_question(TrainingExample("q", "x", "fi", english=text)) for text in FORMS}) == 1
