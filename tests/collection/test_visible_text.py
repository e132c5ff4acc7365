from __future__ import annotations

import json

import pytest

from pyserini_xqg.collection.visible_text import visible


@pytest.mark.parametrize("character", ["\x1b", "\x00", "\r", "\x08", "\x7f", "\x9b", "\u202e", "\u2066", "\u2069"])
def test_what_steers_a_terminal_is_shown(character: str) -> None:
    shown = visible(f"a{character}[31mb")
    assert shown == f"a\\u{ord(character):04x}[31mb"
    assert json.loads(f'"{shown}"') == f"a{character}[31mb"


@pytest.mark.parametrize("text", ["a\tb\nc", "أين\u200f يقع?", "کتاب\u200cخانه", "🙂", "é"])
def test_text_stays(text: str) -> None:
    assert visible(text) == text
