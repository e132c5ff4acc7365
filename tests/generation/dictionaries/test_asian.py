"""Dictionaries of Japanese, Korean, Vietnamese and Bengali, in the formats that they come in."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pyserini_xqg.generation.backends.lexicon.dictionary import Dictionary
from pyserini_xqg.generation.dictionaries.builder import build_dictionary
from pyserini_xqg.generation.dictionaries.readings import _at_the_beginning

EDICT = """　？？？ /EDICT, EDICT_SUB(P) Japanese-English Electronic Dictionary Files/Copyright EDRDG - 2021/
河 [かわ] /(n) river/
川(P);河 [かわ] /(n) (1) river/stream/(P)/EntL1390020X/
猫 [ねこ] /(n) (1) cat (esp. the domestic cat)/(2) (arch) geisha/(P)/
アメリカ /(n) America/(P)/
４° [しど] /
"""
CEDICT = """# CC-CEDICT
政府 政府 [zheng4 fu3] /government/
林業 林业 [lin2 ye4] /forestry/
歷史 历史 [li4 shi3] /history/
女子 女子 [nu:3 zi3] /woman/
河 河 [he2] /river/
政林 政林 [zheng4 lin2] /Zhenglin/
府業 府业 [fu3 ye4] /prefecture/
"""
UNIHAN = """# Unihan_Readings.txt
# Unicode version: 15.0.0
U+653F\tkHangul\t정:0E
U+653F\tkVietnamese\tchính
U+5E9C\tkHangul\t부:0E
U+5E9C\tkVietnamese\tphủ
U+6797\tkHangul\t임:0 림:0E
U+6797\tkVietnamese\tlâm
U+696D\tkHangul\t업:0E
U+696D\tkVietnamese\tnghiệp
U+5E9C\tkMandarin\tfǔ
U+6B77\tkHangul\t력:0E
U+53F2\tkHangul\t사:0E
U+5973\tkHangul\t녀:0E
U+5B50\tkHangul\t자:0E
U+6CB3\tkHangul\t하:0E
U+53F2\tkVietnamese\tsử
U+6B77\tkVietnamese\tlệch lịch
"""


def about(index: Path) -> str:
    return gzip.decompress(index.with_suffix(".dict.gz").read_bytes()).decode()


@pytest.mark.parametrize("encoding", ["euc_jp", "utf-8"])
def test_edict_is_turned_round_and_common_words_come_first(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "edict").write_bytes(EDICT.replace("？？？", "" if encoding == "euc_jp" else "？？？").encode(encoding))
    made = build_dictionary("ja", [f"edict={tmp_path / 'edict'}"], tmp_path / "out")
    assert dict(Dictionary(made.index).entries()) == {
        "river": ("川", "河"),
        "stream": ("川",),
        "cat": ("猫",),
        "geisha": ("猫",),
        "America": ("アメリカ",),
    }
    assert "Copyright EDRDG - 2021 (licence: https://www.edrdg.org/edrdg/licence.html)" in about(made.index)


@pytest.mark.parametrize(
    ("language", "entries"),
    [
        (
            "vi",
            {"government": ("chính phủ",), "forestry": ("lâm nghiệp",), "prefecture": ("phủ nghiệp",)},
        ),
        (
            "ko",
            {
                "government": ("정부",),
                "forestry": ("임업",),
                "history": ("역사",),
                "woman": ("여자",),
                "prefecture": ("부업",),
            },
        ),
    ],
)
def test_chinese_words_are_read_as_the_language_does(
    tmp_path: Path, language: str, entries: dict[str, tuple[str, ...]]
) -> None:
    (tmp_path / "cedict.txt").write_text(CEDICT, encoding="utf-8")
    (tmp_path / "readings.txt").write_text(UNIHAN, encoding="utf-8")
    source = f"readings={tmp_path / 'cedict.txt'},{tmp_path / 'readings.txt'}"
    made = build_dictionary(language, [source], tmp_path / "out")
    assert (
        dict(Dictionary(made.index).entries()) == entries
    )  # no names, and no characters of two readings; 河 alone would be no word
    assert "CC-CEDICT. CC-CEDICT + Unihan. Unihan_Readings.txt | Unicode version: 15.0.0" in about(made.index)


def test_a_list_of_words_leaves_out_what_only_chinese_says(tmp_path: Path) -> None:
    (tmp_path / "cedict.txt").write_text(CEDICT, encoding="utf-8")
    (tmp_path / "readings.txt").write_text(UNIHAN, encoding="utf-8")
    (tmp_path / "words.txt").write_text("Chính phủ\t1\nhà nước\t1\n", encoding="utf-8")
    source = f"readings={tmp_path / 'cedict.txt'},{tmp_path / 'readings.txt'}"
    made = build_dictionary("vi", [source], tmp_path / "out", frequencies=tmp_path / "words.txt")
    assert dict(Dictionary(made.index).entries()) == {"government": ("chính phủ",)}


@pytest.mark.parametrize(
    ("read", "written"), [("림업", "임업"), ("뢰관", "뇌관"), ("녀자", "여자"), ("남자", "남자"), ("고령", "고령")]
)
def test_the_first_sound_of_a_korean_word(read: str, written: str) -> None:
    assert _at_the_beginning(read) == written


JAMDICT = """
create table meta (key text, value text); insert into meta values ('jmdict.version', '1.08');
create table Kanji (ID integer primary key, idseq integer, text text);
create table Kana (ID integer primary key, idseq integer, text text, nokanji boolean);
create table KJP (kid integer, text text); create table KNP (kid integer, text text);
create table Sense (ID integer primary key, idseq integer);
create table SenseGloss (sid integer, lang text, gend text, text text);
create table misc (sid integer, text text);
create table NEKanji (ID integer primary key, idseq integer, text text);
create table NEKana (ID integer primary key, idseq integer, text text, nokanji boolean);
create table NETranslation (ID integer primary key, idseq integer);
create table NETransType (tid integer, text text);
create table NETransGloss (tid integer, lang text, gend text, text text);
insert into Kanji values (1, 10, '河'), (2, 11, '川'), (3, 12, '猫'), (4, 13, '川流'), (5, 11, '川の古');
insert into Kana values (1, 10, 'か', 0), (2, 11, 'かわ', 0), (3, 12, 'ねこ', 0), (4, 14, 'パン', 0);
insert into KJP values (2, 'ichi1'), (2, 'nf02'), (3, 'nf30');
insert into Sense values (1, 10), (2, 11), (3, 11), (4, 12), (5, 14), (6, 13);
insert into SenseGloss values (1, 'eng', '', 'river'), (2, 'eng', '', 'river'), (2, 'eng', '', 'stream'),
    (3, 'eng', '', 'the Milky Way'), (4, 'eng', '', 'cat'), (5, 'eng', '', 'bread'), (5, 'ger', '', 'Brot'),
    (6, 'eng', '', 'river');
insert into misc values (4, 'word usually written using kana alone'), (6, 'archaism');
insert into NEKanji values (1, 20, '東京'), (2, 21, '田中');
insert into NEKana values (1, 20, 'とうきょう', 0), (2, 21, 'たなか', 0), (3, 22, 'パリ', 0);
insert into NETranslation values (1, 20), (2, 21), (3, 22);
insert into NETransType values (1, 'place'), (1, 'station'), (2, 'surname'), (3, 'place');
insert into NETransGloss values (1, 'eng', '', 'Tokyo'), (2, 'eng', '', 'Tanaka'), (3, 'eng', '', 'Paris');
"""


def database(file: Path, script: str) -> Path:
    with closing(sqlite3.connect(file)) as made:
        made.executescript(script)
    return file


def test_jmdict_and_jmnedict_are_turned_round(tmp_path: Path) -> None:
    file = database(tmp_path / "jamdict.db", JAMDICT)
    made = build_dictionary("ja", [f"jamdict={file}"], tmp_path / "out")
    assert dict(Dictionary(made.index).entries()) == {
        "river": ("川", "河", "川流"),
        "stream": ("川",),
        "Milky Way": ("川",),
        "cat": ("ねこ",),  # its kanji are hardly written
        "bread": ("パン",),
        "Tokyo": ("東京",),
        "Paris": ("パリ",),
    }
    assert "jmdict.version: 1.08" in about(made.index)


def test_bengali_is_turned_round_and_frequent_words_come_first(tmp_path: Path) -> None:
    file = database(
        tmp_path / "dictionary.db",
        """create table words (id integer primary key, word text, english_translation text, meanings text,
                               examples text);
        insert into words values (1, 'স্রোতস্বিনী', 'River', '["নদী"]', null),
            (2, 'নদী', 'River / To stream', '[]', '["নদী"]'), (3, 'ভুল', null, null, null);""",
    )
    made = build_dictionary("bn", [f"shobdo={file}"], tmp_path / "out")
    assert dict(Dictionary(made.index).entries()) == {"river": ("নদী", "স্রোতস্বিনী"), "stream": ("নদী",)}
    assert "Apache-2.0" in about(made.index)


def test_the_file_is_only_read(tmp_path: Path) -> None:
    file = database(tmp_path / "jamdict.db", JAMDICT)
    before = file.read_bytes()
    file.chmod(0o400)
    build_dictionary("ja", [f"jamdict={file}"], tmp_path / "out")
    assert file.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["jamdict.db", "out"]
