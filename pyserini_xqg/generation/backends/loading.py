"""Loading of a generative model and its tokenizer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from pyserini_xqg.encoding.loading import quiet_loading
from pyserini_xqg.errors import MissingInput

ModelKind = Literal["sequence-to-sequence", "causal language"]
CLASSES: dict[ModelKind, str] = {
    "sequence-to-sequence": "AutoModelForSeq2SeqLM",
    "causal language": "AutoModelForCausalLM",
}


def is_sequence_to_sequence(name: str, revision: str | None) -> bool:
    """Whether a model has an encoder and a decoder; else it is a causal language model.

    Raises
    ------
    MissingInput
        Its configuration cannot be loaded.
    """
    from transformers import AutoConfig

    with _as_missing_input(name, "sequence-to-sequence or causal language"):
        return bool(AutoConfig.from_pretrained(name, revision=revision, trust_remote_code=False).is_encoder_decoder)


def open_config(name: str, revision: str | None) -> Any:
    """The configuration of a sequence-to-sequence model.

    Raises
    ------
    MissingInput
        It cannot be loaded, or is that of another kind of model.
    """
    from transformers import AutoConfig

    with _as_missing_input(name, "sequence-to-sequence"):
        config = AutoConfig.from_pretrained(name, revision=revision, trust_remote_code=False)
        if not config.is_encoder_decoder:
            raise ValueError(f"a {config.model_type} model is no sequence-to-sequence model")
        return config


def open_tokenizer(name: str, revision: str | None, kind: ModelKind) -> Any:
    """The tokenizer of a model.

    Raises
    ------
    MissingInput
        It cannot be loaded, or knows no word.
    """
    from transformers import AutoTokenizer

    with _as_missing_input(name, kind):
        tokenizer: Any = AutoTokenizer.from_pretrained(name, revision=revision, trust_remote_code=False)
        # Without the files transformers makes a tokenizer that knows no word, and all passages are the same.
        if not set(tokenizer.get_vocab()) - {*tokenizer.all_special_tokens, "▁"}:
            raise ValueError("its tokenizer has no vocabulary; are the tokenizer's files missing?")
        return tokenizer


def open_model(name: str, revision: str | None, dtype: str, kind: ModelKind) -> Any:
    """The model, with none of its publisher's settings of decoding: only its special tokens.

    Raises
    ------
    MissingInput
        It cannot be loaded.
    """
    import torch
    import transformers

    settings_class: Any = transformers.GenerationConfig
    with _as_missing_input(name, kind), _only_errors():
        loaded: Any = getattr(transformers, CLASSES[kind]).from_pretrained(
            name, revision=revision, trust_remote_code=False, dtype=getattr(torch, dtype), output_loading_info=True
        )
        model, report = loaded
        # transformers would fill them with noise, and warn.
        if report["missing_keys"]:
            raise ValueError(f"its weights lack {', '.join(sorted(report['missing_keys'])[:3])}")
    own = model.generation_config.to_dict()
    model.generation_config = settings_class(
        **{key: value for key, value in own.items() if key.endswith("_token_id") and value is not None}
    )
    return model.eval().requires_grad_(False)


@contextmanager
def _only_errors() -> Iterator[None]:
    """Without the warning that transformers has for every published mT5, whose two matrices of tokens differ."""
    logging: Any = import_module("transformers.utils.logging")
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)


@contextmanager
def _as_missing_input(name: str, kind: str) -> Iterator[None]:
    if name.startswith((".", "/")) and not Path(name).is_dir():
        raise MissingInput(f"model {name}: no such folder")
    try:
        with quiet_loading():
            yield
    except Exception as error:  # whatever comes of files that others wrote
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise MissingInput(
            f"model {name}: cannot be loaded ({reason}). Expected: a folder or a Hugging Face id of a {kind} model "
            "with config.json, weights and tokenizer; without a network, only a folder or what is in the cache already "
            "can be loaded"
        ) from error
