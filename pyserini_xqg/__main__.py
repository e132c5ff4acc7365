"""Command ``xqg``, the same as ``python -m pyserini_xqg``.

``python -m pyserini_xqg search.faiss ...`` runs ``python -m pyserini.search.faiss ...`` with the plugin in place, for
Pythons that do not process ``.pth`` files (``python -S``, ``pip install --target``).
"""

from __future__ import annotations

import importlib.util
import runpy
import sys

from pyserini_xqg.errors import MissingPrerequisite, UsageError, XqgError
from pyserini_xqg.plugin import install

# Pyserini's commands without a dot in their name; none of ours is called so.
UNDOTTED = ("encode", "fusion")


def main() -> None:
    """Run the command line."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name in UNDOTTED or ("." in name and not name.startswith("-")):
        try:
            _run_pyserini(f"pyserini.{name.removeprefix('pyserini.')}")
        except XqgError as error:
            print(f"xqg: {error}", file=sys.stderr)
            sys.exit(error.exit_code)
    else:
        from pyserini_xqg.cli import run

        run()


def _run_pyserini(module: str) -> None:
    install()
    if not _can_run(module):
        raise UsageError(
            f"no Pyserini command {module}; one such as search.faiss, encode, eval.trec_eval is expected (a command "
            "of xqg itself has no dot: see xqg --help)"
        )
    del sys.argv[1]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _can_run(module: str) -> bool:
    try:
        spec = importlib.util.find_spec(module)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{module}.__main__")
    except ModuleNotFoundError as error:
        if error.name == "pyserini":
            raise MissingPrerequisite("Pyserini is not installed; pip install pyserini") from error
        if error.name is None or not module.startswith(error.name):
            raise
        return False
    return spec is not None


if __name__ == "__main__":
    main()
