"""Values of options: from the texts that were given to what a setting takes, as the setting's type says."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pyserini_xqg.errors import UsageError

# Values of a switch of which both can be given.
SWITCHED = {"off": False, "on": True}


def plain_type(hint: Any) -> Any:
    """A type without None."""
    union = get_origin(hint) in (Union, types.UnionType)
    return next(each for each in get_args(hint) if each is not types.NoneType) if union else hint


def is_several(hint: Any) -> bool:
    """Whether an option of this type can be repeated."""
    return get_origin(plain_type(hint)) in (tuple, Sequence, Mapping)


def value_of(option: str, hint: Any, given: Any, comma: bool, path: bool) -> Any:
    """What a setting of type `hint` takes, of the text or texts that were given.

    Parameters
    ----------
    option : str
        For messages.
    hint : type
    given : str or tuple of str or bool or Path
    comma : bool
        Whether a text can hold several values; where one of them can be None, ``all`` is it.
    path : bool
        Whether a text is a path.

    Raises
    ------
    UsageError
        It is no such value.
    """
    kind = plain_type(hint)
    if not is_several(kind):
        return _one(option, kind, given, given, False, path)
    item = get_args(kind)[0]
    if get_origin(kind) is Mapping:
        return dict(unique(option, pairs(option, given, get_args(kind)[1])))
    if get_origin(item) is tuple:
        return pairs(option, given, get_args(item)[1])
    parts = (
        [(part.strip(), text) for text in given for part in text.split(",")]
        if comma
        else [(each, each) for each in given]
    )
    found = [
        None if part == "all" and types.NoneType in get_args(item) else _one(option, item, part, text, comma, path)
        for part, text in parts
    ]
    return tuple(sorted(found, key=lambda value: value is None))


def pairs(option: str, given: Sequence[str], right: Any = str) -> list[tuple[str, Any]]:
    """What is on either side of the first equals sign of each text; that on the right side as its type says.

    Raises
    ------
    UsageError
        A text has none, or nothing beside it.
    """
    found = []
    for text in given:
        name, _, rest = text.partition("=")
        if not (name.strip() and rest):
            raise UsageError(f"{option} {text}: two things joined by an equals sign are expected, as in new=new.txt")
        found.append((name.strip(), tuple(rest.split(",")) if is_several(right) else plain_type(right)(rest)))
    return found


def values_by_name(option: str, hint: Any, given: Sequence[str]) -> Any:
    """Numbers by name, ``fi=0.2,ru=0.4``: one mapping of all texts, or a tuple of one each, as the type says.

    Raises
    ------
    UsageError
        A part is no name with a number, or a name is there twice.
    """

    def mapping(texts: Sequence[str]) -> dict[str, float]:
        found: dict[str, float] = {}
        for text in texts:
            for part in text.split(","):
                name, equals, number = (each.strip() for each in part.partition("="))
                if not (name and equals) or name in found:
                    raise UsageError(
                        f"{option} is {text!r}: each name once with its number, as in fi=0.2,ru=0.4, or plain numbers "
                        "are expected"
                    )
                found[name] = _one(option, float, number, text, False, False)
        return found

    return tuple(mapping([text]) for text in given) if get_origin(plain_type(hint)) is tuple else mapping(given)


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


def _one(option: str, hint: Any, part: Any, text: Any, comma: bool, path: bool) -> Any:
    """One value, `part` of the text that was given."""
    kind = plain_type(hint)
    if kind is bool and isinstance(part, str):
        if part not in SWITCHED:
            raise UsageError(f"{option} is {text!r}: {' or '.join(SWITCHED)}, separated by commas, are expected")
        return SWITCHED[part]
    if kind not in (int, float):
        return str(Path(part)) if path else part
    try:
        return kind(part)
    except ValueError as error:
        number = "whole number" if kind is int else "number"
        expected = f"{number}s separated by commas are" if comma else f"a valid {number} is"
        raise UsageError(f"{option} is {text!r}: {expected} expected") from error
