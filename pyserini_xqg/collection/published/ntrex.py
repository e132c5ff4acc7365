"""NTREX-128 (Federmann et al., 2022): 1,997 sentences of news in 117 languages beside English."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyserini_xqg.collection.datasets.line_aligned import read_line_aligned
from pyserini_xqg.collection.languages import canonical_code
from pyserini_xqg.collection.published.base import Asked, Contents, PublishedDataSet, Source
from pyserini_xqg.collection.published.parallel import HANDLED, contents_of

COMMIT = "8561f6a622db9edad1217683e5c83daefd8bb2bf"
ENGLISH = "newstest2019-src.eng.txt"
# As the files call the languages; of several forms of one, one.
NAMES = (  # noqa: SIM905 - a list of a hundred strings says no more
    "afr amh arb aze-Latn bak bel bem ben bod bos bul cat ces ckb-Arab cym dan deu div dzo ell est eus ewe fao "
    "fas fij fil fin fra fuc gle glg guj hau heb hin hmn hrv hun hye ibo ind isl ita jpn kan kat kaz khm kin kir "
    "kmr kor lao lav lit ltz mal mar mey mkd mlg mlt mon mri msa mya nde nep nld nno nob nso nya orm pan pol por "
    "pus ron rus shi sin slk slv smo sna-Latn snd-Arab som spa sqi srp-Cyrl ssw swa swe tah tam tat tel tgk-Cyrl "
    "tha tir ton tsn tuk tur uig ukr urd uzb ven vie wol xho yor yue zho-CN zul"
).split()
BY_CODE = {canonical_code(name): name for name in NAMES}


def _file(code: str) -> str:
    return f"newstest2019-ref.{BY_CODE[code]}.txt"


def sources(asked: Asked) -> Sequence[Source]:
    """The English file and one a language."""
    place = f"https://raw.githubusercontent.com/MicrosoftTranslator/NTREX/{COMMIT}/NTREX-128"
    return [Source(f"{place}/{name}") for name in (ENGLISH, *map(_file, asked.languages))]


def read(folder: Path, asked: Asked) -> Contents:
    """English sentences, and those in other languages."""
    files = {code: folder / _file(code) for code in asked.languages}
    text = read_line_aligned({None: folder / ENGLISH}, files.items())
    return contents_of(text, asked, [folder / ENGLISH, *files.values()])


DATA_SET = PublishedDataSet(
    title="NTREX-128",
    licence="CC BY-SA 4.0",
    home="https://github.com/MicrosoftTranslator/NTREX",
    handled=f"{HANDLED} Of several forms of a language one is taken (`fra`, not `fra-CA`).",
    checked="all languages",
    splits={"test": tuple(BY_CODE)},
    sources=sources,
    read=read,
)
