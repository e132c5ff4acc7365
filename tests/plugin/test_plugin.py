"""The plugin by itself; with stock Pyserini see tests/integration/test_stock_pyserini.py."""

from __future__ import annotations

import importlib.util
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")]
WHOLE = """
class DocumentEncoder: pass
class QueryEncoder:
    def __init__(self, encoded_query_dir=None): self.opened = encoded_query_dir
class StockDocumentEncoder(DocumentEncoder):
    def __init__(self, model_name, **_): self.opened = model_name
class StockQueryEncoder(QueryEncoder):
    def __init__(self, encoder_dir, **_): self.opened = encoder_dir
class BaselessEncoder:
    def __init__(self, encoder_dir=None, model_name=None, **_): self.opened = encoder_dir or model_name
document_encoder_class_map = {"stock": StockDocumentEncoder, "baseless": BaselessEncoder, "absent": None}
query_encoder_class_map = {"stock": StockQueryEncoder, "absent": None}
"""

Bare = Callable[..., tuple[str, str]]


@pytest.fixture
def bare(run_python: Run, tmp_path: Path) -> Bare:
    """Runs a script in a Python that processes no .pth file: what it said and what it warned of."""

    def run(script: str, *places: Path, **environment: str) -> tuple[str, str]:
        file = tmp_path / "script.py"
        # os is loaded in every other Python before .pth files are read.
        head = f"import os, sys\nsys.path[:0] = {[str(place) for place in places]!r}\n"
        file.write_text(head + script, encoding="utf-8")
        result = run_python("-I", "-S", file, **environment)
        return result.stdout, result.stderr

    return run


@pytest.fixture
def pyserini_like(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a package with Pyserini's name whose `encode` is as given; the folder that it is in."""

    def make(encode: str) -> Path:
        package = tmp_path / "like" / "pyserini"
        (package / "encode").mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "encode" / "__init__.py").write_text(encode, encoding="utf-8")
        return package.parent

    return make


@pytest.fixture
def pth(tmp_path: Path) -> Path:
    """A folder that holds the .pth file which the build backend puts into wheels."""
    pytest.importorskip("setuptools", reason="setuptools is not installed (extra: dev)")
    spec = importlib.util.spec_from_file_location("_build_backend", ROOT / "_build_backend.py")
    assert spec is not None and spec.loader is not None
    backend: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(backend)
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / backend.PTH_NAME).write_text(backend.PTH_LINE, encoding="utf-8")
    return folder


def test_install_twice_leaves_one_finder(bare: Bare) -> None:
    script = """
from pyserini_xqg import plugin
stock = list(sys.meta_path)
assert not plugin.installed()
plugin.install()
plugin.install()
assert plugin.installed()
print(len(sys.meta_path) - len(stock))
"""
    assert bare(script, ROOT) == ("1\n", "")


@pytest.mark.parametrize(("switch", "installed"), [("0", "False\n"), ("1", "True\n")])
def test_switch(bare: Bare, switch: str, installed: str) -> None:
    script = "from pyserini_xqg import plugin\nplugin.install()\nprint(plugin.installed())"
    assert bare(script, ROOT, PYSERINI_XQG_PLUGIN=switch) == (installed, "")


@pytest.mark.slow
def test_switched_off_stock_pyserini_refuses_our_key(run_python: Run, tmp_path: Path) -> None:
    # With the plugin off, nobody else finds a Java that Pyserini can be imported with, or answers what 2.4 asks the
    # network for at import.
    script = """
import runpy, urllib.request
from io import BytesIO
from json import dumps
from pyserini_xqg.plugin.java import prepare
prepare()
names = ("msmarco-v1-passage.unicoil", "msmarco-v2-passage.unicoil-0shot")
record = {"description": "", "filename": "", "urls": [], "md5": "", "size": 0}
urllib.request.urlopen = lambda *_, **__: BytesIO(dumps([{"name": name, **record} for name in names]).encode())
runpy.run_module("pyserini.encode", run_name="__main__", alter_sys=True)
"""
    result = run_python(
        *("-c", script, "input", "--corpus", tmp_path, "output", "--embeddings", tmp_path / "out"),
        *("encoder", "--encoder", "model", "--encoder-class", "xqg"),
        check=False,
        PYSERINI_XQG_PLUGIN="0",
    )
    assert "invalid choice: 'xqg'" in result.stderr
    assert result.returncode == 2


def test_start_loads_the_plugin_and_nothing_else(bare: Bare) -> None:
    script = """
before = {*sys.modules}
from pyserini_xqg.plugin import install
install()
print(*sorted({*sys.modules} - before))
"""
    assert bare(script, ROOT) == ("pyserini_xqg pyserini_xqg.plugin\n", "")


def test_pth_file_installs_the_plugin(bare: Bare, pth: Path) -> None:
    script = f"""
import site
site.addsitedir({str(pth)!r})
print(sys.modules["pyserini_xqg.plugin"].installed())
"""
    assert bare(script, ROOT) == ("True\n", "")


@pytest.mark.parametrize("left", ["nothing", "an empty folder", "an old plugin", "a damaged plugin"])
def test_pth_file_of_a_half_removed_package_is_silent(bare: Bare, pth: Path, left: str) -> None:
    package = pth / "pyserini_xqg"
    if left != "nothing":
        package.mkdir()
    if left.endswith("plugin"):
        (package / "__init__.py").touch()
        (package / "plugin.py").write_text("" if left == "an old plugin" else "def (", encoding="utf-8")
    script = f"import site\nstock = list(sys.meta_path)\nsite.addsitedir({str(pth)!r})\nprint(sys.meta_path == stock)"
    assert bare(script) == ("True\n", "")


@pytest.mark.parametrize(
    ("encode", "reason"),
    [
        ("", "document_encoder_class_map"),
        (WHOLE.replace("query_encoder_class_map", "query_classes"), "query_encoder_class_map"),
        (WHOLE.replace("QueryEncoder", "Encoder"), "QueryEncoder"),
        (WHOLE + "query_encoder_class_map = [StockQueryEncoder]", "no dictionaries"),
    ],
    ids=["empty", "one map", "no base class", "list"],
)
def test_another_layout_is_left_as_it_is_with_one_warning(
    bare: Bare, pyserini_like: Callable[[str], Path], encode: str, reason: str
) -> None:
    script = """
from argparse import ArgumentParser
from pyserini_xqg.plugin import install
install()
add_argument = ArgumentParser.add_argument
import pyserini.encode as encode
assert ArgumentParser.add_argument is add_argument
assert [name for name, value in encode.before.items() if getattr(encode, name) is not value] == []
assert [it for it in encode.before.values() if isinstance(it, type) and it.__new__ is not object.__new__] == []
print("imported")
"""
    like = pyserini_like(f"{encode}\nbefore = {{**globals()}}\n")
    said, warned = bare(script, like, ROOT, *PACKAGES)
    assert said == "imported\n"
    assert warned.count("RuntimeWarning") == 1
    assert "pyserini-xqg stands aside" in warned
    assert reason in warned
    assert "PYSERINI_XQG_PLUGIN=0" in warned


LOOK = """
from argparse import ArgumentParser
from pathlib import Path
from pyserini_xqg.plugin.encoders import XqgDocumentEncoder, XqgQueryEncoder
def look():
    import pyserini.encode as encode
    documents, queries = encode.document_encoder_class_map, encode.query_encoder_class_map
    assert documents["xqg"] is XqgDocumentEncoder and queries["xqg"] is XqgQueryEncoder
    assert list(documents) == ["stock", "baseless", "absent"] and list(queries) == ["stock", "absent"]
    try:
        documents["nosuch"]
    except KeyError as error:
        assert error.args == ("nosuch",)
    else:
        raise AssertionError
    parser = ArgumentParser()
    parser.add_argument("--encoder-class", choices=["dpr", "auto"])
    assert parser.parse_args(["--encoder-class", "xqg"]).encoder_class == "xqg"
    return encode
"""


@pytest.mark.parametrize(
    "before",
    [
        "plugin.install()",
        "import pyserini.encode; plugin.install()",
        "plugin.install(); sys.meta_path.insert(0, AskingFinder())",
        "sys.meta_path.insert(0, AskingFinder()); plugin.install()",
        "plugin.install(); sys.meta_path.insert(1, OldFinder())",
    ],
    ids=["first", "late", "under a finder that asks all", "over one", "over one of an old kind"],
)
def test_registers_whoever_else_looks_for_modules(
    bare: Bare, pyserini_like: Callable[[str], Path], before: str
) -> None:
    script = f"""
from pyserini_xqg import plugin
class AskingFinder:
    def find_spec(self, *arguments):
        found = (finder.find_spec(*arguments) for finder in sys.meta_path if finder is not self)
        return next(filter(None, found), None)
class OldFinder:
    def find_module(self, *_): return None
{before}
look()
print("registered")
"""
    said, warned = bare(LOOK + script, pyserini_like(WHOLE), ROOT, *PACKAGES)
    assert said == "registered\n"
    assert "stands aside" not in warned


def test_stock_classes_open_what_is_not_ours(bare: Bare, pyserini_like: Callable[[str], Path], tmp_path: Path) -> None:
    for name, manifest in (("other", '{"settings": {}}'), ("broken", "{"), ("odd", '["encoder"]')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "xqg.json").write_text(manifest, encoding="utf-8")
    script = f"""
from pyserini_xqg import plugin
plugin.install()
encode = look()
for model in ("hub/model", "/nowhere", *({str(tmp_path / name)!r} for name in ("other", "broken", "odd"))):
    for stock in (encode.StockDocumentEncoder, encode.StockQueryEncoder, encode.BaselessEncoder):
        assert type(stock(model)) is stock and stock(model).opened == model
class Mixed(encode.QueryEncoder, dict):
    __init__ = dict.__init__
assert Mixed(a=1) == {{"a": 1}}
class Made:
    def __new__(cls, name, *, size): return super().__new__(cls)
class Both(encode.StockQueryEncoder, Made):
    def __init__(self, name, *, size): self.size = size
assert Both("x", size=3).size == 3
print("opened")
"""
    assert bare(LOOK + script, pyserini_like(WHOLE), ROOT, *PACKAGES) == ("opened\n", "")


def test_every_stock_class_opens_our_folder_as_it_was_asked_to(
    bare: Bare, pyserini_like: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "xqg.json").write_text('{"settings": {"encoder": {}}}', encoding="utf-8")
    script = f"""
from pyserini_xqg import plugin
plugin.install()
encode, folder = look(), {str(tmp_path / "ours")!r}
# What a model is loaded with, without one to load.
for ours in (XqgDocumentEncoder, XqgQueryEncoder):
    ours.__init__ = lambda self, name, **options: self.__dict__.update(name=name, options=options)
for encoder, kind, options in (
    (encode.StockDocumentEncoder(folder), XqgDocumentEncoder, {{}}),
    (
        encode.StockDocumentEncoder(model_name=folder, device="cpu", l2_norm=True),
        XqgDocumentEncoder,
        {{"device": "cpu"}},
    ),
    (encode.BaselessEncoder(model_name=folder, pooling="mean"), XqgDocumentEncoder, {{}}),
    (encode.StockQueryEncoder(Path(folder), None), XqgQueryEncoder, {{}}),
    (
        encode.StockQueryEncoder(encoder_dir=folder, tokenizer_name=None, device="cuda:0", prefix="q ", fp16=True),
        XqgQueryEncoder,
        {{"device": "cuda:0", "prefix": "q ", "fp16": True}},
    ),
):
    assert type(encoder) is kind and (encoder.name, encoder.options) == (folder, options), vars(encoder)
class Mine(encode.StockQueryEncoder): pass
# The base class opens a folder of encoded queries, which can be that of an index too.
for stock in (Mine, encode.QueryEncoder):
    assert type(stock(folder)) is stock and stock(folder).opened == folder
print("opened")
"""
    assert bare(LOOK + script, pyserini_like(WHOLE), ROOT, *PACKAGES) == ("opened\n", "")
