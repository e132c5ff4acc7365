from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput, MissingPrerequisite, UsageError
from pyserini_xqg.generation.backends.lexicon.dictionary import Dictionary
from pyserini_xqg.generation.dictionaries.base import Translation
from pyserini_xqg.generation.dictionaries.builder import build_dictionary
from pyserini_xqg.generation.dictionaries.transliteration import latin_letters, spelled, unknown_names
from tests.conftest import call
from tests.generation.backends.lexicon.dict_format import write_dictionary
from tests.generation.dictionaries.gettext_format import catalog

LETTERS = dict(zip("abdegiklmnoprstuvz", "абдегиклмнопрстувз", strict=True)) | {"sh": "ш", "ch": "ч"}
ONSETS = ("b", "d", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "sh", "ch")


def in_cyrillic(name: str) -> str:
    """By one rule, with two letters for one in places, which has to be learned from pairs."""
    word = name.lower()
    for latin in ("sh", "ch", *LETTERS):
        word = word.replace(latin, LETTERS[latin])
    return word.title()


@pytest.fixture(scope="module")
def names() -> dict[str, str]:
    """Made-up names of two to four syllables."""
    draw = random.Random(0)
    made: dict[str, str] = {}
    while len(made) < 1_400:
        syllables = (draw.choice(ONSETS) + draw.choice("aeiou") for _ in range(draw.randint(2, 4)))
        name = "".join(syllables).title()
        made[name] = in_cyrillic(name)
    return made


UNSEEN = {name: in_cyrillic(name) for name in ("Shomari", "Chedubo", "Kalishapo", "Vuzenoche")}


def test_names_are_spelled_as_others_are(names: dict[str, str]) -> None:
    known = [Translation(name, foreign, 0) for name, foreign in names.items() if name not in UNSEEN]
    assert spelled(known, UNSEEN) == UNSEEN
    # Accents go; what has other signs than letters stays as it is.
    assert spelled(known, {"Shómári", "東京", "R2D2"}) == {"Shómári": "Шомари"}
    assert spelled(known, ()) == {}


def test_the_order_of_what_is_known_does_not_matter(names: dict[str, str]) -> None:
    known = [Translation(name, foreign, 0) for name, foreign in names.items()]
    asked = {"Oslo", "Brussels", "Wroxham"}
    assert spelled(known, asked) == spelled(known[::-1], asked)


def test_word_by_word_and_too_few(names: dict[str, str]) -> None:
    pairs = list(names.items())
    two = [
        Translation(f"{one} {other}", f"{ours} {theirs}", 0)
        for (one, ours), (other, theirs) in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    assert spelled(two, UNSEEN) == UNSEEN
    uneven = [Translation(f"{name} City", foreign, 0) for name, foreign in pairs]
    with pytest.raises(InvalidInput, match=r"0 words of names are known.*1,000 are expected"):
        spelled(uneven, UNSEEN)


@pytest.mark.parametrize(
    ("word", "letters"),
    [("Åre", "are"), ("Côté", "cote"), ("O'Neill", ""), ("東京", ""), ("", ""), ("Straße", "strasse")],
)
def test_latin_letters(word: str, letters: str) -> None:
    assert latin_letters(word) == letters


def test_a_dictionary_has_the_names_of_the_corpus(
    names: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = tmp_path / "corpus.jsonl"
    known = next(iter(names))
    text = f"The river of Shomari and {known} met Chedubo there. NATO and Ed saw the river. Rivers are wide."
    corpus.write_text(json.dumps({"id": "1", "title": "Shomari", "contents": text}))
    places = tmp_path / "places.mo"
    places.write_bytes(catalog(names))
    small = write_dictionary(tmp_path, "eng-rus", {"river": "река"})
    sources = [f"dict={small}", f"gettext={places}"]
    options = [part for source in sources for part in ("--from", source)]
    made = tmp_path / "made"
    result = call("dictionary", "--language", "ru", *options, "--names-in", corpus, "--output", made, "--json")
    assert result == 0
    assert json.loads(capsys.readouterr().out)["spelled_names"] == 2
    dictionary = Dictionary(made / "xqg-eng-rus.index")
    assert [dictionary.senses(word) for word in ("Shomari", "Chedubo", "NATO", "Ed", "There", "The")] == [
        ("Шомари",),
        ("Чедубо",),
        (),
        (),
        (),
        (),
    ]
    assert dictionary.senses(known) == (names[known],)
    assert list(unknown_names(dictionary, corpus)) == []
    plain = build_dictionary("ru", sources, tmp_path / "plain")
    assert plain.headwords + 2 == len(list(dictionary.entries()))
    assert dictionary.cased  # though nearly all headwords begin with a capital


def test_latin_languages_have_names_already(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="written in Spanish as they are in English"):
        build_dictionary("es", [f"dict={tmp_path / 'eng-spa.index'}"], tmp_path / "made", names_in=tmp_path / "corpus")


def test_what_is_missing_is_said_before_the_corpus_is_read(names: dict[str, str], tmp_path: Path) -> None:
    places = tmp_path / "places.mo"
    places.write_bytes(catalog(dict(list(names.items())[:900])))
    with pytest.raises(InvalidInput, match="900 words of names are known"):
        build_dictionary("ru", [f"gettext={places}"], tmp_path / "made", names_in=tmp_path / "no-corpus.jsonl")


def test_without_the_package(names: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "phonetisaurus", None)
    monkeypatch.delitem(sys.modules, "phonetisaurus")
    monkeypatch.setattr(sys, "path", [])
    known = [Translation(name, foreign, 0) for name, foreign in names.items()]
    with pytest.raises(MissingPrerequisite, match=r'pip install -e "\.\[names\]"'):
        spelled(known, UNSEEN)
