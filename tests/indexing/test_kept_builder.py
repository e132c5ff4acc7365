from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pyserini_xqg.encoding import encoder as encoder_module
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.storage.manifest import Manifest
from tests.indexing.helpers import files_of, vectors_of

MEAN = AugmentationSettings(alpha=0.3, aggregate="mean")


@pytest.fixture
def kept(builder, corpus, queries, tmp_path) -> Path:
    builder(AugmentationSettings(alpha=0.1), IndexSettings(keep_first=(1, 2))).build(corpus, queries, tmp_path / "kept")
    return tmp_path / "kept"


def from_kept(settings: AugmentationSettings, base: Path, output: Path, **options) -> Manifest:
    form = options.pop("index", None)
    return XqgIndexBuilder(None, settings, form, device="cpu", part_size=4, **options).augment(base, None, output)


@pytest.mark.parametrize(
    "settings",
    [
        AugmentationSettings(alpha=0.2),
        MEAN,
        replace(MEAN, normalize=True),
        AugmentationSettings(alphas={"fi": 0.2, "ru": 0.4}, aggregate="mean"),
        AugmentationSettings(alpha=0),
    ],
    ids=str,
)
def test_it_is_the_index_built_from_the_texts_to_the_byte(
    builder, kept, corpus, queries, tmp_path, settings, monkeypatch
) -> None:
    form = IndexSettings(keep_first=(2,))
    of_texts = builder(settings, form).build(corpus, queries, tmp_path / "built")
    with monkeypatch.context() as only:
        only.setattr(encoder_module.TextEncoder, "embed", None)  # nothing is encoded
        found = from_kept(settings, kept, tmp_path / "out", index=form)
    assert files_of(tmp_path / "out").keys() == files_of(tmp_path / "built").keys()
    assert (found.settings, found.inputs, found.counts) == (of_texts.settings, of_texts.inputs, of_texts.counts)
    for name, content in files_of(tmp_path / "out").items():
        assert name == "xqg.json" or content == files_of(tmp_path / "built")[name], name
    # Either way of making it finds it made.
    assert builder(settings, form).build(corpus, queries, tmp_path / "out").details == found.details


@pytest.mark.parametrize(
    ("settings", "topics"),
    [
        (replace(MEAN, num_queries=1), False),
        (replace(MEAN, languages=("fi",), num_queries=2, normalize=True), False),
        (replace(MEAN, control="mean", normalize=True), False),
        (replace(MEAN, control="shuffled", control_seed=3), False),
        (replace(MEAN, reduce_hubness=0.5, normalize=True), False),
        (replace(MEAN, reduce_hubness=0.5, control="shuffled"), False),
        (replace(MEAN, reduce_hubness=1), True),
    ],
    ids=str,
)
def test_else_it_is_to_rounding(builder, kept, corpus, queries, tmp_path, settings, topics) -> None:
    file = tmp_path / "topics.tsv"
    file.write_text("1\tmissä joki\n2\tкто король\n", encoding="utf-8")
    given = {"hubness_topics": file} if topics else {}
    of_texts = builder(settings, **given).build(corpus, queries, tmp_path / "built")
    found = from_kept(settings, kept, tmp_path / "out", **given)
    np.testing.assert_allclose(vectors_of(tmp_path / "out"), vectors_of(tmp_path / "built"), atol=1e-6)
    assert (found.settings, found.inputs, found.counts) == (of_texts.settings, of_texts.inputs, of_texts.counts)


def test_other_forms_are_built_too_and_a_stopped_build_goes_on(kept, tmp_path, monkeypatch) -> None:
    from pyserini_xqg.indexing import kept_builder

    whole = from_kept(MEAN, kept, tmp_path / "whole", index=IndexSettings(factory="HNSW8"))
    assert whole.counts["passages"] == 23
    parts = kept_builder._part

    def stopped(*given):
        if given[2] == 3:
            raise KeyboardInterrupt
        return parts(*given)

    with monkeypatch.context() as only, pytest.raises(KeyboardInterrupt):
        only.setattr(kept_builder, "_part", stopped)
        from_kept(MEAN, kept, tmp_path / "out", index=IndexSettings(factory="HNSW8"))
    from_kept(MEAN, kept, tmp_path / "out", index=IndexSettings(factory="HNSW8"))
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")


def test_what_cannot_be_built_of_kept_vectors_is_refused(builder, kept, corpus, queries, tmp_path) -> None:
    with pytest.raises(InvalidInput, match="no queries in sw; there are some in fi, ru"):
        from_kept(replace(MEAN, languages=("sw",)), kept, tmp_path / "out")
    with pytest.raises(UsageError, match="first 3 queries were not kept"):
        from_kept(replace(MEAN, num_queries=3), kept, tmp_path / "out")
    with pytest.raises(UsageError, match="names the encoder of its passages"):
        builder(MEAN).augment(kept, None, tmp_path / "out")
    control = replace(MEAN, control="shuffled")
    from_kept(control, kept, tmp_path / "control", index=IndexSettings(keep_vectors=True))
    with pytest.raises(UsageError, match="control is a control: it keeps other passages' queries"):
        from_kept(MEAN, tmp_path / "control", tmp_path / "out")
    from_kept(MEAN, kept, tmp_path / "out")
    with pytest.raises(UsageError, match=r"augmentation\.alpha was 0\.3, now 0\.2"):
        from_kept(replace(MEAN, alpha=0.2), kept, tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    assert not list(tmp_path.glob("*.partial"))
    assert json.loads((tmp_path / "control" / "xqg.json").read_text())["details"] == {"from_kept_vectors": True}
