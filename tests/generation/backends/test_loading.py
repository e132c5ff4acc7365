from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import MissingInput
from pyserini_xqg.generation.backends.seq2seq import Seq2SeqGenerator
from tests.conftest import make_model
from tests.generation.backends.test_seq2seq import generator_of, write


def test_a_model_that_is_not_there_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no such folder"):
        generator_of(tmp_path / "nowhere")
    with pytest.raises(
        MissingInput, match=r"no such folder, none in the cache, .*Without a network there are models in folders"
    ):
        Seq2SeqGenerator(model="nobody/no-such-model", device="cpu")


def test_an_encoder_is_no_sequence_to_sequence_model(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="a bert model is no sequence-to-sequence model"):
        generator_of(make_model(tmp_path / "bert"))


def test_weights_that_lack_a_part_are_refused(tiny_mt5: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(tiny_mt5, tmp_path / "model"))
    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if not name.startswith("decoder.block.1.")}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(MissingInput, match=r"its weights lack decoder\.block\.1\."):
        generator_of(folder)


def test_a_tokenizer_without_its_files_is_refused(tiny_mt5: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_mt5, tmp_path / "model"))
    (folder / "tokenizer.json").unlink()
    with pytest.raises(MissingInput, match="tokenizer"):
        generator_of(folder)


def test_weights_saved_by_torch_are_read_as_well(tiny_mt5: Path, passages: list[Passage], tmp_path: Path) -> None:
    from safetensors.torch import load_file

    folder = Path(shutil.copytree(tiny_mt5, tmp_path / "model"))
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    assert write(generator_of(folder), passages) == write(generator_of(tiny_mt5), passages)
