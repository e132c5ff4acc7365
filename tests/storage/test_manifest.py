from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.storage.manifest import MANIFEST, Manifest, holds_encoder


@pytest.mark.parametrize(
    ("content", "fragment"),
    [
        ("", "not a manifest of xqg"),
        ("{", "not a manifest of xqg"),
        ("[]", "not a manifest of xqg"),
        ('{"kind": "index"}', "settings is not there; was the file changed"),
        ('{"settings": {}}', "kind is not there; was the file changed"),
        ('{"kind": "index", "settings": []}', r"not a manifest of xqg \(settings is no JSON object"),
        ('{"kind": "index", "settings": {}, "colour": 1}', "colour is unknown to this version. Install a newer"),
        ('{"kind": "index", "settings": {}, "format": 2}', "format 2; this version reads up to 1. Install a newer"),
        ('{"kind": "index", "later": 1, "format": 2}', "format 2; this version reads up to 1. Install a newer"),
        ('{"kind": "index", "settings": {}, "format": "2"}', "format 2; this version reads up to 1. Install a newer"),
    ],
)
def test_a_damaged_or_later_manifest_is_invalid(tmp_path: Path, content: str, fragment: str) -> None:
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(InvalidInput, match=rf"xqg\.json: {fragment}"):
        Manifest.read(tmp_path)


def test_a_manifest_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"xqg\.json: cannot be read \(No such file"):
        Manifest.read(tmp_path)


def test_a_manifest_reads_back_as_written_and_has_a_fixed_form(tmp_path: Path) -> None:
    manifest = Manifest("encoder", {"name": "süß"}, {"corpus": "f"}, {"n": 1}, {"x": [0.5]}, {"numpy": "2"})
    manifest.write(tmp_path)
    assert Manifest.read(tmp_path) == manifest
    first = (tmp_path / MANIFEST).read_bytes()
    manifest.write(tmp_path)
    assert (tmp_path / MANIFEST).read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]
    assert json.loads(first)["settings"] == {"name": "süß"}


@pytest.mark.parametrize(
    ("content", "holds"),
    [
        ('{"kind": "index", "settings": {"encoder": {}}}', True),
        ('{"kind": "index", "settings": {}}', False),
        ('{"kind": "index"}', False),
        ("[]", False),
        ("{", False),
        (None, False),
    ],
)
def test_only_a_manifest_with_an_encoder_holds_one(tmp_path: Path, content: str | None, holds: bool) -> None:
    if content is not None:
        (tmp_path / MANIFEST).write_text(content)
    assert holds_encoder(str(tmp_path)) is holds
