from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import UsageError, XqgError
from pyserini_xqg.generation.backends import _ct2_model as ct2_model
from pyserini_xqg.generation.backends.loading import ModelKind, open_tokenizer
from tests.conftest import sentence
from tests.fixtures.generation import make_t5
from tests.generation.backends.test_ctranslate2 import generator_of, write

KIND: ModelKind = "sequence-to-sequence"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("PYSERINI_XQG_CACHE", str(folder))
    return folder / "ctranslate2"


def finished(cache: Path) -> list[str]:
    return [folder.name for folder in cache.iterdir() if folder.is_dir() and not folder.name.endswith(".partial")]


def test_a_model_is_converted_once(tiny_mt5: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = generator_of(tiny_mt5)
    (name,) = finished(cache)
    assert name == f"tiny-mt5-{generator.settings['fingerprint'][:16]}-float32-1"
    before = (cache / name / "model.bin").stat()

    def forbidden(*_: object) -> None:
        raise AssertionError("converted again")

    monkeypatch.setattr(ct2_model, "_convert", forbidden)
    generator_of(tiny_mt5)
    after = (cache / name / "model.bin").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_other_weights_and_other_types_are_converted_apart(tiny_mt5: Path, cache: Path, tmp_path: Path) -> None:
    generator_of(tiny_mt5)
    generator_of(tiny_mt5, dtype="int8")
    other = make_t5(tmp_path / "tiny-mt5", num_layers=1)
    generator_of(other)
    assert len(set(finished(cache))) == 3


def test_a_killed_conversion_leaves_nothing_that_looks_finished(tiny_mt5: Path, cache: Path, tmp_path: Path) -> None:
    process = os.fork()
    if process == 0:  # dies where the weights are written and the folder is not yet in place
        Path.replace = lambda *_: os._exit(9)  # type: ignore[method-assign, assignment, misc]
        generator_of(tiny_mt5)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 9
    (left,) = [folder for folder in cache.iterdir() if folder.is_dir()]
    assert left.name.endswith(".partial")
    assert (left / "model.bin").exists()
    (left / "model.bin").write_bytes(b"half")
    generator = generator_of(tiny_mt5)
    assert len(finished(cache)) == 1
    assert not left.exists()
    assert len(write(generator, [Passage("d1", sentence(1))])[0]) == 3


def test_a_cache_that_cannot_be_written_is_named(tiny_mt5: Path, cache: Path) -> None:
    cache.parent.write_text("a file where the folder should be")
    with pytest.raises(XqgError, match=r"cannot be written .* set PYSERINI_XQG_CACHE"):
        generator_of(tiny_mt5)


def test_a_kind_of_model_that_ctranslate2_does_not_know_is_refused(tmp_path: Path, tiny_mt5: Path) -> None:
    from transformers import LongT5Config, LongT5ForConditionalGeneration

    tokens = open_tokenizer(str(tiny_mt5), None, KIND)
    config = LongT5Config(
        vocab_size=len(tokens), d_model=16, d_kv=4, d_ff=16, num_layers=1, num_heads=2, decoder_start_token_id=0
    )
    folder = tmp_path / "long"
    LongT5ForConditionalGeneration(config).save_pretrained(folder)
    tokens.save_pretrained(folder)
    with pytest.raises(UsageError, match="CTranslate2 cannot run longt5 models"):
        generator_of(folder)


def test_a_moved_model_is_not_converted_again(tiny_mt5: Path, cache: Path, tmp_path: Path) -> None:
    generator_of(tiny_mt5)
    shutil.copytree(tiny_mt5, tmp_path / "elsewhere" / "tiny-mt5")
    generator_of(tmp_path / "elsewhere" / "tiny-mt5")
    assert len(finished(cache)) == 1
