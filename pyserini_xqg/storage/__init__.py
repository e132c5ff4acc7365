"""Folders and files on disk: manifests, work in parts that survives a stop, JSON lines, SQLite.

Public names are listed in ``__init__.pyi`` and loaded when they are first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
