"""Makes stock Pyserini know this package's encoders and find a Java that it can use.

Pyserini has no plugin interface, so a ``.pth`` file calls :func:`install` when Python starts. That only puts
a finder on ``sys.meta_path`` (this module imports next to nothing: it is loaded by every Python that starts). When
Pyserini is imported, the finder

* before ``pyserini``: lets :mod:`pyserini_xqg.java` choose a Java runtime;
* after ``pyserini.encode``: adds the key ``xqg`` to the two encoder maps and to the choices of ``--encoder-class``,
  and has
  any stock encoder that is asked to open a folder with our manifest return ours instead. Pyserini picks a class by
  substrings of the path; what the folder holds is the better witness.

Nothing here may ever break Pyserini: where it looks different from what is expected, one warning is given and all is
left as it was. ``PYSERINI_XQG_PLUGIN=0`` turns the plugin off.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

ENCODER_CLASS = "xqg"
SWITCH = "PYSERINI_XQG_PLUGIN"


def install() -> None:
    """Put the finder in place, once; Pyserini itself is not imported."""
    if os.environ.get(SWITCH, "1") != "0" and not installed():
        sys.meta_path.insert(0, _Finder())
        if "pyserini.encode" in sys.modules:
            _guarded(_register, sys.modules["pyserini.encode"])


def installed() -> bool:
    """Whether the finder is in place in this process."""
    return any(type(finder).__name__ == "_Finder" and type(finder).__module__ == __name__ for finder in sys.meta_path)


class _Finder:
    """Finds nothing itself; wraps the loading of two Pyserini modules that the other finders find."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name not in ("pyserini", "pyserini.encode"):
            return None
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(name, path, target)) is not None:
                loader = spec.loader
                execute = getattr(loader, "exec_module", None)
                if execute is not None:
                    wrapped = _java_first(execute) if name == "pyserini" else _register_after(execute)
                    loader.exec_module = wrapped  # type: ignore[union-attr, method-assign]
                return spec
        return None


def _java_first(execute: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
    def exec_module(module: ModuleType) -> None:
        _guarded(lambda _: _prepare_java(), module)
        execute(module)

    return exec_module


def _register_after(execute: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
    def exec_module(module: ModuleType) -> None:
        execute(module)
        _guarded(_register, module)

    return exec_module


def _guarded(step: Callable[[ModuleType], None], module: ModuleType) -> None:
    try:
        step(module)
    except Exception as error:
        import warnings

        warnings.warn(
            f"pyserini-xqg stands aside: this Pyserini is not laid out as expected ({type(error).__name__}: {error}). "
            f"Pyserini itself works as usual; --encoder-class {ENCODER_CLASS} may not. {SWITCH}=0 turns this off.",
            RuntimeWarning,
            stacklevel=2,
        )


def _prepare_java() -> None:
    from pyserini_xqg.java import prepare

    prepare()


def _register(encode: Any) -> None:
    documents, queries = encode.document_encoder_class_map, encode.query_encoder_class_map
    if not isinstance(documents, dict) or not isinstance(queries, dict):
        raise TypeError("the encoder maps of pyserini.encode are no dictionaries")
    from pyserini_xqg.encoding.pyserini_encoders import XqgDocumentEncoder, XqgQueryEncoder

    encode.document_encoder_class_map = _EncoderMap(documents, XqgDocumentEncoder)
    encode.query_encoder_class_map = _EncoderMap(queries, XqgQueryEncoder)
    _open_our_folders(encode.DocumentEncoder, XqgDocumentEncoder)
    _open_our_folders(encode.QueryEncoder, XqgQueryEncoder)
    _offer_encoder_class()


class _EncoderMap(dict):  # type: ignore[type-arg]
    """One of Pyserini's encoder maps, with our key in it but never listed.

    Pyserini takes the first *listed* key that is a substring of the model's path, and "xqg" in a path says nothing.
    """

    def __init__(self, stock: dict[str, type], ours: type) -> None:
        super().__init__(stock)
        self.ours = ours

    def __missing__(self, key: str) -> type:
        if key == ENCODER_CLASS:
            return self.ours
        raise KeyError(key)


def _open_our_folders(base: type, ours: type) -> None:
    """Have the stock subclasses of `base` return an `ours` when they are given a folder that holds our manifest."""

    def new(cls: type, *args: Any, **kwargs: Any) -> Any:
        model = kwargs.get("encoder_dir") or kwargs.get("model_name") or next(iter(args), None)
        if cls.__module__.startswith("pyserini.") and isinstance(model, str):
            from pyserini_xqg.artifact import holds_encoder

            if holds_encoder(model):
                return ours(model, device=kwargs.get("device"))
        return object.__new__(cls)

    base.__new__ = new  # type: ignore[assignment, method-assign]


def _offer_encoder_class() -> None:
    """Add our key to the choices that Pyserini's commands give ``--encoder-class``."""
    import argparse

    stock = argparse.ArgumentParser.add_argument

    def add_argument(self: argparse.ArgumentParser, *names: Any, **options: Any) -> argparse.Action:
        choices = options.get("choices")
        if "--encoder-class" in names and choices is not None and "auto" in choices and ENCODER_CLASS not in choices:
            options["choices"] = [*choices, ENCODER_CLASS]
        return stock(self, *names, **options)

    argparse.ArgumentParser.add_argument = add_argument  # type: ignore[method-assign, assignment]
