"""The package built and installed in the ways that pip offers; the plugin has to be in place after each."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.metadata
import io
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
NOT_SOURCE = (".*", "*.egg-info", "__pycache__", "build", "dist", "indexes")
PTH = "pyserini_xqg.pth"

for tool in ("setuptools", "build", "pip"):
    # By its metadata: a folder `build` that a build left behind is importable.
    if not list(importlib.metadata.distributions(name=tool)):
        pytest.skip(f"{tool} is not installed (extra: dev)", allow_module_level=True)


def run(*command: object, cwd: Path) -> str:
    """Run in a folder that is not the checkout, from which Python would import the package."""
    assert cwd != ROOT
    result = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=600, check=False, cwd=cwd, env=os.environ
    )
    assert result.returncode == 0, f"{command} ended with {result.returncode}:\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def copy_source(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Copies the source: a build leaves files beside it."""

    def copy() -> Path:
        target = tmp_path_factory.mktemp("source") / "pyserini-xqg"
        shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*NOT_SOURCE))
        return target

    return copy


@dataclass(frozen=True)
class Built:
    source: Path
    sdist: Path
    wheel: Path


@pytest.fixture(scope="module")
def built(copy_source: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A source distribution, and the wheel built from it and not from the source tree."""
    source, dist = copy_source(), tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, source, cwd=dist)
    (sdist,), (wheel,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
    return Built(source, sdist, wheel)


@dataclass(frozen=True)
class Environment:
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        (found,) = self.folder.glob("lib/python*/site-packages")
        return found

    def pip(self, *arguments: object) -> str:
        return run(sys.executable, "-m", "pip", "--python", self.python, *arguments, cwd=self.folder)

    def install(self, *arguments: object) -> None:
        self.pip("install", "--no-index", "--no-deps", "--no-build-isolation", *arguments)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment that sees this one's packages, but processes none of its .pth files."""
    venv.create(tmp_path / "environment", with_pip=False, symlinks=True)
    made = Environment(tmp_path / "environment")
    places = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    (made.site_packages / "host.pth").write_text("".join(f"{place}\n" for place in places), encoding="utf-8")
    return made


LOOK = """
import json
import pyserini_xqg.plugin as plugin
found = {"installed": plugin.installed(), "file": plugin.__file__}
from pyserini.encode import document_encoder_class_map as documents, query_encoder_class_map as queries
print(json.dumps(found | {"classes": [documents["xqg"].__name__, queries["xqg"].__name__]}))
"""


def assert_plugin_is_in_place(environment: Environment, source: Path) -> None:
    """And that it is the one under `source`."""
    found = json.loads(run(environment.python, "-c", LOOK, cwd=environment.folder).splitlines()[-1])
    assert found["installed"]
    assert Path(found["file"]).resolve().is_relative_to(source.resolve())
    assert found["classes"] == ["XqgDocumentEncoder", "XqgQueryEncoder"]


def test_without_the_package_there_is_no_plugin(environment: Environment) -> None:
    look = "import sys; print('pyserini_xqg.plugin' in sys.modules)"
    assert run(environment.python, "-c", look, cwd=environment.folder) == "False\n"


def test_source_distribution_holds_what_a_build_needs(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    expected = {"LICENSE", "README.md", "_build_backend.py", "constraints.txt", "pyproject.toml", "setup.cfg"}
    expected |= {f"tests/{file.name}" for file in (ROOT / "tests").glob("*.py")}
    assert {name for name in expected if (ROOT / name).exists()} <= names
    assert {"LICENSE", "_build_backend.py"} <= names


def test_wheel_holds_the_package_and_the_pth_file(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
        assert len(files) == len(archive.namelist())
    package = built.source / "pyserini_xqg"
    expected = {str(file.relative_to(built.source)) for form in ("*.py", "*.pyi") for file in package.rglob(form)}
    expected |= {str(file.relative_to(built.source)) for file in package.glob("demo/collection/*")}
    expected |= {f"pyserini_xqg/reporting/html/{name}" for name in ("page.html.j2", "style.css")}
    expected |= {f"pyserini_xqg/reproduction/{name}" for name in ("conditions.yaml", "runs.json")}
    expected |= {"pyserini_xqg/collection/published/checksums.txt", "pyserini_xqg/py.typed", PTH}
    (information,) = {name.partition("/")[0] for name in files if ".dist-info/" in name}
    assert {name for name in files if not name.startswith(f"{information}/")} == expected
    assert f"{information}/licenses/LICENSE" in files
    # `site` runs a line that starts so, and takes any other one for a path.
    assert [line.startswith("import ") for line in files[PTH].decode().splitlines()] == [True]


def test_record_of_the_wheel_lists_every_file_with_its_digest(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (record,) = (name for name in files if name.endswith(".dist-info/RECORD"))
    lines = list(csv.reader(io.StringIO(files[record].decode())))
    assert sorted(name for name, _, _ in lines) == sorted(files)
    for name, digest, size in lines:
        if name != record:
            algorithm, _, value = digest.partition("=")
            actual = base64.urlsafe_b64encode(hashlib.new(algorithm, files[name]).digest()).rstrip(b"=").decode()
            assert (value, int(size)) == (actual, len(files[name])), name


def test_wheel_puts_the_plugin_in_place_and_goes_without_a_trace(built: Built, environment: Environment) -> None:
    before = sorted(environment.site_packages.iterdir())
    environment.install(built.wheel)
    assert_plugin_is_in_place(environment, environment.site_packages)
    environment.pip("uninstall", "--yes", "pyserini-xqg")
    assert sorted(environment.site_packages.iterdir()) == before


@pytest.mark.parametrize("options", [(), ("--config-settings", "editable_mode=strict")], ids=["editable", "strict"])
def test_editable_puts_the_plugin_in_place(
    copy_source: Callable[[], Path], environment: Environment, options: tuple[str, ...]
) -> None:
    source = copy_source()
    environment.install(*options, "--editable", source)
    assert (environment.site_packages / PTH).is_file()
    assert_plugin_is_in_place(environment, source)
