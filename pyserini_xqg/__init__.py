"""xQG for Pyserini: passage vectors augmented with generated cross-lingual queries.

Names are loaded when they are first used, because every Python that starts loads this module (see
:mod:`pyserini_xqg.plugin`).
"""

__version__ = "0.1.0"

_HOMES = {
    "AugmentationSettings": "augmentation",
    "EncoderSettings": "encoding.settings",
    "TextEncoder": "encoding.text_encoder",
    "XqgDocumentEncoder": "encoding.pyserini_encoders",
    "XqgError": "errors",
    "XqgIndexBuilder": "indexing",
    "XqgQueryBuilder": "generation.query_builder",
    "XqgQueryEncoder": "encoding.pyserini_encoders",
    "make_generator": "generation.generators",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
