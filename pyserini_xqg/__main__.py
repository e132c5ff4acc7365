"""The ``xqg`` command, the same as ``python -m pyserini_xqg``.

``python -m pyserini_xqg search.faiss ...`` runs ``python -m pyserini.search.faiss ...`` with the plugin in place, for
Pythons that do not process ``.pth`` files (``python -S``, ``pip install --target``).
"""

from __future__ import annotations

import importlib.util
import runpy
import sys

from pyserini_xqg.plugin import install


def main() -> None:
    """Run the command line."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if "." in name or name == "encode":
        _run_pyserini(f"pyserini.{name.removeprefix('pyserini.')}")
    else:
        from pyserini_xqg.cli import run

        run()


def _run_pyserini(module: str) -> None:
    install()
    try:
        known = importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        known = False
    if not known:
        sys.exit(f"xqg: no Pyserini command {module}; expected one such as search.faiss, encode, eval.trec_eval")
    del sys.argv[1]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
