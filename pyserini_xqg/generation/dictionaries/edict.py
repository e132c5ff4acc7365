"""EDICT: Japanese words with English glosses, a line each, made from JMdict; ENAMDICT, of names, looks the same.

::

    川 [かわ] /(n) river/stream/(P)/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.generation.dictionaries.base import SourceKind, Translation
from pyserini_xqg.generation.dictionaries.glosses import RARE, english_words, is_rare
from pyserini_xqg.storage.text_files import errors_named, open_binary

COMMON = "(P)"

_LINE = re.compile(r"([^\s\[]+)(?: \[([^\]]*)\])? /(?:(.*)/)?")  # a few have no gloss
_BRACKETS = re.compile(r"\([^)]*\)")


def read_edict(files: Sequence[Path], language: str) -> Iterator[Translation]:
    """Japanese for the English words of its glosses; common words first.

    Raises
    ------
    MissingInput, InvalidInput
        The file cannot be read, or a line is of another format.
    """
    for number, line in enumerate(_lines(files[0]), start=1):
        if number == 1 or not line.strip():  # who made it
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise InvalidInput(
                f"{files[0]}:{number}: {line.strip()[:60]!r}; a line of EDICT is expected: 川 [かわ] /(n) river/(P)/"
            )
        # EDICT2 has several forms, the first the most usual.
        word = _BRACKETS.sub("", match.group(1).split(";")[0])
        glosses = (match.group(3) or "").split("/")
        late = 0 if COMMON in glosses else RARE // 2
        for position, gloss in enumerate(glosses):
            if gloss == COMMON or gloss.startswith("EntL"):
                continue
            for english in english_words(gloss):
                yield Translation(english, word, position + late + (RARE if is_rare(gloss) else 0))


def _lines(file: Path) -> list[str]:
    """The lines in EUC-JP, as Debian has the file, or UTF-8."""
    with open_binary(file) as handle, errors_named(file):
        content = handle.read()
    for encoding in ("utf-8", "euc_jp"):
        try:
            return content.decode(encoding).split("\n")
        except UnicodeDecodeError:
            continue
    # A letter or two of JIS X 0212 are in a coding that Python does not know.
    text = content.decode("euc_jp", "replace")
    if text.count("\ufffd") > len(text) / 1000:
        raise InvalidInput(f"{file}: neither UTF-8 nor EUC-JP; EDICT's file is expected")
    return text.split("\n")


def origin(files: Sequence[Path]) -> str:
    """The first line of the file, which says whose it is; its licence is at edrdg.org."""
    _, _, about = _lines(files[0])[0].partition("/")
    return f"{' '.join(about.split('/')).strip()} (licence: https://www.edrdg.org/edrdg/licence.html)"


KIND = SourceKind(read_edict, origin, ("EDICT's text file",), frozenset({"ja"}))
