"""FLORES-200 (NLLB Team, 2022): sentences of Wikimedia's sites, translated by people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyserini_xqg.collection.datasets.line_aligned import read_line_aligned
from pyserini_xqg.collection.languages import canonical_code
from pyserini_xqg.collection.published.base import Asked, Contents, PublishedDataSet, Source
from pyserini_xqg.collection.published.parallel import HANDLED, contents_of

ARCHIVE = "https://dl.fbaipublicfiles.com/nllb/flores200_dataset.tar.gz"
ENGLISH = "eng_Latn"
NAMES = (  # noqa: SIM905 - a list of a hundred strings says no more
    "arb_Arab bem_Latn ben_Beng bul_Cyrl deu_Latn ell_Grek fin_Latn fra_Latn hau_Latn hin_Deva ibo_Latn ind_Latn "
    "jpn_Jpan kin_Latn kor_Hang pes_Arab ron_Latn rus_Cyrl som_Latn spa_Latn swh_Latn tel_Telu tha_Thai tur_Latn "
    "twi_Latn urd_Arab vie_Latn yor_Latn zho_Hans zul_Latn"
).split()
BY_CODE = {canonical_code(name): name for name in NAMES}


def _files(asked: Asked) -> dict[str, str]:
    return {code: f"{BY_CODE.get(code, code)}.{asked.split}" for code in (ENGLISH, *asked.languages)}


def sources(asked: Asked) -> Sequence[Source]:
    """The English file and one a language."""
    return [Source(f"{ARCHIVE}#flores200_dataset/{asked.split}/{name}") for name in _files(asked).values()]


def read(folder: Path, asked: Asked) -> Contents:
    """English sentences, and those in other languages."""
    files = {code: folder / name for code, name in _files(asked).items()}
    kept = [*files.values()]
    return contents_of(read_line_aligned({None: files.pop(ENGLISH)}, files.items()), asked, kept)


DATA_SET = PublishedDataSet(
    title="FLORES-200",
    licence="CC BY-SA 4.0",
    home="https://github.com/facebookresearch/flores",
    handled=f"{HANDLED} Of its 204 languages those that other data sets here have.",
    checked="nothing: made-up files of its form only",
    splits=dict.fromkeys(("dev", "devtest"), tuple(BY_CODE)),
    sources=sources,
    read=read,
    expected={"dev": {"passages": 997}, "devtest": {"passages": 1012}},
)
