"""Loading of an encoder model: what it is, what it says of itself, and on which device it runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyserini_xqg.encoding.hub import opening
from pyserini_xqg.encoding.settings import PAPER_PASSAGE_LENGTH, PAPER_QUERY_LENGTH, EncoderSettings, Kind
from pyserini_xqg.errors import MissingPrerequisite, UsageError
from pyserini_xqg.storage.known_hashes import known_sha256

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def load_model(settings: EncoderSettings, device: str, side: Kind) -> tuple[SentenceTransformer, EncoderSettings]:
    """The model of one side, pooling and normalising as the settings ask, and the settings with nothing left open.

    What is None in `settings` is read from a sentence-transformers model; for any other it takes the paper's value.

    Raises
    ------
    MissingInput
        The model or its tokenizer cannot be loaded.
    UsageError
        A maximum length is above the model's.
    """
    from sentence_transformers.base.modules import Normalize

    own_query_model = settings.query_model if side == "query" else None
    name = own_query_model or settings.model
    model, sentence_model = _open(str(name), None if own_query_model else settings.revision, settings, device)
    config = model[0].config
    own_limit = model.tokenizer.model_max_length
    positions = _positions(model)
    # The tokenizer's may be a choice, that of a trained model the length it was trained with; positions are a fact.
    longest = positions or own_limit
    for length in (settings.query_max_length, settings.passage_max_length):
        if length is not None and length > longest:
            raise UsageError(
                f"a maximum length of {length} tokens was asked for; the model {name} takes at most {longest}"
            )
    limit = min(own_limit, longest)
    own_pooling = sentence_model and settings.pooling is None
    l2_norm = settings.l2_norm
    if l2_norm is None and not own_pooling:
        l2_norm = any(isinstance(module, Normalize) for module in model)

    def or_length(asked: int | None, paper: int) -> int:
        return asked if asked is not None else limit if sentence_model else min(paper, limit)

    def or_prompt(asked: str | None, *keys: str) -> str:
        if asked is not None:
            return asked
        return next((prompt for key in keys if (prompt := model.prompts.get(key))), "")

    return model, replace(
        settings,
        revision=settings.revision or (None if own_query_model else getattr(config, "_commit_hash", None)),
        pooling=None if own_pooling else settings.pooling or "cls",
        l2_norm=l2_norm,
        query_prefix=or_prompt(settings.query_prefix, "query"),
        passage_prefix=or_prompt(settings.passage_prefix, "passage", "document", "corpus"),
        query_max_length=or_length(settings.query_max_length, PAPER_QUERY_LENGTH),
        passage_max_length=or_length(settings.passage_max_length, PAPER_PASSAGE_LENGTH),
    )


def _positions(model: SentenceTransformer) -> int | None:
    """How many tokens a text can have for the architecture; None: it does not count them."""
    count: int | None = getattr(model[0].config, "max_position_embeddings", None)
    if not count:
        return None
    embeddings = getattr(getattr(model[0].model, "embeddings", None), "position_embeddings", None)
    padding: int | None = getattr(embeddings, "padding_idx", None)
    # RoBERTa's (XLM-R, MPNet) count from the place after that of padding.
    return count if padding is None else count - padding - 1


def choose_device(device: str | None) -> str:
    """`device`, or the best there is.

    Raises
    ------
    MissingPrerequisite
        `device` is not there.
    """
    import torch

    if device is None:
        return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise MissingPrerequisite(
            f"device {device!r} is not to be had here ({str(error).splitlines()[0]}); xqg doctor lists what is"
        ) from error
    return device


def fingerprint(model: str | Path) -> str | None:
    """SHA-256 of the files of a model folder, None for a model of the hub (whose revision says which it is).

    Raises
    ------
    MissingInput
        A file cannot be read.
    """
    folder = Path(model)
    if not folder.is_dir():
        return None
    digest = hashlib.sha256()
    for file in sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in (".json", ".jinja", ".txt", ".model", ".safetensors", ".bin")
    ):
        digest.update(str(file.relative_to(folder)).encode())
        digest.update(bytes.fromhex(known_sha256(file)))
    return digest.hexdigest()


@contextmanager
def quiet_loading() -> Iterator[None]:
    """Keep transformers from drawing a progress bar for every model that is read or written; downloads keep theirs."""
    hub: Any = import_module("huggingface_hub.utils")
    bars: Any = import_module("transformers.utils.logging")
    shown, hidden_downloads = bars.is_progress_bar_enabled(), hub.are_progress_bars_disabled()
    restore_downloads = hub.disable_progress_bars if hidden_downloads else hub.enable_progress_bars
    # The two functions of transformers switch the bars of downloads as well.
    bars.disable_progress_bar()
    restore_downloads()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()
            restore_downloads()


def _open(name: str, revision: str | None, settings: EncoderSettings, device: str) -> tuple[SentenceTransformer, bool]:
    """The model, and whether it is a sentence-transformers one."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.util import is_sentence_transformer_model

    source: dict[str, Any] = {"revision": revision, "trust_remote_code": False}
    prompts: dict[str, str] = {}
    with opening(name, revision, "an encoder"), quiet_loading():
        sentence_model = is_sentence_transformer_model(name, revision=revision)
        if sentence_model:
            own = SentenceTransformer(name, device=device, **source)
            modules = list(own)
            prompts = {key: text or "" for key, text in own.prompts.items()}
        else:
            modules = [Transformer(name, model_kwargs=source, processor_kwargs=source, config_kwargs=source)]
        modules = _as_asked(modules, settings)
        return SentenceTransformer(modules=modules, prompts=prompts, device=device), sentence_model


def _as_asked(modules: list[Any], settings: EncoderSettings) -> list[Any]:
    """The modules of a sentence-transformers model, or a transformer alone, with what the settings name replaced."""
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    transformer, *others = modules
    if not isinstance(transformer, Transformer):
        raise ValueError(f"its first module is a {type(transformer).__name__}; a Transformer is expected")
    tokenizer = transformer.tokenizer
    # Without the files transformers makes a tokenizer that knows no word, and all texts get the same vector.
    if not set(tokenizer.get_vocab()) - {*tokenizer.all_special_tokens, "▁"}:
        raise ValueError("its tokenizer has no vocabulary; are the tokenizer's files missing?")
    if settings.pooling is not None or not others:
        mode: Any = "lasttoken" if settings.pooling == "last" else settings.pooling or "cls"
        pooling = Pooling(transformer.get_embedding_dimension(), pooling_mode=mode)
        others = [pooling, *(module for module in others if isinstance(module, Normalize))]
    if settings.l2_norm is not None:
        others = [module for module in others if not isinstance(module, Normalize)]
        others += [Normalize()] if settings.l2_norm else []
    return [transformer, *others]
