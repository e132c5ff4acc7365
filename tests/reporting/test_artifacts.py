from __future__ import annotations

from typing import Any

from pyserini_xqg.reporting.report import make_report
from pyserini_xqg.storage.manifest import Manifest
from tests.conftest import write_lines
from tests.reporting.conftest import Material, Page


def page_of(material: Material, **changed: Any) -> Page:
    make_report(material.files(**changed), material.output)
    return Page((material.output / "report.html").read_text(encoding="utf-8"))


def test_the_manifest_of_the_queries_is_shown(material: Material) -> None:
    folder = material.folder / "queries"
    folder.mkdir()
    write_lines(folder / "part.jsonl", [{"id": "d8", "queries": {"fi": ["Mistä?"]}}])
    (folder / "xqg.json").write_text('{"kind": "queries", "settings": {"model": "tiny mT5"}, "packages": {}}')
    page = page_of(material, queries=folder)
    assert "tiny mT5" in page.text and "Queries queries" in page.text


def test_what_sets_artifacts_apart_is_shown(material: Material) -> None:
    Manifest("index", {"augmentation": {"alpha": 0}}, {"corpus": "abc123"}, {"passages": 24}).write(
        material.output.parent
    )
    page = page_of(material, artifacts=[material.folder / "index", material.folder])
    _, _, apart = page.text.partition("What sets them apart")
    assert apart.startswith(f"settingindex{material.folder.name}augmentation.alpha0.30Index")
