from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from pyserini_xqg.generation.backends.lexicon.dictionary import Dictionary
from pyserini_xqg.generation.dictionaries.builder import build_dictionary

WORDS = {
    "vi": {
        **{"river": "dòng sông", "bridge": "cây cầu", "government": "chính phủ", "Hanoi": "Hà Nội", "old": "cũ"},
        **{"new": "mới", "long": "dài", "builds": "xây dựng", "water": "nước", "mountain": "ngọn núi"},
    },
    "zh": {
        **{"river": "河流", "bridge": "桥梁", "government": "政府", "Hanoi": "越都", "old": "旧"},
        **{"new": "新", "long": "长", "builds": "建造", "water": "水", "mountain": "山脉"},
    },
    "te": {
        **{"river": "నది", "bridge": "వంతెన", "government": "ప్రభుత్వం", "Hanoi": "హనోయి", "old": "పాత"},
        **{"new": "కొత్త", "long": "పొడవు", "builds": "నిర్మించు", "water": "నీరు", "mountain": "పర్వతం"},
    },
}


def sentences(words: Mapping[str, str], blank: str) -> tuple[str, str]:
    """Sentences of four words, in another order in the other language."""
    chance = random.Random(0)
    ours, theirs = [], []
    for _ in range(60):
        english = chance.sample(sorted(words), 4)
        foreign = [words[word] for word in english]
        chance.shuffle(foreign)
        text = " ".join(["the", *english])
        ours.append(f"{text[0].upper()}{text[1:]}.\n")
        theirs.append(f"{blank.join(foreign)}。\n" if not blank else f"{blank.join(foreign).capitalize()}.\n")
    return "".join(ours), "".join(theirs)


def made(folder: Path, language: str, english: str, foreign: str) -> Dictionary:
    (folder / "en.txt").write_text(english, encoding="utf-8")
    (folder / "other.txt").write_text(foreign, encoding="utf-8")
    source = f"aligned={folder / 'en.txt'},{folder / 'other.txt'}"
    return Dictionary(build_dictionary(language, [source], folder / "out").index)


@pytest.mark.parametrize("language", sorted(WORDS))
def test_words_of_several_syllables_or_characters_are_found(tmp_path: Path, language: str) -> None:
    words = WORDS[language]
    found = made(tmp_path, language, *sentences(words, "" if language == "zh" else " "))
    assert {word: found.senses(word)[0].casefold() for word in words} == {w: t.casefold() for w, t in words.items()}
    assert found.headword(["the"]) is None  # queries have no function words
    assert found.headword(["government's"]) == "government"


def test_a_name_keeps_its_capital_and_a_word_that_begins_a_sentence_does_not(tmp_path: Path) -> None:
    english, foreign = sentences(WORDS["vi"], " ")
    found = dict(made(tmp_path, "vi", english.replace("The river", "River"), foreign).entries())
    assert "river" in found
    assert "River" not in found
    assert "Hanoi" in found


@pytest.mark.parametrize("language", ["vi", "zh"])
def test_the_same_text_makes_the_same_file(tmp_path: Path, language: str) -> None:
    text = sentences(WORDS[language], " ")
    files = []
    for name in "ab":
        (tmp_path / name).mkdir()
        made(tmp_path / name, language, *text)
        files.append([file.read_bytes() for file in sorted((tmp_path / name / "out").iterdir())])
    assert files[0] == files[1]


def test_lines_without_a_word_on_a_side_are_passed_over(tmp_path: Path) -> None:
    english, foreign = sentences(WORDS["vi"], " ")
    found = made(tmp_path, "vi", f"{english}?\nhello\n", f"{foreign}nước\n...\n")
    assert found.senses("river")
