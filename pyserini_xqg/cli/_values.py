"""Values of options: from what was typed to what a setting takes, as the setting's type says."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pyserini_xqg.errors import UsageError

Convert = Callable[[Any, Sequence[Any]], Any]


def plain_type(hint: Any) -> Any:
    """A type without None."""
    if get_origin(hint) in (Union, types.UnionType):
        left = [each for each in get_args(hint) if each is not types.NoneType]
        return left[0] if len(left) == 1 else hint
    return hint


def is_several(hint: Any) -> bool:
    """Whether an option of this type can be repeated."""
    return get_origin(hint) in (tuple, list, Sequence, Mapping)


def converter(option: str, hint: Any, comma: bool, path: bool) -> Convert | None:
    """What makes a value of type `hint` of the texts that were given; None: the library knows.

    Parameters
    ----------
    option : str
        For messages.
    hint : type
    comma : bool
        Whether a text can hold several values.
    path : bool
        Whether a text is a path.
    """
    if get_origin(hint) is Mapping:
        of_value = get_args(hint)[1]
        return lambda _, tokens: dict(unique(option, _pairs(option, of_value, tokens)))
    if get_origin(hint) is Sequence and get_origin(get_args(hint)[0]) is tuple:
        of_value = get_args(get_args(hint)[0])[1]
        return lambda _, tokens: _pairs(option, of_value, tokens)
    if is_several(hint):
        item = get_args(hint)[0]
        return lambda _, tokens: tuple(
            sorted(
                (
                    _item(option, item, part, token.value, path)
                    for token in tokens
                    for part in (map(str.strip, token.value.split(",")) if comma else [token.value])
                ),
                key=lambda value: value is None,
            )
        )
    if hint is int:
        return lambda _, tokens: _item(option, int, tokens[0].value, tokens[0].value, path)
    return (lambda _, tokens: str(Path(tokens[0].value))) if path else None


def pairs(option: str, given: Sequence[str]) -> list[tuple[str, str]]:
    """What is on either side of the first equals sign of each value.

    Raises
    ------
    UsageError
        A value has none, or nothing beside it.
    """
    found = []
    for value in given:
        name, sign, rest = value.partition("=")
        if not (name.strip() and sign and rest):
            raise UsageError(f"{option} {value}: two things joined by an equals sign are expected, as in new=new.txt")
        found.append((name.strip(), rest))
    return found


def unique(option: str, pairs: Sequence[tuple[str, Any]]) -> Sequence[tuple[str, Any]]:
    """The pairs, if no two have the same first part.

    Raises
    ------
    UsageError
        Two have.
    """
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"{option}: {', '.join(twice)} is there twice; each name stands for one file")
    return pairs


def _pairs(option: str, of_value: Any, tokens: Sequence[Any]) -> list[tuple[str, Any]]:
    make: Callable[[str], Any] = Path if of_value is Path else str
    if is_several(of_value):
        make = lambda text: tuple(text.split(","))  # noqa: E731
    return [(name, make(rest)) for name, rest in pairs(option, [token.value for token in tokens])]


def _item(option: str, hint: Any, text: str, whole: str, path: bool) -> Any:
    """One value of a list; where None is one as well it is written ``all``."""
    kind = plain_type(hint)
    if text == "all" and kind is not hint:
        return None
    if kind is str or get_origin(kind) is Literal:
        return str(Path(text)) if path else text
    try:
        return kind(text)
    except ValueError as error:
        number = "whole number" if kind is int else "number"
        expected = f"a {number} is" if text == whole and hint is int else f"{number}s separated by commas are"
        raise UsageError(f"{option} is {whole!r}: {expected} expected") from error
