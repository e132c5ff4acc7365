"""Settings in one TOML file: a table for each command, flags before the file, the file before the recipe.

A settings class is a frozen dataclass; its fields are the keys of its table. A field that is None is not written.
"""

from __future__ import annotations

import tomllib
import types
from collections.abc import Mapping
from dataclasses import asdict, fields
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.storage.text_files import read_text

Settings = TypeVar("Settings")


def read_config(file: Path | None, tables: Mapping[str, type]) -> dict[str, dict[str, Any]]:
    """The tables of a TOML file, checked against the settings they are for; empty ones where there is no file.

    Parameters
    ----------
    file : Path or None
    tables : mapping
        Name of a table to the dataclass of its settings.

    Raises
    ------
    MissingInput
        The file cannot be read.
    InvalidInput
        It is not TOML, or has a table or key that no setting has, or a value of another type.
    """
    if file is None:
        return {name: {} for name in tables}
    try:
        found = tomllib.loads(read_text(file))
    except ValueError as error:
        raise InvalidInput(f"{file}: not TOML ({error})") from error
    for name, value in found.items():
        if name not in tables:
            raise InvalidInput(f"{file}: {_unknown('table', name, tables)}")
        if not isinstance(value, dict):
            raise InvalidInput(f"{file}: {name} is a value; a table [{name}] is expected")
    try:
        return {name: checked(cls, found.get(name, {}), f"[{name}] ") for name, cls in tables.items()}
    except UsageError as error:
        raise InvalidInput(f"{file}: {error}") from error


def checked(cls: type, values: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """Values that settings of `cls` can take: lists as tuples, whole numbers as fractions where those are expected.

    Raises
    ------
    UsageError
        A key that is no setting, or a value of another type.
    """
    hints = get_type_hints(cls)
    known = [field.name for field in fields(cls)]
    result = {}
    for key, value in values.items():
        if key not in known:
            raise UsageError(f"{place}{_unknown('setting', key, known)}")
        fitted = _fitted(value, hints[key])
        if fitted is None and value is not None:
            raise UsageError(f"{place}{key} is {value!r}: {_described(hints[key])} is expected")
        result[key] = fitted
    return result


def layered(cls: type[Settings], *layers: Mapping[str, Any]) -> Settings:
    """Settings from layers of values, of which a later one overrides those before it where it has a value.

    Raises
    ------
    UsageError
        A key that is no setting, a value of another type, or a setting that has to be given and is not.
    """
    values: dict[str, Any] = {}
    for layer in layers:
        values.update({key: value for key, value in layer.items() if value is not None})
    try:
        return cls(**checked(cls, values))
    except TypeError as error:
        raise UsageError(f"{error.args[0].partition('missing ')[2] or error} has to be given") from error


def write_config(file: Path, tables: Mapping[str, Any]) -> None:
    """Write settings, each dataclass as a table, such that :func:`read_config` gives them back."""
    tomli_w: Any = import_module("tomli_w")
    plain = {
        name: {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(each).items()
            if value is not None
        }
        for name, each in tables.items()
    }
    file.write_text(tomli_w.dumps(plain), encoding="utf-8")


def _unknown(what: str, name: str, known: Any) -> str:
    near = get_close_matches(name, list(known), n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return f"no {what} is called {name}; {hint}"


def _fitted(value: Any, hint: Any) -> Any:
    """`value` as the type says, None if it is of another one."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return next((fitted for each in get_args(hint) if (fitted := _fitted(value, each)) is not None), None)
    if origin is Literal:
        return value if value in get_args(hint) else None
    if origin is tuple:
        each = [_fitted(item, get_args(hint)[0]) for item in value] if isinstance(value, list | tuple) else [None]
        return None if None in each else tuple(each)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    is_it = isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
    return value if is_it else None


def _described(hint: Any) -> str:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(_described(each) for each in get_args(hint) if each not in (type(None), Path))
    if origin is Literal:
        return "one of " + ", ".join(get_args(hint))
    if origin is tuple:
        return "a list of texts"
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    return names.get(hint, str(hint))
