"""xQG for Pyserini: passage vectors augmented with generated cross-lingual queries.

Public names are listed in ``__init__.pyi`` and loaded when they are first used, because every Python that starts loads
this module (see :mod:`pyserini_xqg.plugin`).
"""

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    import lazy_loader

    return lazy_loader.attach_stub(__name__, __file__)[0](name)


def __dir__() -> list[str]:
    import lazy_loader

    return ["__version__", *lazy_loader.attach_stub(__name__, __file__)[1]()]
