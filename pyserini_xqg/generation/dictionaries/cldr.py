"""CLDR: what languages, scripts, countries, their parts, cities, currencies, months and days are called in a language,
and what emoji show: animals, food, buildings, tools.

A folder ``common`` with ``main/en.xml``, ``main/vi.xml``, ``subdivisions/en.xml``, ``annotations/en.xml`` and the like.
What has the same type or path in both files is the same thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.generation.dictionaries.base import SourceKind, Translation
from pyserini_xqg.generation.dictionaries.glosses import name_translations
from pyserini_xqg.storage.text_files import read_text

FOLDERS = ("main", "subdivisions", "annotations")
# Names by the elements that hold them; a city has no type of its own, its time zone has.
NAMES = {
    "localeDisplayNames/languages": "language",
    "localeDisplayNames/scripts": "script",
    "localeDisplayNames/territories": "territory",
    "localeDisplayNames/subdivisions": "subdivision",
    "dates/timeZoneNames": "zone",
    "numbers/currencies": "currency",
    "dates/calendars/calendar[@type='gregorian']/months/monthContext/monthWidth[@type='wide']": "month",
    "dates/calendars/calendar[@type='gregorian']/days/dayContext/dayWidth[@type='wide']": "day",
}
SIGNS = " \n\t²"  # a raised 2 tells a city from the county around it
EMOJI = "annotations/annotation[@type='tts']"
INNER = {"zone": "exemplarCity", "currency": "displayName"}


def read_cldr(files: Sequence[Path], language: str) -> Iterator[Translation]:
    """The names of both languages.

    Raises
    ------
    MissingInput, InvalidInput
        The folder does not have the language, or a file is damaged.
    """
    folder = files[0]
    for inner in FOLDERS:
        english, foreign = (folder / inner / f"{code}.xml" for code in ("en", language))
        if inner == FOLDERS[0] or foreign.exists():
            theirs = _names(foreign)
            for key, name in _names(english).items():
                if key in theirs:
                    yield from name_translations(name, theirs[key])


def _names(file: Path) -> dict[tuple[str, str], str]:
    if not file.exists():
        raise MissingInput(
            f"{file}: not there; CLDR's folder `common` is expected, with main/en.xml and the language's own file"
        )
    try:
        root = ElementTree.fromstring(read_text(file).encode())
    except ElementTree.ParseError as error:
        raise InvalidInput(f"{file}: no XML ({error}); a file of CLDR is expected") from error
    found: dict[tuple[str, str], str] = {}
    for path, element in NAMES.items():
        for named in root.iterfind(f"{path}/{element}"):
            inside = named.find(INNER[element]) if element in INNER else named
            if inside is None or named.get("alt") or not inside.text:
                continue
            found.setdefault((element, named.get("type", "")), composed(inside.text.strip(SIGNS)))
    for emoji in root.iterfind(EMOJI):
        found.setdefault(("emoji", emoji.get("cp", "")), composed((emoji.text or "").strip()))
    return found


def origin(files: Sequence[Path]) -> str:
    """The copyright at the beginning of the English file."""
    file = files[0] / FOLDERS[0] / "en.xml"
    comment = read_text(file).partition("<!--")[2].partition("-->")[0].partition("\n\n")[0]
    return f"Unicode CLDR. {' '.join(comment.split())}"


KIND = SourceKind(read_cldr, origin, ("CLDR's folder `common`",), names=True)
