from __future__ import annotations

import importlib.util
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from pyserini_xqg.plugin import WRAPPERS
from pyserini_xqg.plugin.offline import LazyEntries, lazy_code
from tests.conftest import Run

# The form of Pyserini 2.4's module, shortened.
LOOKING_UP = """
from urllib.request import urlopen

ASKED = []


class Catalogue:
    def __getitem__(self, key):
        ASKED.append(key)
        return f"about {key}"


PLAIN = {"a": "b"}
NONE = {}
INFO = Catalogue()
ALIASES = {"old": INFO["new"], "older": INFO["newer"]}
ALL = ALIASES
"""


def load(file: Path, source: str, *, wrapped: bool = True) -> ModuleType:
    file.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    execute = spec.loader.exec_module
    (WRAPPERS["pyserini.prebuilt_index_info"](execute) if wrapped else execute)(module)
    return module


def test_what_is_looked_up_at_import_is_looked_up_when_it_is_asked_for(tmp_path: Path) -> None:
    assert load(tmp_path / "stock.py", LOOKING_UP, wrapped=False).ASKED == ["new", "newer"]
    module = load(tmp_path / "lazy.py", LOOKING_UP)
    assert module.ASKED == []
    assert isinstance(module.ALIASES, LazyEntries)
    assert list(module.ALL) == ["old", "older"] and len(module.ALIASES) == 2
    assert "old" in module.ALIASES and "new" not in module.ALIASES
    assert module.ASKED == []
    assert module.ALIASES["old"] == "about new"
    assert module.ASKED == ["new"]
    with pytest.raises(KeyError):
        module.ALIASES["nowhere"]
    assert module.PLAIN == {"a": "b"} and isinstance(module.PLAIN, dict)


def test_a_module_that_looks_nothing_up_is_executed_as_it_is(tmp_path: Path) -> None:
    module = load(tmp_path / "offline.py", LOOKING_UP.replace("from urllib.request import urlopen\n", ""))
    assert lazy_code(module) is None
    assert module.ASKED == ["new", "newer"]
    module = load(tmp_path / "plain.py", 'from urllib.request import urlopen\nPLAIN = {"a": "b"}\n')
    assert lazy_code(module) is None
    assert module.PLAIN == {"a": "b"} and "_pyserini_xqg_entries" not in vars(module)


def test_a_module_whose_source_cannot_be_had_is_executed_as_it_is_with_a_warning() -> None:
    module = ModuleType("pyserini.prebuilt_index_info")
    executed: list[ModuleType] = []
    with pytest.warns(RuntimeWarning, match=r"stands aside: pyserini.prebuilt_index_info is not as expected"):
        WRAPPERS["pyserini.prebuilt_index_info"](executed.append)(module)
    assert executed == [module]


@pytest.mark.slow
def test_pyserini_starts_without_a_network(run_python: Run) -> None:
    program = (
        "import urllib.request\n"
        "def refuse(*_, **__): raise OSError('there is no network')\n"
        "urllib.request.urlopen = refuse\n"
        "import pyserini.search.faiss, pyserini.prebuilt_index_info as found\n"
        "print(type(found.IMPACT_INDEX_INFO_MSMARCO_ALIASES).__name__)\n"
    )
    said = run_python("-W", "error::RuntimeWarning", "-c", program).stdout.split()[-1]
    assert said == ("LazyEntries" if tuple(map(int, version("pyserini").split(".")[:2])) >= (2, 4) else "dict")
