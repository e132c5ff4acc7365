"""The site of the documents: built without a warning, with a page for every document, command and public name."""

from __future__ import annotations

import logging
import re
import runpy
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import pytest

from pyserini_xqg.cli import app
from tests.cli.test_cli import PATHS
from tests.fixtures.documents import ROOT, documents

COMMANDS = [path for path, command in PATHS.items() if command.default_command is not None]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as ``mkdocs build`` makes it: a warning is an error."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        logging.getLogger("mkdocs").setLevel(logging.WARNING)
        build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder)))
    return folder


@pytest.mark.slow
def test_it_has_every_document_command_and_public_name(site: Path) -> None:
    for document in documents():
        if document.startswith("docs/"):
            assert (site / Path(document).stem / "index.html").is_file(), document
    options = (site / "reference" / "commands" / "index.html").read_text(encoding="utf-8")
    for path in COMMANDS:
        assert f"xqg {' '.join(path)}" in options, path
        assert all(argument.names[0] in options for argument in PATHS[path].assemble_argument_collection())
    names = (site / "reference" / "api" / "index.html").read_text(encoding="utf-8")
    for stub in (ROOT / "pyserini_xqg").rglob("__init__.pyi"):
        for name in re.findall(r" as (\w+)$", stub.read_text(encoding="utf-8"), re.MULTILINE):
            assert f".{name}" in names, f"{stub.parent.name}.{name}"


@pytest.mark.slow
def test_links_lead_to_pages(site: Path) -> None:
    for page in site.rglob("*.html"):
        for link in re.findall(r'href="([^"]+\.(?:md|py)(?:#[^"]*)?)"', page.read_text(encoding="utf-8")):
            assert link.startswith("https://"), (page, link)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_an_example_a_page_and_completion(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    name = " ".join(path)
    assert re.search(rf"^ *\$ xqg {name}\b", str(PATHS[path].default_command.__doc__), re.MULTILINE)
    rows = re.findall(r"^\| (.*) \| .* \| \[.*\]\(([\w-]+\.md)(?:#.*)?\) \|$", page("commands"), re.MULTILINE)
    documented = [target for names, target in rows if f"`xqg {name}`" in names]
    assert len(documented) == 1
    assert f"xqg {name}" in page(documented[0].removesuffix(".md"))
    for shell in ("bash", "zsh", "fish"):
        completion = completed(shell)
        assert all(re.search(rf"\b{part}\b", completion) for part in path)
        assert all(name in completion or name[2:] in completion for name in options(path))


@cache
def completed(shell: str) -> str:
    return app.generate_completion(shell=shell)


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def options(path: tuple[str, ...]) -> list[str]:
    collection = PATHS[path].assemble_argument_collection()
    return [argument.names[0] for argument in collection if argument.names[0].startswith("--")]


def test_the_extras_are_those_that_are_documented() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    assert {*re.findall(r"^\| `(\w+)` \|", page("installation"), re.MULTILINE)} == {*setup["options.extras_require"]}


def test_the_pictures_are_drawn_from_the_figures_that_are_shown() -> None:
    for name, draw in runpy.run_path(str(ROOT / "docs" / "pictures.py"))["PICTURES"].items():
        assert draw() == (ROOT / "docs" / "pictures" / name).read_text(encoding="utf-8"), "python docs/pictures.py"


def test_the_readme_is_short_and_begins_with_what_counts() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("\n") < 120
    first, _, _ = text.partition("\n### ")
    assert first.count("](docs/pictures/") == 1
    commands = re.findall(r"^ {4}(pip install .+)\n", first, re.MULTILINE)
    assert [command.rpartition(" && ")[2] for command in commands] == ["xqg demo", "pytest"]
