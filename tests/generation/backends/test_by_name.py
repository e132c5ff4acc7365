from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.cli import app
from pyserini_xqg.errors import MissingInput, MissingPrerequisite, UsageError
from pyserini_xqg.generation.backends.by_name import GENERATORS, make_generator
from tests.generation.backends.lexicon.dict_format import write_dictionary


@pytest.fixture
def dictionaries(tmp_path: Path) -> Path:
    write_dictionary(tmp_path / "dictionaries", "freedict-eng-fin", {"river": "joki"})
    return tmp_path / "dictionaries"


def test_the_command_line_offers_every_generator() -> None:
    (option,) = (each for each in app["generate"].assemble_argument_collection() if each.name == "--generator")
    assert option.get_choices() == tuple(GENERATORS)


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_can_be_made(name: str, corpus: Path, tiny_mt5: Path, dictionaries: Path) -> None:
    options: dict[str, dict[str, Any]] = {
        "seq2seq": {"model": str(tiny_mt5), "device": "cpu"},
        "ctranslate2": {"model": str(tiny_mt5), "dtype": "float32", "device": "cpu"},
        "causal": {},
        "server": {"url": "http://localhost:9/v1", "model": "tiny"},
        "lexicon": {"dictionaries": dictionaries},
    }
    if name == "causal":  # its own tests have models for it
        with pytest.raises(MissingInput, match="nowhere"):
            make_generator(name, corpus, ["fi"], model="./nowhere")
        return
    if name == "ctranslate2":
        pytest.importorskip("ctranslate2", reason="the extra ct2 is not installed")
    generator = make_generator(name, corpus, ["fi"], **options[name])
    assert generator.settings["generator"] == name
    assert generator.languages is None or "fi" in generator.languages


def test_a_package_that_is_missing_is_said_with_what_installs_it(
    corpus: Path, tiny_mt5: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(MissingPrerequisite, match=r'pip install -e "\.\[ct2\]"'):
        make_generator("ctranslate2", corpus, ["fi"], model=str(tiny_mt5))


def test_a_name_that_is_none_is_refused(corpus: Path) -> None:
    with pytest.raises(UsageError, match="no generator 'mt5': one of seq2seq, ctranslate2, causal, server, lexicon"):
        make_generator("mt5", corpus, ["fi"])


@pytest.mark.parametrize(
    ("name", "options", "fragment"),
    [
        (
            "lexicon",
            {"url": "x", "key_variable": "y", "terms": 2},
            "the generator lexicon has no option --url, --key-variable; it has --encoder, --dictionaries, --terms, "
            "--questions, --device",
        ),
        ("seq2seq", {"form": "list"}, "the generator seq2seq has no option --form; it has --model, --revision"),
        ("server", {"model": "m", "url": "x", "top_k": 5}, "the generator server has no option --top-k"),
        ("server", {}, "the generator server needs --url, --model"),
        ("server", {"url": "http://localhost/v1"}, "the generator server needs --model$"),
        ("causal", {}, "the generator causal needs --model"),
    ],
)
def test_options_are_those_of_the_generator(name: str, options: dict[str, Any], fragment: str, corpus: Path) -> None:
    with pytest.raises(UsageError, match=fragment):
        make_generator(name, corpus, ["fi"], **options)


def test_a_generator_gets_the_corpus_and_the_languages(corpus: Path, dictionaries: Path) -> None:
    with pytest.raises(MissingPrerequisite, match="no dictionary from English to Telugu"):
        make_generator("lexicon", corpus, ["fi", "te"], dictionaries=dictionaries)
    with pytest.raises(MissingInput, match="nowhere"):
        make_generator("lexicon", Path("nowhere"), ["fi"], dictionaries=dictionaries)
