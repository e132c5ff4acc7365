"""Writes dictionaries in DICT format, as dictfmt does."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def base64_number(value: int) -> str:
    digits = DIGITS[value % 64]
    while value := value // 64:
        digits = DIGITS[value % 64] + digits
    return digits


def write_dictionary(folder: Path, name: str, entries: Mapping[str, str], packed: bool = True) -> Path:
    """An ``.index`` with its ``.dict`` or ``.dict.dz``; an entry is what follows the line with the headword."""
    folder.mkdir(parents=True, exist_ok=True)
    text, lines = b"", []
    for headword, entry in {"00databaseshort": "A test dictionary", **entries}.items():
        body = f"{headword} /x/\n{entry}\n".encode()
        lines.append(f"{headword}\t{base64_number(len(text))}\t{base64_number(len(body))}\n")
        text += body
    index = folder / f"{name}.index"
    index.write_text("".join(sorted(lines)), encoding="utf-8")
    if packed:
        index.with_suffix(".dict.dz").write_bytes(gzip.compress(text))
    else:
        index.with_suffix(".dict").write_bytes(text)
    return index
