from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from pyserini_xqg.encoding.settings import DTYPES, POOLINGS, EncoderSettings
from pyserini_xqg.errors import UsageError


def test_only_the_model_has_to_be_named() -> None:
    settings = EncoderSettings("some/model")
    open_fields = {name for name, value in asdict(settings).items() if value is None}
    assert settings.dtype == "float32"
    assert open_fields == set(asdict(settings)) - {"model", "dtype", "nfc"}


@pytest.mark.parametrize("field, value", [("pooling", value) for value in POOLINGS] + [("dtype", v) for v in DTYPES])
def test_settings_survive_a_manifest(field: str, value: Any) -> None:
    settings = EncoderSettings(**{"model": "m", "query_prefix": "query: ", "passage_max_length": 3, field: value})
    assert EncoderSettings.from_dict(settings.as_dict()) == settings


def test_a_manifest_that_does_not_name_the_composed_form_is_of_texts_as_they_stood() -> None:
    new, old = EncoderSettings("m"), EncoderSettings("m", nfc=False)
    assert new.as_dict() == old.as_dict() | {"nfc": True}
    assert EncoderSettings.from_dict(old.as_dict()) == old
    assert EncoderSettings.from_dict(new.as_dict()) == new
    assert (new.as_read("a\u0308"), old.as_read("a\u0308")) == ("\u00e4", "a\u0308")


@pytest.mark.parametrize(
    "field, value, expected",
    [
        ("pooling", "max", "cls, mean, last"),
        ("dtype", "int8", "float32, tf32, bfloat16, float16"),
        ("query_max_length", 2, "at least 3"),
        ("passage_max_length", 0, "at least 3"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_expected(field: str, value: Any, expected: str) -> None:
    with pytest.raises(UsageError) as raised:
        EncoderSettings(**{"model": "m", field: value})
    assert field in str(raised.value)
    assert str(value) in str(raised.value)
    assert expected in str(raised.value)
