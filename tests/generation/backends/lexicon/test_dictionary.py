from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
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
        pytest.param("السُّلطانيّة، كتـاب", ("السلطانية", "كتاب"), id="points of Arabic"),
        pytest.param("\u0440\u0435\u043a\u0430\u0301, во\u0301дный", ("река", "водный"), id="stress"),
        pytest.param("الخديعة ::", ("الخديعة",), id="signs alone"),
        pytest.param("घर\n      “I am home, there.”\n   Synonym: {abode}\n see: {x}", ("घर",), id="examples"),
        pytest.param('1. जाना\n      "I go to school, daily."\n2. चलना', ("जाना", "चलना"), id="examples between"),
        pytest.param("ırmak, nehir. riverbank ırmak kenarı.", ("ırmak", "nehir"), id="phrases after a full stop"),
        pytest.param("talo, Talo, talo", ("talo", "Talo"), id="once each"),
        pytest.param("yksi kaksi kolme, yksi kaksi kolme neljä", ("yksi kaksi kolme",), id="at most three words"),
        pytest.param("a" * 40 + ", " + "b" * 41, ("a" * 40,), id="at most forty characters"),
        pytest.param("drei Achtel3/8,  /θɹˈiː ˈeɪt/", ("drei Achtel",), id="a fraction with its sounds"),
        pytest.param("Staaten [geogr.] USA,  /jˌuː/ US,  /jˌuːˈɛs/", ("Staaten", "USA", "US"), id="abbreviations"),
        pytest.param("der vereinten NationenUNICEF,  /jˈuːnɪsˌɛf/", ("der vereinten Nationen", "UNICEF"), id="glued"),
        pytest.param("zusammenzus.,  /zˈʌs/ , gemeinsam", ("zusammen", "gemeinsam"), id="glued with a full stop"),
        pytest.param("im Wesentlicheni. W.,  /ˈaɪ/", ("im Wesentlichen",), id="glued initials"),
        pytest.param("Stickstoff(IV)-oxid <neut> [chem.] NO2,  /nˈəʊ/", ("Stickstoff-oxid", "NO2"), id="inner bracket"),
        pytest.param("jdn./etw. führen, anführen <v, trans>", ("führen", "anführen"), id="whom it is done to"),
        pytest.param("1. ing. dava vekili, avukat", ("dava vekili", "avukat"), id="label with a full stop"),
        pytest.param("1. A.B.D, (oto.) motor kapagı", ("motor kapagı",), id="label with a comma"),
        pytest.param("1. (tic.) mark. bakalit", ("bakalit",), id="two labels"),
        pytest.param("1. Alman parası, mark", ("Alman parası", "mark"), id="the same as a word"),
        pytest.param("1. (kıs.) United States, American.\n2. ülke", ("ülke",), id="what an abbreviation is for"),
        pytest.param("1. (çoğ.) -lae oluk", ("oluk",), id="an English plural"),
        pytest.param("teis. dokumentas, aktas", ("dokumentas", "aktas"), id="Lithuanian label"),
        pytest.param("pl. od Catholicism", (), id="plural of another word"),
        pytest.param("ryba: kranas souměrný", ("kranas souměrný",), id="kind before a colon"),
        pytest.param("edebiyat: yazılmış kitaplar", ("edebiyat",), id="explanation after a colon"),
        pytest.param("vzdávat se:", ("vzdávat se",), id="colon at the end"),
        pytest.param("V:n muotoinen", ("V:n muotoinen",), id="colon in a word"),
        pytest.param("दु:स्वप्न", ("दुःस्वप्न",), id="visarga written as a colon"),
        pytest.param("كيك واك - نوع من الرقص", ("كيك واك",), id="explanation after a dash"),
        pytest.param(
            "-pohjainen, perusteinen, aisti-", ("perusteinen", "pohjainen", "aisti"), id="parts of words last"
        ),
        pytest.param("22, 1,5 litraa", ("1,5 litraa",), id="numbers alone"),
        pytest.param("z=x^3, kaava", ("kaava",), id="signs"),
        pytest.param('agent "provokatér, „Hund“', ("agent provokatér", "Hund"), id="quotes"),
        pytest.param("no...nunca", ("no nunca",), id="three points"),
        pytest.param("landelĳk, Ｓ極", ("landelijk", "S極"), id="ligature and wide letter"),
        pytest.param("I.  <N>  kiełbasa\nII.  <N Comp>sausage roll /ˌsɒs/   inne", ("kiełbasa",), id="a phrase's line"),
        pytest.param("1. stać (sth - coś)\n2. be stuck (be V: :stuck)", ("stać",), id="grammar"),
        pytest.param("I.  <N> 1.  obraz\n 6.  a. okaz", ("obraz", "okaz"), id="letters"),
        pytest.param("Ə\n", ("Ə",), id="a letter that is no sound"),
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
    index = write_dictionary(tmp_path, NAME, {"bank /x/ <n>": "pankki", "bank": "penger, pankki"})
    text = index.read_text(encoding="utf-8").replace("bank /x/ <n>\t", "bank\t")  # dictfmt takes the word alone
    index.write_text(text, encoding="utf-8")
    assert Dictionary(index).senses("bank") == ("penger", "pankki")
    assert list(Dictionary(index).entries()) == [("bank", ("penger", "pankki"))]


def entry_of(folder: Path, first: str, *keys: str, name: str = NAME, rest: str = "sana") -> Dictionary:
    """A dictionary of one entry with a first line as it stands, found under several keys, and a few others."""
    index = write_dictionary(folder, name, dict.fromkeys(("river", "stone"), "sana"), packed=False)
    entries = index.with_suffix(".dict")
    start, body = entries.stat().st_size, f"{first}\n{rest}\n".encode()
    entries.write_bytes(entries.read_bytes() + body)
    with index.open("a", encoding="utf-8") as handle:
        for key in keys:
            handle.write(f"{key}\t{base64_number(start)}\t{base64_number(len(body))}\n")
    return Dictionary(index)


@pytest.mark.parametrize(
    ("first", "key", "found", "not_found"),
    [
        pytest.param("light-emitting diode /lˈaɪt/ (LED /lˈɛd/)", "led", ["LED"], ["led", "Led"], id="abbreviation"),
        pytest.param("lead sb./sth. /lˈiːd/ (led /lˈɛd/ <>, led /lˈɛd/ <>)", "led", ["led"], [], id="past tense"),
        pytest.param("lead sb./sth. /lˈiːd/ (led /lˈɛd/ <>)", "lead sbsth", ["lead"], [], id="somebody"),
        pytest.param("to proliferate /tə pɹəlˈɪf/", "to proliferate", ["proliferate", "proliferates"], [], id="to"),
        pytest.param("IT /ˌaɪtˈiː/ <n>", "it", ["IT"], ["it", "it's", "It's"], id="initials"),
        pytest.param("it's", "its", ["it's", "it’s", "It's"], ["its"], id="apostrophe"),
        pytest.param("three eighth /θ/ (3/8 /θɹ/)", "38", ["3/8"], ["38"], id="fraction"),
        pytest.param("sceptical, skeptikal /ˈskeptɪkəl/ <Adj>", "skeptikal", ["skeptikal"], [], id="variant"),
        pytest.param("Turkey /tˈɜːki/", "turkey", ["Turkey"], ["turkey"], id="name"),
        pytest.param(
            "German /dʒˈɜːmən/", "german", ["German", "Germans", "German's"], ["german", "germans"], id="people"
        ),
        pytest.param("eel‐trap /ˈiːl tɹˈap/", "eeltrap", ["eel-trap", "eel‐trap", "Eeltrap"], [], id="hyphen"),
        pytest.param(
            "customs  (traditions) /kˈʌstəmz/ <n>", "customs traditions", ["customs traditions"], [], id="brackets"
        ),
        pytest.param("NASA", "nasa", ["NASA", "NASA's"], ["nasa"], id="possessive"),
    ],
)
def test_a_headword_is_found_as_it_is_spelled(
    tmp_path: Path, first: str, key: str, found: list[str], not_found: list[str]
) -> None:
    opened = entry_of(tmp_path, first, key)
    assert [opened.senses(opened.headword(word.split()) or "") for word in found] == [("sana",)] * len(found)
    assert [opened.headword([word]) for word in not_found] == [None] * len(not_found)


def test_what_begins_with_a_capital_is_found_so_or_in_small_letters(tmp_path: Path) -> None:
    opened = Dictionary(write_dictionary(tmp_path, NAME, {"Polish": "puola", "polish ": "kiillottaa", "river": "joki"}))
    assert (opened.headword(["Polish"]), opened.headword(["polish"])) == ("Polish", "polish")
    assert (opened.headword(["River"]), opened.headword(["RIVER"])) == ("river", "river")


def test_a_dictionary_that_begins_all_headwords_with_a_capital_has_no_case(tmp_path: Path) -> None:
    words = [f"Word{first}{second}" for first in "abcdefghijklm" for second in "abcdefghijklm"]
    opened = Dictionary(write_dictionary(tmp_path, NAME, {**dict.fromkeys(words, "sana"), "USA": "yhdysvallat"}))
    assert not opened.cased
    assert (opened.headword(["wordab"]), opened.headword(["Wordab"])) == ("wordab", "wordab")
    assert (opened.headword(["USA"]), opened.headword(["usa"])) == ("USA", None)
    assert Dictionary(write_dictionary(tmp_path, "eng-fra", {"River": "rivière"})).cased  # too few to tell


def test_translations_tell_names_where_all_headwords_are_in_small_letters(tmp_path: Path) -> None:
    words = {f"word{first}{second}": "sana" for first in "abcdefgh" for second in "abcdefgh"}
    opened = Dictionary(write_dictionary(tmp_path, NAME, {**words, "egypt": "Egypti", "bowl": "kulho"}))
    assert (opened.headword(["Egypt"]), opened.headword(["egypt"])) == ("Egypt", "egypt")
    assert opened.headword(["Bowl"]) == "bowl"
    german = Dictionary(write_dictionary(tmp_path, "eng-deu", dict.fromkeys(words, "Wort")))  # nouns have capitals, too
    assert german.headword(["Wordab"]) == "wordab"


def test_hungarian_letters_are_repaired(tmp_path: Path) -> None:
    hungarian = Dictionary(write_dictionary(tmp_path, "freedict-eng-hun", {"seeker": "keresô, epizódszerû"}))
    assert hungarian.senses("seeker") == ("kereső", "epizódszerű")
    french = Dictionary(write_dictionary(tmp_path, "freedict-eng-fra", {"hospital": "hôpital"}))
    assert french.senses("hospital") == ("hôpital",)


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


@pytest.mark.parametrize(
    ("suffix", "pack"), [(".dict.gz", gzip.compress), (".dict.bz2", bz2.compress), (".dict", bytes)]
)
def test_entries_may_be_packed_by_gzip_or_bzip2(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    index = write_dictionary(tmp_path, NAME, {"bridge": "silta"}, packed=False)
    plain = index.with_suffix(".dict")
    text = plain.read_bytes()
    plain.unlink()
    index.with_suffix(suffix).write_bytes(pack(text))
    assert Dictionary(index).senses("bridge") == ("silta",)
    if suffix != ".dict":
        index.with_suffix(suffix).write_bytes(pack(text)[:-5])
        with pytest.raises(InvalidInput, match=rf"eng-fin\{suffix}: damaged (gzip|bzip2) file \("):
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
