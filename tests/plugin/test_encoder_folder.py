from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.plugin.encoder_folder import write_encoder
from pyserini_xqg.storage.manifest import MANIFEST
from tests.conftest import make_model

AUGMENTATION = AugmentationSettings(alpha=0.02, aggregate="mean", normalize=True)


def test_the_same_encoder_again_changes_nothing_and_another_is_refused(copied_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    settings = EncoderSettings(str(copied_model))
    write_encoder(settings, AUGMENTATION, folder, "cpu")
    before = (folder / MANIFEST).read_bytes(), (folder / MANIFEST).stat().st_mtime_ns
    write_encoder(settings, AUGMENTATION, folder, "cpu")
    assert before == ((folder / MANIFEST).read_bytes(), (folder / MANIFEST).stat().st_mtime_ns)
    with pytest.raises(UsageError, match=r"alpha was 0\.02, now 0\.01"):
        write_encoder(settings, AugmentationSettings(aggregate="mean", normalize=True), folder, "cpu")


def test_a_folder_with_something_else_in_it_is_left_alone(copied_model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no artifact of xqg"):
        write_encoder(EncoderSettings(str(copied_model)), AUGMENTATION, copied_model, "cpu")
    assert not (copied_model / MANIFEST).exists()


def test_models_whose_vectors_cannot_be_compared_are_refused(copied_model: Path, tmp_path: Path) -> None:
    wide = make_model(tmp_path / "wide", hidden=64)
    folder = tmp_path / "encoder"
    with pytest.raises(UsageError, match=r"have 64 dimensions and those of .* 32"):
        write_encoder(EncoderSettings(str(copied_model), query_model=str(wide)), AUGMENTATION, folder, "cpu")
    assert not folder.exists()


@pytest.mark.parametrize(
    "augmentation",
    [
        AugmentationSettings(reduce_hubness=0.5),
        AugmentationSettings(control="shuffled"),
        AugmentationSettings(languages=("fi",)),
        AugmentationSettings(num_queries=2),
    ],
)
def test_what_stock_encode_cannot_do_is_refused(
    augmentation: AugmentationSettings, tiny_model: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"(reduce_hubness 0\.5|control shuffled|languages fi|num_queries 2); stock"):
        write_encoder(EncoderSettings(str(tiny_model)), augmentation, tmp_path / "encoder", "cpu")
    assert not (tmp_path / "encoder").exists()
