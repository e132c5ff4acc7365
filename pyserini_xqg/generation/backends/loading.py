"""Loading of a generative model and its tokenizer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Literal

from pyserini_xqg.encoding.hub import opening
from pyserini_xqg.encoding.loading import quiet_loading

ModelKind = Literal["sequence-to-sequence", "causal language"]
CLASSES: dict[ModelKind, str] = {
    "sequence-to-sequence": "AutoModelForSeq2SeqLM",
    "causal language": "AutoModelForCausalLM",
}


def open_config(name: str, revision: str | None, kind: ModelKind | None = None) -> Any:
    """The configuration of a model; one with ``is_encoder_decoder`` is sequence-to-sequence, any other causal.

    Parameters
    ----------
    name : str
    revision : str or None
    kind : {"sequence-to-sequence", "causal language"} or None
        What the model has to be; None: either.

    Raises
    ------
    MissingInput
        It cannot be loaded, or is that of another kind of model.
    """
    from transformers import AutoConfig

    with _opening(name, revision, kind or " or ".join(CLASSES)):
        config = AutoConfig.from_pretrained(name, revision=revision, trust_remote_code=False)
        if kind is not None and bool(config.is_encoder_decoder) != (kind == "sequence-to-sequence"):
            raise ValueError(f"a {config.model_type} model is no {kind} model")
        return config


def open_tokenizer(name: str, revision: str | None, kind: ModelKind) -> Any:
    """The tokenizer of a model.

    Raises
    ------
    MissingInput
        It cannot be loaded, or knows no word.
    """
    from transformers import AutoTokenizer

    with _opening(name, revision, kind):
        tokenizer: Any = AutoTokenizer.from_pretrained(name, revision=revision, trust_remote_code=False)
        # Without the files transformers makes a tokenizer that knows no word, and all passages are the same.
        if not set(tokenizer.get_vocab()) - {*tokenizer.all_special_tokens, "▁"}:
            raise ValueError("its tokenizer has no vocabulary; are the tokenizer's files missing?")
        return tokenizer


def open_model(name: str, revision: str | None, dtype: str, kind: ModelKind) -> Any:
    """The model, with none of its publisher's settings of decoding: only its special tokens, and those it never writes.

    Raises
    ------
    MissingInput
        It cannot be loaded.
    """
    import torch
    import transformers

    settings_class: Any = transformers.GenerationConfig
    with _opening(name, revision, kind), _only_errors():
        loaded: Any = getattr(transformers, CLASSES[kind]).from_pretrained(
            name, revision=revision, trust_remote_code=False, dtype=getattr(torch, dtype), output_loading_info=True
        )
        model, report = loaded
        # transformers would fill them with noise, and warn.
        if report["missing_keys"]:
            raise ValueError(f"its weights lack {', '.join(sorted(report['missing_keys'])[:3])}")
    own = model.generation_config.to_dict()
    model.generation_config = settings_class(
        **{
            key: value
            for key, value in own.items()
            # Without bad_words_ids OPUS-MT's models would write what fills up a row.
            if value is not None
            and (key == "bad_words_ids" or (key.endswith("_token_id") and key != "forced_eos_token_id"))
        }
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
def _opening(name: str, revision: str | None, kind: str) -> Iterator[None]:
    with opening(name, revision, f"a {kind} model"), quiet_loading():
        yield
