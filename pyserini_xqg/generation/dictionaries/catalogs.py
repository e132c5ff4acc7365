"""Catalogues of gettext (``.mo``) whose messages are names: places of libgweather, countries of iso-codes.

The English name is the message, behind its context if it has one; the translation of a name is one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from pyserini_xqg.collection.languages import canonical_code, language_name
from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.generation.dictionaries.base import SourceKind, Translation
from pyserini_xqg.generation.dictionaries.glosses import name_translations
from pyserini_xqg.storage.text_files import errors_named, open_binary

ORDERS = {b"\xde\x12\x04\x95": "<", b"\x95\x04\x12\xde": ">"}
CONTEXT = "\x04"


def read_catalog(files: Sequence[Path], language: str) -> Iterator[Translation]:
    """The names that are translated.

    Raises
    ------
    MissingInput, InvalidInput
        The file cannot be read, or is none of gettext.
    """
    messages = _messages(files[0])
    written = _field(messages.get("", ""), "Language")
    if written and canonical_code(written) != language:
        raise InvalidInput(f"{files[0]}: its language is {written}, and {language_name(language)} is expected")
    for message, foreign in messages.items():
        english = message.rpartition(CONTEXT)[2].partition("\0")[0]
        if message and foreign:
            yield from name_translations(english, composed(foreign.partition("\0")[0]))


def _messages(file: Path) -> dict[str, str]:
    """Messages and translations (GNU gettext manual, "The Format of GNU MO Files")."""
    with open_binary(file) as handle, errors_named(file):
        content = handle.read()
    order = ORDERS.get(content[:4])
    if order is None:
        raise InvalidInput(f"{file}: no catalogue of gettext; a .mo file is expected")
    try:
        count, ours, theirs = struct.unpack_from(f"{order}3I", content, 8)
        texts = []
        for table in (ours, theirs):
            for number in range(count):
                length, start = struct.unpack_from(f"{order}2I", content, table + 8 * number)
                if start + length > len(content):
                    raise struct.error("it ends within a text")
                texts.append(content[start : start + length].decode("utf-8"))
    except (struct.error, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: damaged, or not in UTF-8 ({error}); a .mo file is expected") from error
    return dict(zip(texts[:count], texts[count:], strict=True))


def _field(header: str, name: str) -> str:
    return next((line.partition(":")[2].strip() for line in header.split("\n") if line.startswith(f"{name}:")), "")


def origin(files: Sequence[Path]) -> str:
    """What the catalogue says of itself; its licence is its package's."""
    header = _messages(files[0]).get("", "")
    said = (f"{name}: {found}" for name in ("Project-Id-Version", "Last-Translator") if (found := _field(header, name)))
    return f"{files[0].name}, with the licence of its package. {' | '.join(said)}"


KIND = SourceKind(read_catalog, origin, ("a .mo file of names",), names=True)
