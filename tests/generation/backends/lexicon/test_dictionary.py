from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput, MissingPrerequisite
from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER, Dictionary, dictionaries, find_dictionary
from tests.generation.backends.lexicon.dict_format import base64_number, write_dictionary

NAME = "freedict-eng-fin"


def senses(folder: Path, entry: str) -> tuple[str, ...]:
    return Dictionary(write_dictionary(folder, NAME, {"word": entry})).senses("word")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param("النهر", ("النهر",), id="one line"),
        pytest.param("идти, пойти, ехать", ("идти", "пойти", "ехать"), id="commas"),
        pytest.param("talo; koti / asunto", ("talo", "koti", "asunto"), id="semicolon and stroke"),
        pytest.param("بيت، منزل؛ دار", ("بيت", "منزل", "دار"), id="Arabic comma and semicolon"),
        pytest.param("家、住まい", ("家", "住まい"), id="ideographic comma"),
        pytest.param("1. банк\n2. банка", ("банк", "банка"), id="numbered"),
        pytest.param(
            "1. pankki, pelinhoitaja\ncontroller of a card game\n2. säästöpossu\ndevice used to store coins",
            ("pankki", "pelinhoitaja", "säästöpossu"),
            id="numbered, with glosses",
        ),
        pytest.param(
            "vesi 2.\nclear liquid\n 3.\none of the basic elements\n 4.\nbody of water", ("vesi",), id="WikDict"
        ),
        pytest.param(
            "1. bank 2.\ninstitution\n 3.\nbranch office\n2. banke, bank\nslope", ("bank", "banke"), id="both"
        ),
        pytest.param("virta\nlarge stream", ("virta",), id="gloss below one line"),
        pytest.param("\nmto", ("mto",), id="after an empty line"),
        pytest.param("I. rivi\nII. jono", ("rivi", "jono"), id="Roman numerals"),
        pytest.param("I. <n> 1. rivi\n 2. jono", ("rivi", "jono"), id="Roman and Arabic numerals"),
        pytest.param("Fluss <masc> [geogr.]", ("Fluss",), id="remarks"),
        pytest.param("kıyı, kenar (nehir, göl)", ("kıyı", "kenar"), id="separators in a remark"),
        pytest.param("hâk{sthiti}, (mad.) ocak", ("hâk", "ocak"), id="braces and a leading remark"),
        pytest.param("kauluksellinen ], ] kuku, ocak(, ]", ("kauluksellinen", "kuku", "ocak"), id="stray brackets"),
        pytest.param("-ci) oluk, boru", ("boru",), id="a bracket within"),
        pytest.param("रखा~जाना, हो_जाना", ("रखा जाना", "हो जाना"), id="tilde and underscore"),
        pytest.param("\u0440\u0435\u043a\u0430\u0301, во\u0301дный", ("река", "водный"), id="stress"),
        pytest.param("الخديعة ::", ("الخديعة",), id="signs alone"),
        pytest.param("घर\n      “I am home, there.”\n   Synonym: {abode}\n see: {x}", ("घर",), id="examples"),
        pytest.param('1. जाना\n      "I go to school, daily."\n2. चलना', ("जाना", "चलना"), id="examples between"),
        pytest.param("ırmak, nehir. riverbank ırmak kenarı.", ("ırmak", "nehir"), id="phrases after a full stop"),
        pytest.param("talo, Talo, talo", ("talo", "Talo"), id="once each"),
        pytest.param("yksi kaksi kolme, yksi kaksi kolme neljä", ("yksi kaksi kolme",), id="at most three words"),
        pytest.param("a" * 40 + ", " + "b" * 41, ("a" * 40,), id="at most forty characters"),
        pytest.param("(ei mitään)", (), id="remarks only"),
        pytest.param("", (), id="nothing"),
    ],
)
def test_entries_in_the_layouts_of_freedict(tmp_path: Path, entry: str, expected: tuple[str, ...]) -> None:
    assert senses(tmp_path, entry) == expected


@pytest.mark.parametrize("packed", [True, False])
def test_entries_are_found_packed_or_not(tmp_path: Path, packed: bool) -> None:
    entries = {f"word{letter}": f"sana{letter}" for letter in "abcdefghij" * 3}
    opened = Dictionary(write_dictionary(tmp_path, NAME, entries, packed))
    assert [opened.senses(word) for word in entries] == [(sense,) for sense in entries.values()]


def test_offsets_are_numbers_of_several_digits(tmp_path: Path) -> None:
    assert [base64_number(value) for value in (0, 63, 64, 5000)] == ["A", "/", "BA", "BOI"]
    many = {f"word{chr(97 + number // 26)}{chr(97 + number % 26)}": f"sana {number}" for number in range(600)}
    opened = Dictionary(write_dictionary(tmp_path, NAME, many))
    assert all(opened.senses(word) == (sense,) for word, sense in many.items())


def test_entries_of_one_headword_are_joined(tmp_path: Path) -> None:
    index = write_dictionary(tmp_path, NAME, {"Bank": "pankki", "bank": "penger, pankki"})
    assert Dictionary(index).senses("bank") == ("pankki", "penger")


@pytest.mark.parametrize(
    ("words", "headword"),
    [
        (["river"], "river"),
        (["River"], "river"),
        (["rivers"], "river"),
        (["river's"], "river"),
        (["cities"], "city"),
        (["baked"], "bake"),
        (["crossing"], "cross"),
        (["making"], "make"),
        (["firemen"], "fireman"),
        (["boxes"], "box"),
        (["U.S."], "us"),
        (["stone", "age"], "stone age"),
        (["Stone", "Ages"], "stone age"),
        (["U.S.", "army"], "us army"),
        (["stone", "bridge"], None),
        (["age", "stone"], None),
        (["mountain"], None),
        (["nothing"], None),  # it has an entry without a translation
        (["ss"], None),
    ],
)
def test_words_are_found_by_themselves_or_their_base_form(
    tmp_path: Path, words: list[str], headword: str | None
) -> None:
    names = ("river", "city", "bake", "cross", "make", "fireman", "box", "us", "stone age", "us army", "stone", "s")
    opened = Dictionary(write_dictionary(tmp_path, NAME, {**dict.fromkeys(names, "sana"), "nothing": "(x)"}))
    assert opened.headword(words) == headword
    assert opened.headword(words) == headword  # as remembered


def test_the_fingerprint_is_of_both_files(tmp_path: Path) -> None:
    first = Dictionary(write_dictionary(tmp_path / "a", NAME, {"river": "joki"})).sha256
    assert Dictionary(write_dictionary(tmp_path / "b", NAME, {"river": "joki"}, packed=False)).sha256 == first
    assert Dictionary(write_dictionary(tmp_path / "c", NAME, {"river": "puro"})).sha256 != first
    assert Dictionary(write_dictionary(tmp_path / "d", NAME, {"rivet": "joki"})).sha256 != first


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("river\tA\tZZZ", r"3: the entry of 'river' ends at byte [\d,]+ of [\d,]+; are the \.index and the \.dict"),
        ("river\tA\t-B", "3: b'river"),
        ("river\tA\tB*", "a headword, an offset and a length in base 64"),
        ("river\t\tB", "a headword, an offset and a length in base 64"),
        ("river\tA", "a headword, an offset and a length in base 64"),
        ("river A B", "a headword, an offset and a length in base 64"),
        ("", "a headword, an offset and a length in base 64"),
        ("ri\udcffver\tA\tB", "a headword, an offset and a length in base 64"),
    ],
)
def test_a_broken_line_of_the_index_is_named(tmp_path: Path, line: str, words: str) -> None:
    index = write_dictionary(tmp_path, NAME, {"bridge": "silta"})
    with index.open("a", encoding="utf-8", errors="surrogateescape") as handle:
        handle.write(line + "\n")
    with pytest.raises(InvalidInput, match=words) as caught:
        Dictionary(index)
    assert str(caught.value).startswith(f"{index}:3: ")


@pytest.mark.parametrize("text", ["", "00databaseinfo\tA\tB\n"])
def test_an_index_without_headwords_is_invalid(tmp_path: Path, text: str) -> None:
    index = write_dictionary(tmp_path, NAME, {"bridge": "silta"})
    index.write_text(text)
    with pytest.raises(InvalidInput, match=r"fin\.index: no headword; a dictionary in DICT format is expected"):
        Dictionary(index)


@pytest.mark.parametrize("missing", ["index", "dict"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, missing: str) -> None:
    index = write_dictionary(tmp_path, NAME, {"bridge": "silta"}, packed=False)
    index.with_suffix(f".{missing}").unlink()
    with pytest.raises(MissingInput, match=rf"eng-fin\.{missing}: cannot be read \(No such file"):
        Dictionary(index)


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_gzip_file_is_named(tmp_path: Path, damage: str) -> None:
    index = write_dictionary(tmp_path, NAME, {f"word{letter}": f"sana {letter}" for letter in "abcdefg"})
    packed = index.with_suffix(".dict.dz")
    whole = packed.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    packed.write_bytes({"cut": whole[:-12], "flipped": bytes(flipped)}[damage])
    with pytest.raises(InvalidInput, match=r"eng-fin\.dict\.dz: damaged gzip file \("):
        Dictionary(index)


def test_a_dictionary_that_was_cut_is_noticed(tmp_path: Path) -> None:
    index = write_dictionary(tmp_path, NAME, {"bridge": "silta", "river": "joki"})
    packed = index.with_suffix(".dict.dz")
    packed.write_bytes(gzip.compress(gzip.decompress(packed.read_bytes())[:-3]))
    with pytest.raises(InvalidInput, match=r"are the \.index and the \.dict beside it whole, and of one version"):
        Dictionary(index)


def test_dictionaries_are_found_below_a_folder_by_language(tmp_path: Path) -> None:
    for name in ("freedict-eng-swh", "sub/freedict-eng-ind", "eng-deu", "eng-cmn", "fin-eng", "eng-xyq", "eng-ab"):
        write_dictionary((tmp_path / name).parent, Path(name).name, {"river": "x"})
    assert {code: index.stem for code, index in dictionaries(tmp_path).items()} == {
        "de": "eng-deu",
        "id": "freedict-eng-ind",
        "sw": "freedict-eng-swh",
        "zh": "eng-cmn",
    }
    assert find_dictionary("sw", tmp_path).name == "freedict-eng-swh.index"
    assert find_dictionary("id", tmp_path).name == "freedict-eng-ind.index"


def test_no_dictionary_says_which_there_are_and_where_to_get_one(tmp_path: Path) -> None:
    write_dictionary(tmp_path, "eng-deu", {"river": "Fluss"})
    write_dictionary(tmp_path, "eng-ara", {"river": "Fluss"})
    with pytest.raises(MissingPrerequisite) as caught:
        find_dictionary("te", tmp_path)
    said = str(caught.value)
    assert said.startswith(f"no dictionary from English to Telugu in {tmp_path}; there are some to ar, de.")
    assert "dict-freedict-eng-tel if it exists" in said
    assert "--dictionaries" in said
    with pytest.raises(MissingPrerequisite, match=r"in .*nowhere; there is none at all"):
        find_dictionary("te", tmp_path / "nowhere")


def test_a_dictionary_that_came_later_is_found(tmp_path: Path) -> None:
    with pytest.raises(MissingPrerequisite):
        find_dictionary("de", tmp_path)
    index = write_dictionary(tmp_path, "eng-deu", {"river": "Fluss"})
    assert find_dictionary("de", tmp_path) == index


def test_the_real_english_arabic_dictionary() -> None:
    index = FOLDER / "freedict-eng-ara.index"
    if not index.exists():
        pytest.skip("FreeDict's English-Arabic dictionary is not installed (dict-freedict-eng-ara)")
    opened = Dictionary(find_dictionary("ar", FOLDER))
    found = {word: opened.headword([word]) for word in ("river", "Bridge", "xyzzy")}
    assert found == {"river": "river", "Bridge": "bridge", "xyzzy": None}
    assert "النهر" in opened.senses("river")
    assert "الماء" in opened.senses("water")
