from __future__ import annotations

import json
import random
import shutil
import threading
import time
from pathlib import Path

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.index_folder import IndexFolder
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.indexing.vector_files import VectorFiles
from pyserini_xqg.storage.finishing import take, take_up
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.storage.shards import Shard
from tests.fixtures.parts import markers
from tests.fixtures.processes import start
from tests.indexing.helpers import files_of

SETTINGS = AugmentationSettings(alpha=0.2, reduce_hubness=0.5, control="shuffled")
FORM = IndexSettings("HNSW8", keep_first=(1,))
SHARDS = 3


@pytest.fixture
def whole(builder, corpus, queries, tmp_path) -> dict[str, bytes]:
    """What one process makes."""
    builder(SETTINGS, FORM).build(corpus, queries, tmp_path / "whole")
    return files_of(tmp_path / "whole")


@pytest.fixture
def shard(builder, corpus, queries, tmp_path):
    def do(number: int, total: int = SHARDS, **options) -> Manifest | None:
        return builder(SETTINGS, FORM, **options).build_shard(corpus, queries, tmp_path / "out", Shard(number, total))

    return do


def nothing_left(folder: Path) -> bool:
    return sorted(file.name for file in folder.glob("out*")) == ["out"]


@pytest.mark.parametrize("order", [(1, 2, 3), (1, 3, 2)])
def test_shards_make_what_one_process_makes(shard, whole, tmp_path, order) -> None:
    *first, last = (shard(number) for number in order)
    assert first == [None, None]
    assert last is not None and last.counts == Manifest.read(tmp_path / "whole").counts
    assert files_of(tmp_path / "out") == whole
    assert nothing_left(tmp_path)
    assert all(shard(number) is not None for number in order)  # it is there already
    assert files_of(tmp_path / "out") == whole and nothing_left(tmp_path)


def test_who_loses_the_folder_to_another_of_the_same_share_ends_well(shard, whole, tmp_path, monkeypatch) -> None:
    fill = IndexFolder.fill

    def lost(made: IndexFolder) -> None:
        take_up(tmp_path / "out", 3)
        fill(made)

    shard(1), shard(2)
    with monkeypatch.context() as patch:
        patch.setattr(IndexFolder, "fill", lost)
        assert shard(3) is None
    assert shard(3) is not None and files_of(tmp_path / "out") == whole and nothing_left(tmp_path)


def test_what_one_process_has_begun_shards_finish_and_the_other_way_round(
    builder, corpus, queries, shard, whole, tmp_path, monkeypatch
) -> None:
    write, made = VectorFiles.write, []

    def counting(files: VectorFiles, part) -> None:
        made.append(part.number)
        write(files, part)

    monkeypatch.setattr(VectorFiles, "write", counting)
    with monkeypatch.context() as patch:
        patch.setattr(VectorFiles, "write", lambda files, part: 1 / 0 if part.number == 3 else counting(files, part))
        with pytest.raises(ZeroDivisionError):
            builder(SETTINGS, FORM).build(corpus, queries, tmp_path / "out")
    for number in range(1, SHARDS + 1):
        shard(number)
    assert files_of(tmp_path / "out") == whole
    shutil.rmtree(tmp_path / "out")
    shard(1)
    shard(3)
    builder(SETTINGS, FORM).build(corpus, queries, tmp_path / "out")
    assert files_of(tmp_path / "out") == whole and nothing_left(tmp_path)
    assert sorted(made) == sorted([*range(6)] * 2)  # each part once


def test_a_share_waits_for_the_first_one_which_alone_reads_the_inputs(shard, whole, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("pyserini_xqg.indexing.shard_build.POLL_SECONDS", 0.01)
    others = [threading.Thread(target=shard, args=(number,)) for number in (2, 3)]
    for each in others:
        each.start()
    time.sleep(0.2)
    assert not markers(tmp_path / "out.partial")
    shard(1)
    for each in others:
        each.join(60)
    assert files_of(tmp_path / "out") == whole and nothing_left(tmp_path)


def test_the_last_share_makes_parts_again_that_are_not_what_their_markers_say(shard, whole, tmp_path) -> None:
    shard(1)
    shard(2)
    vectors = tmp_path / "out.partial" / "vectors.flat"
    content = bytearray(vectors.read_bytes())
    content[200] ^= 1
    vectors.write_bytes(content)
    shard(3)
    assert files_of(tmp_path / "out") == whole


def test_finish_checks_all_parts(builder, corpus, queries, shard, whole, tmp_path) -> None:
    def finish() -> Manifest:
        return builder(SETTINGS, FORM).finish(corpus, queries, tmp_path / "out")

    with pytest.raises(UsageError, match="has no shards to finish"):
        finish()
    assert not list(tmp_path.glob("out*"))
    builder(SETTINGS, FORM).prepare(corpus, queries, tmp_path / "out")
    shard(3)
    shard(2)
    with pytest.raises(UsageError, match="2 of 6 parts are not done, the first one is number 0"):
        finish()
    # As when the last two ended at once, and neither saw the other's marker.
    last = markers(tmp_path / "out.partial")[-1]
    content = last.read_text()
    last.unlink()
    shard(1)
    last.write_text(content)
    assert finish().counts["passages"] == 23
    assert files_of(tmp_path / "out") == whole and nothing_left(tmp_path)


@pytest.mark.parametrize("who", ["the same share", "finish", "one process"])
@pytest.mark.parametrize("is_whole", [False, True])
def test_a_finisher_that_was_killed_is_followed(
    builder, corpus, queries, shard, whole, tmp_path, who, is_whole, caplog
) -> None:
    caplog.set_level("INFO")
    shard(1)
    shard(2)
    if is_whole:
        shard(3)
        (tmp_path / "out").rename(tmp_path / "out.partial")
    take(tmp_path / "out", 3)
    assert shard(2) is None
    assert "if it was killed, run its shard again" in caplog.text
    assert not (tmp_path / "out").exists()
    if who == "the same share":
        assert shard(3) is not None
    elif who == "finish":
        if not is_whole:
            with pytest.raises(UsageError, match="2 of 6 parts are not done"):
                builder(SETTINGS, FORM).finish(corpus, queries, tmp_path / "out")
            shard(3)
        builder(SETTINGS, FORM).finish(corpus, queries, tmp_path / "out")
    else:
        builder(SETTINGS, FORM).build(corpus, queries, tmp_path / "out")
    assert files_of(tmp_path / "out") == whole and nothing_left(tmp_path)


def test_other_settings_and_another_kind_of_device_are_refused(builder, corpus, queries, shard, tmp_path) -> None:
    shard(1)
    with pytest.raises(UsageError, match=r"augmentation\.alpha was 0\.2, now 0\.3"):
        builder(AugmentationSettings(alpha=0.3), FORM).build_shard(corpus, queries, tmp_path / "out", Shard(1, 3))
    progress = tmp_path / "out.partial" / "progress.json"
    recorded = json.loads(progress.read_text())
    assert recorded["notes"]["device"] == "cpu"
    recorded["notes"]["device"] = "cuda (NVIDIA H200)"
    progress.write_text(json.dumps(recorded))
    for marker in markers(tmp_path / "out.partial"):
        marker.write_text(marker.read_text().replace('"cpu"', '"cuda (NVIDIA H200)"'))
    with pytest.raises(UsageError, match=r"was begun on cuda \(NVIDIA H200\) and this is cpu"):
        shard(2)
    with pytest.raises(UsageError, match="--mixed-devices"):
        builder(SETTINGS, FORM).build(corpus, queries, tmp_path / "out")
    shard(2, mixed_devices=True)
    made = shard(3, mixed_devices=True)
    assert made is not None and made.details["devices"] == ["cpu", "cuda (NVIDIA H200)"]
    with pytest.raises(UsageError, match=r"made with other settings: settings\.augmentation\.alpha was 0\.2, now 0\.3"):
        builder(AugmentationSettings(alpha=0.3), FORM).build_shard(corpus, queries, tmp_path / "out", Shard(1, 3))


def _do(model: str, corpus: Path, queries: Path, output: Path, number: int) -> None:
    import torch

    torch.set_num_threads(1)
    builder = XqgIndexBuilder(model, SETTINGS, FORM, device="cpu", part_size=1)
    builder.build_shard(corpus, queries, output, Shard(number, SHARDS))


@pytest.mark.slow
def test_shares_that_are_done_at_once_some_twice_and_killed_end_with_the_same_bytes(
    tiny_sentence_model, builder, corpus, queries, tmp_path
) -> None:
    builder(SETTINGS, FORM, part_size=1).build(corpus, queries, tmp_path / "whole")
    output, chance = tmp_path / "out", random.Random(3)
    given = (str(tiny_sentence_model), corpus, queries, output)
    for parts in (0, 9):
        running = [start(_do, *given, number) for number in (1, 2, 3, 2)]
        while len(markers(tmp_path / "out.partial")) < parts and any(each.exitcode is None for each in running):
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.02 if parts else 0.3))
        for each in running:
            each.kill()
            each.join()
    printed = tmp_path / "printed"
    running = [start(_do, *given, number, output=printed) for number in (1, 2, 3, 3)]
    for each in running:
        each.join(300)
    assert [each.exitcode for each in running] == [0] * 4, printed.read_text()
    assert files_of(output) == files_of(tmp_path / "whole")
    assert nothing_left(tmp_path) or sorted(tmp_path.glob("out*")) == [output, printed]
