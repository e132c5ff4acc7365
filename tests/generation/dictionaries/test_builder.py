from __future__ import annotations

import gzip
import lzma
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.generation.backends.lexicon.dictionary import Dictionary, find_dictionary
from pyserini_xqg.generation.dictionaries.builder import build_dictionary
from tests.conftest import call
from tests.generation.backends.lexicon.dict_format import write_dictionary
from tests.generation.dictionaries.gettext_format import catalog

CEDICT = """# CC-CEDICT
#! license=https://creativecommons.org/licenses/by-sa/4.0/
河 河 [he2] /river/CL:條|条[tiao2]/
河流 河流 [he2 liu2] /river/
黃河 黄河 [Huang2 He2] /Yellow River/
水 水 [shui3] /water/(bound form) river/
北京 北京 [Bei3 jing1] /Beijing, capital of China (abbr. to 京[Jing1])/to go north/
北上廣 北上广 [Bei3 Shang4 Guang3] /Beijing, Shanghai, and Guangzhou (the three big cities)/
辟 辟 [bi4] /(literary) king; monarch/
國王 国王 [guo2 wang2] /king/
龜 龟 [gui1] /variant of 龜|龟[gui1]/a tortoise; (coll.) turtle/
"""


@pytest.fixture
def cedict(tmp_path: Path) -> Path:
    file = tmp_path / "cedict.txt"
    file.write_text(CEDICT, encoding="utf-8")
    return file


def test_cedict_is_turned_round_and_ranked(cedict: Path, tmp_path: Path) -> None:
    made = build_dictionary("Chinese", [f"cedict={cedict}"], tmp_path / "out")
    assert made.index.name == "xqg-eng-zho.index"
    assert find_dictionary("zh", tmp_path / "out") == made.index
    opened = Dictionary(made.index)
    found = {word: opened.senses(word) for word in ("river", "Yellow River", "Beijing", "king", "go north", "tortoise")}
    assert found == {
        "river": ("河", "河流", "水"),  # 河 is in 河流; who is bound comes last
        "Yellow River": ("黄河",),
        "Beijing": ("北京",),
        "king": ("国王", "辟"),
        "go north": ("北京",),
        "tortoise": ("龟",),
    }
    assert opened.headword(["beijing"]) is None
    assert (made.headwords, made.translations) == (9, 12)
    assert made.from_sources == {f"cedict={cedict}": 9}


def test_what_is_common_comes_first_among_those_of_a_source(cedict: Path, tmp_path: Path) -> None:
    (tmp_path / "f.tsv").write_text("河流\t900\tn\n水\t100\n河\t600\n河流\t1\n国王\t5\n", encoding="utf-8")
    made = build_dictionary("zh", [f"cedict={cedict}"], tmp_path / "out", frequencies=tmp_path / "f.tsv")
    opened = Dictionary(made.index)
    assert opened.senses("river") == ("河流", "河", "水")
    assert opened.senses("king") == ("国王", "辟")
    # A word that is nowhere stands where it stood.
    (tmp_path / "g.txt").write_text("一 5\n", encoding="utf-8")
    made = build_dictionary("zh", [f"cedict={cedict}"], tmp_path / "g", frequencies=tmp_path / "g.txt")
    assert Dictionary(made.index).senses("river") == ("河", "河流", "水")


def test_a_better_source_comes_before_a_more_common_word(tmp_path: Path) -> None:
    better = write_dictionary(tmp_path, "eng-rus", {"bridge": "мост"})
    worse = write_dictionary(tmp_path, "eng-rus2", {"bridge": "бридж"})
    (tmp_path / "f.tsv").write_text("бридж\t9\n", encoding="utf-8")
    made = build_dictionary("ru", [f"dict={better}", f"dict={worse}"], tmp_path / "out", frequencies=tmp_path / "f.tsv")
    assert Dictionary(made.index).senses("bridge") == ("мост", "бридж")


@pytest.mark.parametrize("line", ["河流", "河流 viele", "河流\t-1", "河流\tnan", "河流\tinf"])
def test_a_list_of_words_without_counts_is_refused(cedict: Path, tmp_path: Path, line: str) -> None:
    (tmp_path / "f.tsv").write_text(f"河\t3\n{line}\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"f\.tsv:2: .*a word and a count are expected"):
        build_dictionary("zh", [f"cedict={cedict}"], tmp_path / "out", frequencies=tmp_path / "f.tsv")


def test_licence_and_origin_stand_in_the_file_and_it_is_the_same_every_time(cedict: Path, tmp_path: Path) -> None:
    made = [build_dictionary("zh", [f"cedict={cedict}"], tmp_path / name).index for name in "ab"]
    files = [(index.read_bytes(), index.with_suffix(".dict.gz").read_bytes()) for index in made]
    assert files[0] == files[1]
    text = gzip.decompress(files[0][1]).decode()
    assert "English-Chinese, made by xqg dictionary of:" in text
    assert "license=https://creativecommons.org/licenses/by-sa/4.0/" in text


def test_a_dictionary_to_english_is_turned_round(tmp_path: Path) -> None:
    index = write_dictionary(
        tmp_path, "freedict-hin-eng", {"नदी": "1. river (large)\n2. stream", "जाना": "to go; leave", "राजा": "the king"}
    )
    opened = Dictionary(build_dictionary("hi", [f"inverted={index}"], tmp_path / "out").index)
    assert dict(opened.entries()) == {
        "river": ("नदी",),
        "stream": ("नदी",),
        "go": ("जाना",),
        "leave": ("जाना",),
        "king": ("राजा",),
    }


def test_capitals_of_a_dictionary_that_writes_all_words_so_make_no_names(tmp_path: Path) -> None:
    words = {f"{chr(0x905 + number % 20)}{number}": f"Word{number}" for number in range(200)}
    index = write_dictionary(tmp_path, "freedict-hin-eng", words | {"कटोरा": "Bowl", "आरएएम": "RAM"})
    opened = Dictionary(build_dictionary("hi", [f"inverted={index}"], tmp_path / "out").index)
    assert opened.senses("bowl") == ("कटोरा",)
    assert opened.senses("Bowl") == ()  # of "Super Bowl"
    assert opened.senses("RAM") == ("आरएएम",)


def test_two_dictionaries_are_followed_and_the_earlier_source_comes_first(tmp_path: Path) -> None:
    direct = write_dictionary(tmp_path, "eng-rus", {"bridge": "мост"})
    german = write_dictionary(tmp_path, "eng-deu", {"bridge": "Steg, Brücke, Bridge", "river": "Fluss, Strom"})
    russian = write_dictionary(
        tmp_path, "deu-rus", {"Brücke": "мост", "Steg": "мостик, мост", "Fluss": "поток, река", "Strom": "ток, река"}
    )
    pivot = f"pivot={german},{russian}"
    opened = Dictionary(build_dictionary("ru", [pivot], tmp_path / "a").index)
    assert opened.senses("bridge") == ("мостик", "мост")
    assert opened.senses("river") == ("поток", "река", "ток")  # two ways lead to река, but at its place
    both = build_dictionary("ru", [f"dict={direct}", pivot], tmp_path / "b")
    assert Dictionary(both.index).senses("bridge") == ("мост", "мостик")
    assert both.from_sources == {f"dict={direct}": 1, pivot: 1}


@pytest.mark.parametrize(
    ("language", "source", "error", "words"),
    [
        ("zh", "cedict", UsageError, r"source 'cedict': KIND=FILE is expected, of the kinds dict, inverted"),
        ("zh", "jmdict=x", UsageError, "there is no source 'jmdict'; there are dict, inverted, pivot, aligned, cldr"),
        ("zh", "pivot=x", UsageError, "source pivot has 1 files; 2 are expected: the .index from English"),
        ("ja", "cedict=x", UsageError, "source cedict is of zh, and the language is ja"),
        ("zh", "cedict=nowhere", MissingInput, r"nowhere: cannot be read \(No such file"),
        ("zh", "cedict=other.txt", InvalidInput, r"other\.txt:1: 'river'; a line of CC-CEDICT is expected"),
        ("zh", "cedict=empty.txt", InvalidInput, r"no translation from English to Chinese in cedict="),
        ("zh", "cedict=latin.txt", InvalidInput, r"latin\.txt: not UTF-8 \("),
        ("zh", "cedict=cut.gz", InvalidInput, r"cut\.gz: damaged gzip file"),
        ("vi", "aligned=en.txt,one.txt", InvalidInput, r"en\.txt has 2 lines and one\.txt has 1; files whose lines go"),
        ("th", "aligned=en.txt,whole.txt", InvalidInput, r"whole\.txt has 2 words for 8 English ones: too few"),
        ("vi", "aligned=en.txt,nowhere.txt", MissingInput, r"nowhere\.txt: cannot be read"),
        ("vi", "cldr=.", MissingInput, r"vi\.xml: not there; CLDR's folder `common` is expected"),
        ("vi", "cldr=cldr", InvalidInput, r"vi\.xml: no XML \("),
        ("vi", "gettext=en.txt", InvalidInput, r"en\.txt: no catalogue of gettext; a \.mo file is expected"),
        ("vi", "gettext=cut.mo", InvalidInput, r"cut\.mo: damaged, or not in UTF-8"),
        ("vi", "gettext=fi.mo", InvalidInput, r"fi\.mo: its language is fi, and Vietnamese is expected"),
        ("ja", "readings=x,y", UsageError, "source readings is of ko, vi, and the language is ja"),
        ("vi", "readings=cedict.txt,en.txt", InvalidInput, r"en\.txt: no line with kVietnamese; Unihan_Readings\.txt"),
        ("ja", "edict=other.txt", InvalidInput, r"other\.txt:2: 'river'; a line of EDICT is expected"),
        ("ja", "edict=latin.txt", InvalidInput, r"latin\.txt: neither UTF-8 nor EUC-JP"),
        ("ja", "jamdict=en.txt", InvalidInput, r"en\.txt: no SQLite database; jamdict\.db of the package jamdict-data"),
        ("ja", "jamdict=packed.xz", InvalidInput, r"packed\.xz: an xz file; unpack it"),
        ("ja", "jamdict=other.db", InvalidInput, r"other\.db: no such table: Kanji; jamdict\.db of the package"),
        ("bn", "shobdo=other.db", InvalidInput, r"other\.db: no such table: words; dictionary\.db of the package"),
        ("bn", "shobdo=nowhere.db", MissingInput, r"nowhere\.db: cannot be read"),
        ("zh", "inverted=nowhere.index", MissingInput, r"nowhere\.index: cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said(
    tmp_path: Path, language: str, source: str, error: type[Exception], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("other.txt").write_text("river\nriver\n")
    Path("en.txt").write_text("the river is long\nthe bridge is new\n")
    Path("one.txt").write_text("sông dài\n")
    Path("whole.txt").write_text("แม่น้ำยาว\nสะพานใหม่\n")
    Path("cedict.txt").write_text(CEDICT)
    Path("cldr/main").mkdir(parents=True)
    Path("cldr/main/vi.xml").write_text("<ldml>")
    Path("fi.mo").write_bytes(catalog({"": "Language: fi\n", "Denver": "Denver"}))
    Path("cut.mo").write_bytes(catalog({"Denver": "Denver"})[:-3])
    Path("packed.xz").write_bytes(lzma.compress(b"x"))
    with closing(sqlite3.connect("other.db")) as database:
        database.execute("create table other (text)")
    Path("empty.txt").write_text("# nothing\n")
    Path("latin.txt").write_bytes(b"\xe9")
    Path("cut.gz").write_bytes(gzip.compress(CEDICT.encode())[:-9])
    with pytest.raises(error, match=words):
        build_dictionary(language, [source], "out")
    assert not Path("out").exists()


def test_no_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no source"):
        build_dictionary("zh", [], tmp_path)


def test_the_command_makes_what_generate_reads(
    cedict: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("dictionary", "--language", "zh", "--from", f"cedict={cedict}", "--output", tmp_path / "out") == 0
    printed = capsys.readouterr().out
    assert "headwords: 9" in printed
    assert "xqg-eng-zho.index" in printed
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text('{"id": "d1", "text": "the king by the Yellow River"}\n')
    given = ["generate", "--generator", "lexicon", "--dictionaries", tmp_path / "out", "--language", "zh"]
    assert call(*given, "--corpus", corpus, "--output", tmp_path / "queries") == 0
    assert "黄河" in next((tmp_path / "queries").glob("*.jsonl")).read_text(encoding="utf-8")
