"""Questions in answers that are JSON, whole or cut."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pyserini_xqg.generation.prompts.question_marks import is_marked

_START = re.compile(r"^\s*(?=[\[{]\s*[\[{\"\]}])", re.MULTILINE)
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_ASKED = re.compile(r"question|quer(?:y|ies)|^q[\s_-]*\d*$", re.IGNORECASE)
_NOT_ASKED = re.compile(
    r"answer|response|reason|thought|think|analysis|explan|comment|note|translat|english|_en$|lang|passage|context"
    r"|evidence|source|title|fact|topic|type|difficulty|^a[\s_-]*\d*$|^id$",
    re.IGNORECASE,
)

Found = tuple[str | None, str]  # a text, and the key that it stands under


def json_questions(text: str) -> list[str] | None:
    """The questions in JSON; None where there is none.

    Of objects those texts are taken that stand under a key such as ``question``; where there is no such key, all but
    those under keys such as ``answer``, and under a key that comes again and again none without a question mark, if
    others have them. Of JSON that was cut what is whole is read.

    Parameters
    ----------
    text : str
    """
    start = _START.search(text)
    if start is None:
        return None
    found = list(_read(text[start.end() :]))
    return _asked(found) if found else None


def _read(text: str) -> Iterator[Found]:
    try:
        yield from _texts(json.JSONDecoder(strict=False).decode(text), None)
    except (ValueError, RecursionError):
        yield from _whole_texts(text)


def _texts(value: Any, key: str | None) -> Iterator[Found]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key)


def _whole_texts(text: str) -> Iterator[Found]:
    """The texts of JSON that was cut, or has something behind it."""
    key: str | None = None
    for match in _TEXT.finditer(text):
        try:
            read = json.loads(match.group(), strict=False)
        except ValueError:
            continue
        if text[match.end() :].lstrip().startswith(":"):
            key = read
        else:
            yield key, read


def _asked(found: list[Found]) -> list[str]:
    keys = {key for key, _ in found}
    asked = {key for key in keys if key is not None and _ASKED.search(key)}
    others = {key for key in keys if key is None or not _NOT_ASKED.search(key)}
    chosen = asked & others or asked or others
    rows = [(key, text) for key, text in found if key in chosen]
    times = Counter(key for key, _ in rows)
    marked = Counter(key for key, text in rows if is_marked(text))
    if any(marked.values()):
        rows = [(key, text) for key, text in rows if marked[key] or times[key] == 1 or key is None]
    return [text for _, text in rows]
