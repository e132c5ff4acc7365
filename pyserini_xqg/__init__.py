"""xQG for Pyserini: passage vectors augmented with generated cross-lingual queries.

Public names are loaded when they are first used, because every Python that starts loads this module (see
:mod:`pyserini_xqg.plugin`) and may have nothing else installed; ``__init__.pyi`` has them for type checkers.
"""

__version__ = "0.1.0"

_HOMES = {
    "AugmentationSettings": "indexing.settings",
    "EncoderSettings": "encoding.settings",
    "TextEncoder": "encoding.encoder",
    "XqgDocumentEncoder": "plugin.encoders",
    "XqgError": "errors",
    "XqgIndexBuilder": "indexing.builder",
    "XqgQueryBuilder": "generation.builder",
    "XqgQueryEncoder": "plugin.encoders",
    "make_generator": "generation.backends.by_name",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
