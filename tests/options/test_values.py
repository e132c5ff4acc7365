from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.options.values import value_of, values_by_name


@pytest.mark.parametrize(
    ("hint", "given", "value"),
    [
        (int, "5", 5),
        (float | None, "1e-5", 1e-5),
        (bool, True, True),
        (Literal["a", "b"], "a", "a"),
        (tuple[int, ...], ("2, 1", "3"), (2, 1, 3)),
        (tuple[int | None, ...] | None, ("all,5",), (5, None)),
        (tuple[bool, ...], ("off,on",), (False, True)),
        (tuple[str, ...], ("fi, sw", "en"), ("fi", "sw", "en")),
        (Mapping[str, Path], ("a=x=y", "b=z"), {"a": Path("x=y"), "b": Path("z")}),
        (Mapping[str, Sequence[str]], ("low=sw,ur",), {"low": ("sw", "ur")}),
        (Sequence[tuple[str, Path]], ("fi=x", "fi=y"), [("fi", Path("x")), ("fi", Path("y"))]),
    ],
)
def test_a_value_is_of_the_settings_type(hint: Any, given: Any, value: Any) -> None:
    assert value_of("--x", hint, given, comma=True, path=False) == value


def test_paths_are_texts_in_their_plain_form_and_can_have_commas() -> None:
    assert value_of("--x", tuple[str, ...], ("a,b/", "./c"), comma=False, path=True) == ("a,b", "c")


@pytest.mark.parametrize(
    ("hint", "given", "said"),
    [
        (int, "1.5", "--x is '1.5': a valid whole number is expected"),
        (tuple[bool, ...], ("no",), "--x is 'no': off or on, separated by commas, are expected"),
        (tuple[float, ...], ("0,y",), "--x is '0,y': numbers separated by commas are expected"),
        (Mapping[str, Path], ("a",), "--x a: two things joined by an equals sign"),
        (Mapping[str, Path], ("a=b", "a=c"), "--x: a is there twice"),
    ],
)
def test_what_is_no_value_is_refused(hint: Any, given: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        value_of("--x", hint, given, comma=True, path=False)


def test_numbers_by_name_are_one_mapping_or_several() -> None:
    given = ("fi=0.2, ru=0.4", "sw=1")
    assert values_by_name("--x", Mapping[str, float], given) == {"fi": 0.2, "ru": 0.4, "sw": 1}
    assert values_by_name("--x", tuple[Mapping[str, float], ...], given) == ({"fi": 0.2, "ru": 0.4}, {"sw": 1})


@pytest.mark.parametrize("given", ["fi=0.2,0.3", "fi=", "=0.2", "fi=0.2,fi=0.3", "fi=x"])
def test_what_is_no_name_with_a_number_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="--x is"):
        values_by_name("--x", Mapping[str, float], (given,))
