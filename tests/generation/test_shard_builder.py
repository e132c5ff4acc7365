from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.backends.seq2seq import Seq2SeqGenerator
from pyserini_xqg.generation.shard_builder import ShardQueryBuilder
from pyserini_xqg.storage.finishing import take, take_up
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.storage.shards import Shard
from tests.conftest import sentence, write_lines

Builder = Callable[..., ShardQueryBuilder]
SHARDS = 3


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Eleven passages, one of them empty."""
    return write_lines(
        tmp_path / "corpus.jsonl",
        ({"id": f"d{number}", "text": "" if number == 4 else sentence(number, 5 + number)} for number in range(11)),
    )


@pytest.fixture(scope="module")
def generator(tiny_mt5: Path) -> Seq2SeqGenerator:
    return Seq2SeqGenerator(model=str(tiny_mt5), input_length=48, output_length=6, device="cpu")


@pytest.fixture
def builder(generator: Seq2SeqGenerator) -> Builder:
    def make(languages: str = "fi ru", num_queries: int = 1) -> ShardQueryBuilder:
        return ShardQueryBuilder(generator, languages.split(), num_queries, tries=1, part_size=2)

    return make


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def nothing_left(folder: Path) -> bool:
    return sorted(file.name for file in folder.glob("out*")) == ["out"]


def test_shards_make_and_extend_what_one_process_does(builder: Builder, corpus: Path, tmp_path: Path) -> None:
    whole, output = tmp_path / "whole", tmp_path / "out"
    for languages in ("fi", "fi ru"):
        builder(languages).build(corpus, whole)
        made = [builder(languages).build_shard(corpus, output, Shard(number, SHARDS)) for number in (2, 1, 3)]
        assert [each is not None for each in made] == [False, False, True]
        assert files_of(output) == files_of(whole) and nothing_left(tmp_path)
        assert builder(languages).build_shard(corpus, output, Shard(2, SHARDS)) == made[-1]  # it is there already


@pytest.mark.parametrize("shard", [Shard(3, SHARDS), None])
def test_who_loses_the_folder_to_another_of_the_same_share_ends_well(
    builder: Builder, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shard: Shard | None
) -> None:
    write, output = Manifest.write, tmp_path / "out"

    def lost(manifest: Manifest, folder: Path) -> None:
        take_up(output)
        write(manifest, folder)

    builder().build(corpus, tmp_path / "whole")
    for number in (1, 2):
        builder().build_shard(corpus, output, Shard(number, SHARDS))
    if shard is None:
        with monkeypatch.context() as patch:
            patch.setattr(ShardQueryBuilder, "_put_in_place", lambda *_: None)  # killed before it
            patch.setattr(Manifest, "write", lambda *_: None)
            builder().build_shard(corpus, output, Shard(3, SHARDS))
        take_up(output)
    with monkeypatch.context() as patch:
        patch.setattr(Manifest, "write", lost)
        if shard is None:
            with pytest.raises(UsageError, match="another process finishes"):
                builder().build_shard(corpus, output, None)
        else:
            assert builder().build_shard(corpus, output, shard) is None
    assert builder().build_shard(corpus, output, Shard(3, SHARDS)) is not None
    assert files_of(output) == files_of(tmp_path / "whole") and nothing_left(tmp_path)


def test_what_shards_have_begun_one_process_finishes_and_the_other_way_round(
    builder: Builder, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, output = tmp_path / "whole", tmp_path / "out"
    builder().build(corpus, whole)
    builder().build_shard(corpus, output, Shard(2, SHARDS))
    builder().build(corpus, output)
    assert files_of(output) == files_of(whole) and nothing_left(tmp_path)
    other = tmp_path / "out2"
    with monkeypatch.context() as patch:
        patch.setattr(ShardQueryBuilder, "_count", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            builder().build(corpus, other)
    builder().build_shard(corpus, other, Shard(2, SHARDS))
    assert files_of(other) == files_of(whole)


def test_finish_checks_all_parts_and_follows_a_finisher_that_was_killed(
    builder: Builder, corpus: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    whole, output = tmp_path / "whole", tmp_path / "out"
    builder().build(corpus, whole)
    builder().build_shard(corpus, output, Shard(1, SHARDS))
    with pytest.raises(UsageError, match="4 of 6 parts are not done"):
        builder().build_shard(corpus, output, None)
    builder().build_shard(corpus, output, Shard(2, SHARDS))
    (tmp_path / "out.partial" / "part-000001.jsonl").write_text("damaged")
    builder().build_shard(corpus, output, Shard(3, SHARDS))
    assert files_of(output) == files_of(whole)
    output.rename(tmp_path / "out.partial")
    take(output, 2)
    assert builder().build_shard(corpus, output, Shard(1, SHARDS)) is None
    assert "if it was killed, run its shard again" in caplog.text
    assert builder().build_shard(corpus, output, Shard(2, SHARDS)) is not None
    assert files_of(output) == files_of(whole) and nothing_left(tmp_path)
    output.rename(tmp_path / "out.partial")
    take(output, 2)
    builder().build_shard(corpus, output, None)
    assert files_of(output) == files_of(whole) and nothing_left(tmp_path)
