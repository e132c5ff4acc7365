from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
from pyserini_xqg.encoding.folder import describe_encoder, read_encoder
from pyserini_xqg.encoding.loading import fingerprint
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.indexing.settings import AugmentationSettings, read_augmentation
from pyserini_xqg.plugin.encoder_folder import write_encoder
from pyserini_xqg.storage.manifest import MANIFEST, Manifest
from tests.conftest import make_model

AUGMENTATION = AugmentationSettings(alpha=0.02, aggregate="mean", normalize=True)


@pytest.fixture
def query_model(tmp_path: Path) -> Path:
    return make_model(tmp_path / "work" / "models" / "asker", seed=1)


def change(copied_model: Path) -> None:
    weights = copied_model / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)


def test_what_is_written_is_read_back_resolved(copied_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    settings = write_encoder(EncoderSettings(str(copied_model), pooling="mean"), AUGMENTATION, folder, "cpu")
    assert settings.passage_max_length == 64
    assert settings.l2_norm is False
    assert (read_encoder(str(folder), "passage"), read_augmentation(str(folder))) == (settings, AUGMENTATION)
    assert (read_encoder(str(folder), "query"), read_augmentation(str(folder))) == (settings, AUGMENTATION)
    assert [file.name for file in folder.iterdir()] == [MANIFEST]


def test_a_bare_model_has_open_settings_and_the_default_augmentation(tiny_model: Path) -> None:
    for name in (str(tiny_model), "some/model"):
        assert (read_encoder(name, "query"), read_augmentation(name)) == (EncoderSettings(name), AugmentationSettings())


def test_the_bundled_model_has_a_name_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Path
) -> None:
    settings = read_encoder("bundled", "passage")
    assert Path(settings.model) == multilingual_e5_small()
    assert (settings.query_prefix, settings.passage_prefix) == ("query: ", "passage: ")
    # A folder that is called so is meant.
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_model, "bundled")
    assert read_encoder("bundled", "passage") == EncoderSettings("bundled")


def test_a_folder_that_moved_with_its_model_finds_it(copied_model: Path, query_model: Path, tmp_path: Path) -> None:
    work, moved = tmp_path / "work", tmp_path / "elsewhere" / "moved"
    settings = EncoderSettings(str(copied_model), query_model=str(query_model))
    write_encoder(settings, AUGMENTATION, work / "encoders" / "mine", "cpu")
    moved.parent.mkdir()
    work.rename(moved)
    for side in ("passage", "query"):
        found = read_encoder(str(moved / "encoders" / "mine"), side)  # type: ignore[arg-type]
        assert found.model == str(moved / "models" / "tiny")
        assert found.query_model == str(moved / "models" / "asker")


def test_a_folder_that_moved_without_its_model_finds_it_too(copied_model: Path, tmp_path: Path) -> None:
    write_encoder(EncoderSettings(str(copied_model)), AUGMENTATION, tmp_path / "work" / "mine", "cpu")
    (tmp_path / "far" / "away").mkdir(parents=True)
    moved = (tmp_path / "work" / "mine").rename(tmp_path / "far" / "away" / "mine")
    assert read_encoder(str(moved), "passage").model == str(copied_model)


def test_a_model_that_changed_is_not_used(copied_model: Path, query_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    write_encoder(EncoderSettings(str(copied_model), query_model=str(query_model)), AUGMENTATION, folder, "cpu")
    change(copied_model)
    with pytest.raises(InvalidInput, match="is not the one") as raised:
        read_encoder(str(folder), "passage")
    assert str(copied_model) in str(raised.value)
    assert read_encoder(str(folder), "query").query_model == str(query_model)
    change(query_model)
    with pytest.raises(InvalidInput, match="is not the one") as raised:
        read_encoder(str(folder), "query")
    assert str(query_model) in str(raised.value)


def test_a_model_that_is_gone_is_named(copied_model: Path, query_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    write_encoder(EncoderSettings(str(copied_model), query_model=str(query_model)), AUGMENTATION, folder, "cpu")
    shutil.rmtree(copied_model)
    with pytest.raises(InvalidInput) as raised:
        read_encoder(str(folder), "passage")
    assert f"names the model {copied_model}, which is not there" in str(raised.value)
    assert read_encoder(str(folder), "query").query_model == str(query_model)


def test_a_manifest_of_a_later_format_is_refused(copied_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    write_encoder(EncoderSettings(str(copied_model)), AUGMENTATION, folder, "cpu")
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(InvalidInput, match="Install a newer"):
        read_encoder(str(folder), "passage")


def test_a_model_folder_is_described_by_place_and_content_and_one_of_the_hub_by_name(
    tiny_model: Path, tmp_path: Path
) -> None:
    described = describe_encoder(EncoderSettings(str(tiny_model), query_model="some/model"), tmp_path / "encoder")
    assert described["query_model"] == "some/model"
    assert described["model"]["path"] == str(tiny_model)
    assert (tmp_path / "encoder" / described["model"]["relative"]).resolve() == tiny_model
    assert described["model"]["sha256"] == fingerprint(str(tiny_model))


def test_an_index_folder_names_its_encoder_too(copied_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    folder.mkdir()
    settings = write_encoder(EncoderSettings(str(copied_model)), AUGMENTATION, tmp_path / "encoder", "cpu")
    as_index = {"encoder": describe_encoder(settings, folder), "augmentation": {"alpha": 0.5}, "part_size": 7}
    Manifest("index", as_index).write(folder)
    assert (read_encoder(str(folder), "query"), read_augmentation(str(folder))) == (
        settings,
        AugmentationSettings(alpha=0.5),
    )
