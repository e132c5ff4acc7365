from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.filtering.scoring import score_queries
from pyserini_xqg.generation.filtering.shard_scoring import score_shard
from pyserini_xqg.storage.finishing import take, take_up
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.storage.shards import Shard


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def nothing_left(folder: Path) -> bool:
    return sorted(file.name for file in folder.glob("out*")) == ["out"]


def test_shards_make_what_one_process_does_and_go_on_with_what_it_has_begun(
    tiny_sentence_model: Path, corpus: Path, queries: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    whole, output = tmp_path / "whole", tmp_path / "out"
    given, options = (corpus, queries, tiny_sentence_model), {"device": "cpu", "part_size": 4}
    score_queries(*given, whole, **options)
    for made_alone in (False, True):
        assert score_shard(*given, output, Shard(3, 3), **options) is None
        with pytest.raises(UsageError, match="4 of 6 parts are not done"):
            score_shard(*given, output, None, **options)
        (tmp_path / "out.partial" / "part-000005.jsonl").write_text("damaged")
        if made_alone:
            score_queries(*given, output, **options)
        else:
            assert score_shard(*given, output, Shard(1, 3), **options) is None
            assert score_shard(*given, output, Shard(2, 3), **options) is not None
        assert files_of(output) == files_of(whole) and nothing_left(tmp_path)
        output.rename(tmp_path / "out.partial")  # as it is before the last step
        take(output, 2)
        assert score_shard(*given, output, Shard(1, 3), **options) is None
        assert "if it was killed, run its shard again" in caplog.text
        assert score_shard(*given, output, Shard(2, 3), **options) is not None
        assert files_of(output) == files_of(whole) and nothing_left(tmp_path)
        for file in output.iterdir():
            file.unlink()
        output.rmdir()


def test_who_loses_the_folder_to_another_of_the_same_share_ends_well(
    tiny_sentence_model: Path, corpus: Path, queries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, output = Manifest.write, tmp_path / "out"

    def lost(manifest: Manifest, folder: Path) -> None:
        take_up(output)
        write(manifest, folder)

    given, options = (corpus, queries, tiny_sentence_model), {"device": "cpu", "part_size": 4}
    score_queries(*given, tmp_path / "whole", **options)
    assert score_shard(*given, output, Shard(1, 2), **options) is None
    with monkeypatch.context() as patch:
        patch.setattr(Manifest, "write", lost)
        assert score_shard(*given, output, Shard(2, 2), **options) is None
        with pytest.raises(UsageError, match="another process finishes"):
            score_shard(*given, output, None, **options)
    assert score_shard(*given, output, Shard(2, 2), **options) is not None
    assert files_of(output) == files_of(tmp_path / "whole") and nothing_left(tmp_path)
