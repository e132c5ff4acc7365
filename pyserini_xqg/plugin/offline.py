"""Pyserini 2.4 without a network: what it looks up at import is looked up when it is asked for.

Pyserini 2.4's catalogues of prebuilt indexes are fetched when they are first used, but for one dictionary: two of its
entries look another catalogue up while ``pyserini.prebuilt_index_info`` is imported, and nothing starts offline. Here
such a dictionary gets entries that are looked up when they are used; the rest of the module is executed as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

NAME = "_pyserini_xqg_entries"


class LazyEntries(Mapping[str, Any]):
    """A dictionary whose values are computed when they are asked for."""

    def __init__(self, entries: Mapping[str, Callable[[], Any]]):
        self._entries = entries

    def __getitem__(self, key: str) -> Any:
        return self._entries[key]()

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def lazy_code(module: ModuleType) -> Any | None:
    """The module's code with lazy entries in the dictionaries that look something up; None where none needs a network.

    Raises
    ------
    Exception
        The module's source cannot be had, or is no Python.
    """
    loader: Any = module.__spec__ and module.__spec__.loader
    tree = ast.parse(loader.get_source(module.__name__))
    if not any(isinstance(node, ast.ImportFrom) and node.module == "urllib.request" for node in tree.body):
        return None
    found = False
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            values = node.value.values
            if values and all(isinstance(value, ast.Subscript) for value in values):
                found = True
                node.value.values = [_postponed(value) for value in values]
                node.value = ast.Call(ast.Name(NAME, ast.Load()), [node.value], [])
    return compile(ast.fix_missing_locations(tree), str(module.__file__), "exec") if found else None


def execute(module: ModuleType, code: Any) -> None:
    """Execute what :func:`lazy_code` gave as the module."""
    vars(module)[NAME] = LazyEntries
    exec(code, vars(module))


def _postponed(value: ast.expr) -> ast.Lambda:
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Lambda(nothing, value)
