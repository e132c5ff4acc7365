from __future__ import annotations

import pytest

from pyserini_xqg.reporting.changes.user_text import language_tag, text_direction


@pytest.mark.parametrize(
    ("language", "code", "found"),
    [
        *((code, code, "rtl") for code in ("ar", "ur", "fa", "he", "yi", "ps", "sd", "ug", "dv")),
        (" ar", "ar", "rtl"),
        ("Hebrew", "he", "rtl"),
        ("fi", "fi", "auto"),
        ("pa", "pa", "auto"),
        ("all", "", "auto"),
        ("nowhere", "", "auto"),
    ],
)
def test_direction_by_language(language: str, code: str, found: str) -> None:
    assert text_direction(language) == found
    if code:
        assert language_tag(language) == code
