"""Import hook: stock Pyserini knows this package's encoders and finds a Java that it can use.

Pyserini has no plugin interface, so a ``.pth`` file calls :func:`install` when Python starts. That only puts a finder
on ``sys.meta_path``. When Pyserini is imported, the finder

* before ``pyserini``: lets :mod:`pyserini_xqg.plugin.java` choose a Java runtime;
* for ``pyserini.prebuilt_index_info``: has what Pyserini 2.4 looks up over the network at import looked up when it is
  asked for (:mod:`pyserini_xqg.plugin.offline`);
* after ``pyserini.encode``: adds the key ``xqg`` to the two encoder maps and to the choices of ``--encoder-class``,
  and has any stock encoder that is asked to open a folder with our manifest return ours instead. Pyserini picks a
  class by substrings of the path; what the folder holds is the better witness;
* after ``pyserini.search.faiss._searcher``: has it map indexes into memory, which it would read whole
  (:mod:`pyserini_xqg.plugin.indexes`).

Nothing here may ever break Pyserini: where it looks different from what is expected, one warning is given and all is
left as it was. ``PYSERINI_XQG_PLUGIN=0`` turns the plugin off.

Every Python that starts loads this module, so it imports nothing that is not loaded by then; that is also why its
annotations are in quotes (``__future__`` is a module too).
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Action, ArgumentParser
    from collections.abc import Callable, Iterable
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
    """Finds nothing itself; wraps the loading of the Pyserini modules that the other finders find."""

    def __init__(self) -> None:
        self._asking: set[str] = set()

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "ModuleSpec | None":
        # Another finder may ask all finders as well, this one included.
        if name not in WRAPPERS or name in self._asking:
            return None
        self._asking.add(name)
        try:
            return self._wrapped_spec(name, path, target)
        finally:
            self._asking.discard(name)

    def _wrapped_spec(self, name: str, path: "Any", target: "Any") -> "ModuleSpec | None":
        for finder in sys.meta_path:
            find: Any = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = None if find is None else find(name, path, target)
            if spec is not None:
                execute = getattr(spec.loader, "exec_module", None)
                if execute is not None:
                    spec.loader.exec_module = WRAPPERS[name](execute)  # type: ignore[union-attr, method-assign]
                return spec
        return None


def _java_first(execute: "Callable[[ModuleType], None]") -> "Callable[[ModuleType], None]":
    def exec_module(module: "ModuleType") -> None:
        _guarded(_prepare_java, module)
        execute(module)

    return exec_module


def _register_after(execute: "Callable[[ModuleType], None]") -> "Callable[[ModuleType], None]":
    def exec_module(module: "ModuleType") -> None:
        execute(module)
        _guarded(_register, module)

    return exec_module


def _mapping_after(execute: "Callable[[ModuleType], None]") -> "Callable[[ModuleType], None]":
    def exec_module(module: "ModuleType") -> None:
        execute(module)
        _guarded(_map_indexes, module)

    return exec_module


def _without_network(execute: "Callable[[ModuleType], None]") -> "Callable[[ModuleType], None]":
    def exec_module(module: "ModuleType") -> None:
        code: list[Any] = []
        _guarded(lambda module: code.append(_lazy_code(module)), module)
        if code and code[0] is not None:
            from pyserini_xqg.plugin import offline

            offline.execute(module, code[0])
        else:
            execute(module)

    return exec_module


# Module of Pyserini to what is made of its execution.
WRAPPERS = {
    "pyserini": _java_first,
    "pyserini.encode": _register_after,
    "pyserini.prebuilt_index_info": _without_network,
    "pyserini.search.faiss._searcher": _mapping_after,
}


def _guarded(step: "Callable[[ModuleType], None]", module: "ModuleType") -> None:
    try:
        step(module)
    except Exception as error:
        import warnings

        warnings.warn(
            f"pyserini-xqg stands aside: {module.__name__} is not as expected ({type(error).__name__}: {error}). "
            f"Pyserini itself works as usual; --encoder-class {ENCODER_CLASS} may not. {SWITCH}=0 turns this off.",
            RuntimeWarning,
            stacklevel=2,
        )


def _lazy_code(module: "ModuleType") -> "Any":
    from pyserini_xqg.plugin.offline import lazy_code

    return lazy_code(module)


def _prepare_java(_: "ModuleType") -> None:
    from pyserini_xqg.plugin.java import prepare

    prepare()


def _map_indexes(searcher: "Any") -> None:
    from pyserini_xqg.plugin.indexes import MappingFaiss

    searcher.faiss = MappingFaiss(searcher.faiss)


def _register(encode: "Any") -> None:
    from pyserini_xqg.plugin.encoders import XqgDocumentEncoder, XqgQueryEncoder

    documents, queries = encode.document_encoder_class_map, encode.query_encoder_class_map
    document_base, query_base = encode.DocumentEncoder, encode.QueryEncoder
    if not isinstance(documents, dict) or not isinstance(queries, dict):
        raise TypeError("the encoder maps are no dictionaries")
    # All that can fail is above.
    _open_our_folders(document_base, documents.values(), XqgDocumentEncoder)
    _open_our_folders(query_base, queries.values(), XqgQueryEncoder)
    encode.document_encoder_class_map = _EncoderMap(documents, XqgDocumentEncoder)
    encode.query_encoder_class_map = _EncoderMap(queries, XqgQueryEncoder)
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


def _open_our_folders(base: type, listed: "Iterable[type | None]", ours: type) -> None:
    """Have the stock encoder classes return an `ours` when they are given a folder that holds our manifest.

    These are the subclasses of `base`, and those `listed` in Pyserini's map that are no subclass (None: not installed).
    """
    for root in {base, *(stock for stock in listed if stock is not None and not issubclass(stock, base))}:
        root.__new__ = _opener(root, base, ours)  # type: ignore[method-assign]


def _opener(root: type, base: type, ours: type) -> "Callable[..., Any]":
    def new(cls: type, *args: "Any", **options: "Any") -> "Any":
        # The base class itself opens folders of encoded queries.
        if cls is not base and cls.__module__.startswith("pyserini."):
            names = [options[name] for name in ("encoder_dir", "model_name", "model_name_or_path") if options.get(name)]
            model = (names or args or [None])[0]
            if isinstance(model, str | os.PathLike):
                from pyserini_xqg.storage.manifest import holds_encoder

                folder = os.fspath(model)
                if holds_encoder(folder):
                    kept = {name: options[name] for name in ("device", "prefix", "fp16") if name in options}
                    return ours(folder, **kept)
        stock = super(root, cls).__new__  # type: ignore[arg-type]
        return stock(cls) if stock is object.__new__ else stock(cls, *args, **options)

    return new


def _offer_encoder_class() -> None:
    """Add our key to the choices that Pyserini's commands give ``--encoder-class``."""
    import argparse

    stock = argparse.ArgumentParser.add_argument

    def add_argument(self: "ArgumentParser", *names: "Any", **options: "Any") -> "Action":
        choices = options.get("choices")
        if "--encoder-class" in names and choices is not None and "auto" in choices and ENCODER_CLASS not in choices:
            options["choices"] = [*choices, ENCODER_CLASS]
        return stock(self, *names, **options)

    argparse.ArgumentParser.add_argument = add_argument  # type: ignore[method-assign, assignment]
