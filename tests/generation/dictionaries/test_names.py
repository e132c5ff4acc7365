from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pyserini_xqg.generation.backends.lexicon.dictionary import Dictionary
from pyserini_xqg.generation.dictionaries.builder import build_dictionary
from tests.generation.dictionaries.gettext_format import catalog

LDML = """<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE ldml SYSTEM "../../common/dtd/ldml.dtd">
<!-- Copyright © 1991-2022 Unicode, Inc.
SPDX-License-Identifier: Unicode-DFS-2016

Warnings: none -->
<ldml><localeDisplayNames>
<languages><language type="de">{german}</language></languages>
<territories><territory type="DE">{germany}</territory>
<territory type="CZ">{czechia}</territory><territory type="CZ" alt="variant">Czech Republic</territory></territories>
</localeDisplayNames><dates>
<calendars><calendar type="gregorian"><months><monthContext type="format"><monthWidth type="wide">
<month type="3">{march}</month></monthWidth></monthContext></months></calendar></calendars>
<timeZoneNames><zone type="Europe/Prague"><exemplarCity>{prague}</exemplarCity></zone></timeZoneNames></dates>
<numbers><currencies><currency type="CZK"><displayName>{koruna}</displayName><symbol>Kč</symbol></currency>
</currencies></numbers></ldml>
"""
ENGLISH = ("German", "Germany", "Czechia", "March", "Prague", "Czech Koruna")
VIETNAMESE = ("Tiếng Đức", "Đức", "Séc", "tháng 3", "Praha", "Koruna Cộng hòa Séc")
EMOJI = """<ldml><annotations><annotation cp="🌋">{0} | mountain</annotation>
<annotation cp="🌋" type="tts">{0}</annotation></annotations></ldml>"""
SUBDIVISIONS = """<ldml><localeDisplayNames><subdivisions><subdivision type="usca">{}</subdivision>
</subdivisions></localeDisplayNames></ldml>"""


@pytest.fixture
def common(tmp_path: Path) -> Path:
    folder = tmp_path / "common"
    for inner in ("main", "subdivisions"):
        (folder / inner).mkdir(parents=True)
    names = ("german", "germany", "czechia", "march", "prague", "koruna")
    for code, texts in (("en", ENGLISH), ("vi", VIETNAMESE)):
        text = LDML.format(**dict(zip(names, texts, strict=True)))
        (folder / "main" / f"{code}.xml").write_text(text, encoding="utf-8")
    (folder / "subdivisions" / "en.xml").write_text(SUBDIVISIONS.format("California²"), encoding="utf-8")
    (folder / "subdivisions" / "vi.xml").write_text(SUBDIVISIONS.format("bang California²"), encoding="utf-8")
    return folder


def test_names_of_cldr_go_by_their_types(common: Path, tmp_path: Path) -> None:
    made = build_dictionary("vi", [f"cldr={common}"], tmp_path / "out")
    assert dict(Dictionary(made.index).entries()) == {
        "German": ("Tiếng Đức",),
        "Germany": ("Đức",),
        "Czechia": ("Séc",),
        "March": ("tháng 3",),
        "Prague": ("Praha",),
        "California": ("bang California",),
    }
    about = gzip.decompress(made.index.with_suffix(".dict.gz").read_bytes()).decode()
    assert "Unicode CLDR. Copyright © 1991-2022 Unicode, Inc. SPDX-License-Identifier: Unicode-DFS-2016" in about


def test_a_language_without_subdivisions_has_the_rest(common: Path, tmp_path: Path) -> None:
    (common / "subdivisions" / "vi.xml").unlink()
    assert build_dictionary("vi", [f"cldr={common}"], tmp_path / "out").headwords == 5


def test_emoji_have_the_words_for_what_they_show(common: Path, tmp_path: Path) -> None:
    (common / "annotations").mkdir()
    for code, word in (("en", "volcano"), ("vi", "núi lửa")):
        (common / "annotations" / f"{code}.xml").write_text(EMOJI.format(word), encoding="utf-8")
    made = build_dictionary("vi", [f"cldr={common}"], tmp_path / "out")
    assert Dictionary(made.index).senses("volcano") == ("núi lửa",)
    assert made.headwords == 7


@pytest.mark.parametrize("order", ["<", ">"])
def test_names_of_a_catalogue_are_read(tmp_path: Path, order: str) -> None:
    messages = {
        "": "Project-Id-Version: weather 2.25\nLast-Translator: Ann <a@b.c>\nLanguage: vi_VN\n",
        "City in Austria\x04Vienna": "Viên",
        "Vienna": "Vienna",  # another one, which nobody translated
        "Austria\0Austrias": "Áo\0Áo",
        "Denver": "",
        "West": "Tây",  # one of many
    }
    file = tmp_path / "locations.mo"
    file.write_bytes(catalog(messages, order))
    made = build_dictionary("vi", [f"gettext={file}"], tmp_path / "out")
    assert dict(Dictionary(made.index).entries()) == {"Vienna": ("Viên",), "Austria": ("Áo",)}
    about = gzip.decompress(made.index.with_suffix(".dict.gz").read_bytes()).decode()
    assert (
        "locations.mo, with the licence of its package. Project-Id-Version: weather 2.25 | Last-Translator: Ann"
        in about
    )
