from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from pyserini_xqg.cli import app
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.generation.backends.by_name import make_generator
from pyserini_xqg.generation.backends.sentences import SentenceGenerator
from tests.conftest import call, write_lines
from tests.generation.backends.test_seq2seq import generator_of

# Made up for these tests.
TEXT = "Dr. Lind built a bridge of stone in 1911. It crosses the river  Mava.\nShort one. No car has ever been on it!"
SENTENCES = ["Dr. Lind built a bridge of stone in 1911.", "It crosses the river Mava.", "No car has ever been on it!"]


def test_each_query_is_written_from_one_sentence(tiny_mt5: Path) -> None:
    own = generator_of(tiny_mt5, greedy=True)
    passages = [Passage("a", TEXT, "silta"), Passage("b", "A river with no end."), Passage("c", TEXT[::-1])]
    written = SentenceGenerator(own).generate(passages, "fi", 2, 1, lambda _: None)
    plain = own.generate([Passage("", text) for text in SENTENCES], "fi", 1, 1, lambda _: None)
    assert written[0] == [query for (query,) in plain[:2]]
    assert [len(queries) for queries in written] == [2, 1, len(written[2])]
    every = SentenceGenerator(own).generate(passages[:1], "fi", 5, 1, lambda _: None)
    assert every == [[query for (query,) in plain]]


def test_the_rules_are_those_of_the_passages_language(tiny_mt5: Path) -> None:
    text = "这座石桥建于一九一一年，横跨马瓦河，两岸都有村庄。从来没有一辆汽车在桥上走过，只有火车和行人可以通过。"
    sentences = SentenceGenerator(generator_of(tiny_mt5), "zh")._sentences(Passage("a", text))
    assert sentences == [part + "。" for part in text.split("。")[:-1]]


def test_a_passage_without_a_sentence_is_taken_whole(tiny_mt5: Path) -> None:
    generator = SentenceGenerator(generator_of(tiny_mt5))
    assert generator._sentences(Passage("a", "A river.")) == ["A river."]
    assert generator._sentences(Passage("a", "", "silta")) == ["silta"]


def test_progress_tells_of_every_passage_once(tiny_mt5: Path) -> None:
    told: list[int] = []
    passages = [Passage(str(number), TEXT) for number in range(7)]
    SentenceGenerator(generator_of(tiny_mt5)).generate(passages, "fi", 3, 1, told.append)
    assert sum(told) == 7


def test_the_settings_say_so(tiny_mt5: Path, corpus: Path) -> None:
    options = {"model": str(tiny_mt5), "device": "cpu"}
    plain, of_sentences = (make_generator("seq2seq", corpus, ["fi"], sentences=yes, **options) for yes in (False, True))
    assert of_sentences.settings == {**plain.settings, "sentences": True, "passage_language": "en"}
    assert not of_sentences.samples


@pytest.mark.parametrize("passage_language", [[], ["--passage-language", "Swahili"]])
def test_the_command_translates_the_first_sentences(
    passage_language: Sequence[str], translators: dict[str, Path], tmp_path: Path
) -> None:
    corpus = write_lines(tmp_path / "corpus.jsonl", [{"id": f"d{number}", "text": TEXT} for number in range(3)])
    command = ["generate", "--corpus", corpus, "--model", translators["mbart50"], "--sentences", "--num-queries", "2"]
    options = ["--language", "hi", "--no-cleaning", "--device", "cpu", "--output-length", "12", "--seed", "3"]
    assert call(*command, *options, *passage_language, "--output", tmp_path / "queries") == 0
    settings = json.loads((tmp_path / "queries" / "xqg.json").read_text("utf-8"))["settings"]["generator"]
    assert settings["sentences"] is True
    assert settings["passage_language"] == ("sw" if passage_language else "en")
    records = [
        json.loads(line) for line in (tmp_path / "queries" / "part-000000.jsonl").read_text("utf-8").splitlines()
    ]
    generator = generator_of(
        translators["mbart50"], output_length=12, passage_language="sw" if passage_language else "en"
    )
    own = generator.generate([Passage("", text) for text in SENTENCES[:2]], "hi", 1, 0, lambda _: None)
    assert [record["queries"].get("hi", []) for record in records] == [[query for (query,) in own if query]] * 3


def test_the_option_is_for_every_generator(corpus: Path, tmp_path: Path) -> None:
    from tests.generation.backends.lexicon.dict_format import write_dictionary

    write_dictionary(tmp_path / "dictionaries", "freedict-eng-fin", {"river": "joki"})
    generator = make_generator(
        "lexicon", corpus, ["fi"], sentences=True, passage_language="en", dictionaries=tmp_path / "dictionaries"
    )
    assert generator.generate([Passage("a", "The river, the river.")], "fi", 1, 0, lambda _: None) == [["joki"]]
    assert "--sentences" in {each.name for each in app["generate"].assemble_argument_collection()}
