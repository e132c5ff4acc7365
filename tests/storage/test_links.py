"""Folders that are not renamed into their place, at an output that is a symbolic link to nothing yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.storage.workspace import partial_folder, real_place


def test_the_place_of_a_link_is_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("there/made")
    (tmp_path / "on").symlink_to("link")
    (tmp_path / "loop").symlink_to("loop")
    assert real_place(tmp_path / "link") == real_place(tmp_path / "on") == tmp_path / "there" / "made"
    assert partial_folder(tmp_path / "link") == tmp_path / "there" / "made.partial"
    assert real_place(Path("relative/place")) == Path("relative/place")
    with pytest.raises(UsageError, match="loop is a symbolic link that leads nowhere"):
        real_place(tmp_path / "loop")


def test_an_encoder_folder_is_made_where_a_link_leads(tiny_model: Path, tmp_path: Path) -> None:
    from pyserini_xqg.encoding.settings import EncoderSettings
    from pyserini_xqg.indexing.settings import AugmentationSettings
    from pyserini_xqg.plugin.encoder_folder import write_encoder

    (tmp_path / "link").symlink_to(tmp_path / "there" / "made")
    for _ in range(2):
        write_encoder(EncoderSettings(str(tiny_model)), AugmentationSettings(), tmp_path / "link", "cpu")
    assert (tmp_path / "there" / "made" / "xqg.json").exists()
