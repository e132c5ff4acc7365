"""CTranslate2 models, converted once into the cache."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from filelock import FileLock

from pyserini_xqg.errors import MissingPrerequisite, UsageError, XqgError, install_extra
from pyserini_xqg.generation.backends.loading import open_model
from pyserini_xqg.storage.files import cache_folder
from pyserini_xqg.storage.workspace import partial_folder

INSTALL = install_extra("ct2")
# Goes up when the same model would be converted differently.
CONVERSION = 1

log = logging.getLogger("pyserini_xqg")


def import_ctranslate2() -> Any:
    """CTranslate2, with MKL for int8 matrices on CPUs without VNNI.

    There the sums of products of oneDNN, which CTranslate2 takes on CPUs that are not Intel's, overflow (oneDNN's
    documentation, "Nuances of int8 Computations"). A value of ``CT2_USE_MKL`` in the environment stays.

    Raises
    ------
    MissingPrerequisite
        It is not installed.
    """
    import torch

    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    if not (capabilities.get("avx512_vnni") or capabilities.get("avx_vnni") or "CT2_USE_MKL" in os.environ):
        if "ctranslate2" in sys.modules:
            log.warning("CTranslate2 was imported before: set CT2_USE_MKL=1, or its int8 may be far from exact here")
        else:
            os.environ["CT2_USE_MKL"] = "1"
    try:
        return import_module("ctranslate2")
    except ImportError as error:
        raise MissingPrerequisite(f"CTranslate2 is not installed ({error}): {INSTALL}") from error


def converted_model(name: str, revision: str | None, fingerprint: str | None, dtype: str, tokenizer: Any) -> Path:
    """The folder of a converted model; made on first use, under a lock, and put in place when it is complete.

    Raises
    ------
    MissingInput
        The model cannot be loaded.
    UsageError
        CTranslate2 does not know models of this kind.
    XqgError
        The cache cannot be written.
    """
    identity = hashlib.sha256(f"{name}\0{revision}\0{fingerprint}".encode()).hexdigest()
    stem = re.sub(r"[^\w.-]", "-", Path(name).name)[:60]
    folder = cache_folder() / "ctranslate2" / f"{stem}-{(fingerprint or identity)[:16]}-{dtype}-{CONVERSION}"
    if not folder.exists():
        scratch = partial_folder(folder)
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_name(f"{folder.name}.lock")):
                if not folder.exists():  # else another process was first
                    log.info("converting %s for CTranslate2 into %s (once)", name, folder)
                    shutil.rmtree(scratch, ignore_errors=True)
                    _convert(name, revision, dtype, tokenizer, scratch)
                    scratch.replace(folder)
        except OSError as error:
            raise XqgError(
                f"{folder} cannot be written ({error}); set PYSERINI_XQG_CACHE to a folder with enough free space"
            ) from error
    return folder


def _convert(name: str, revision: str | None, dtype: str, tokenizer: Any, output: Path) -> None:
    """Convert a model.

    Not by ``TransformersConverter``: that one takes a config's ``tie_word_embeddings`` for the word that the decoder's
    output is scaled by 1 / sqrt(d_model), which transformers 5 sets for every mT5 although none is scaled. The logits
    would be 20 to 30 times too small: greedy decoding does not notice, sampling draws nearly evenly from the top k.
    """
    import torch
    from ctranslate2.converters import Converter, transformers
    from ctranslate2.specs import model_spec

    class OpenedModel(Converter):  # type: ignore[misc]
        def _load(self) -> Any:
            model = open_model(name, revision, "float32", "sequence-to-sequence")
            loader = transformers._MODEL_LOADERS.get(type(model.config).__name__)
            if loader is None:
                raise UsageError(f"CTranslate2 cannot run {model.config.model_type} models, such as {name}")
            with torch.no_grad():
                spec = loader(model, tokenizer)
                scale = _output_scale(model)
                spec.decoder.scale_outputs = model_spec.OPTIONAL if scale == 1 else scale
            return spec

    try:
        OpenedModel().convert(str(output), quantization=dtype)
    except (AttributeError, ValueError) as error:  # CTranslate2 was written for other versions of transformers
        raise UsageError(
            f"CTranslate2 cannot convert {name} as this version of transformers has it ({error}): take --generator "
            "seq2seq"
        ) from error


def _output_scale(model: Any) -> float:
    """What the model multiplies its decoder's output with before the logits, as it shows when it runs."""
    import torch

    start = torch.tensor([[model.config.decoder_start_token_id]])
    seen: list[Any] = []
    hook = model.lm_head.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    try:
        output = model(input_ids=start, decoder_input_ids=start, output_hidden_states=True)
    finally:
        hook.remove()
    last = output.decoder_hidden_states[-1]
    return round(float((seen[0] * last).sum() / (last * last).sum()), 6)
