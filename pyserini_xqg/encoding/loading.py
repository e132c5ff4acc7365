"""Loading of an encoder model: what it is, what it says of itself, and on which device it runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyserini_xqg.encoding.hub import opening
from pyserini_xqg.encoding.pooling import default_pooling, pools_first_token, reads_left_to_right
from pyserini_xqg.encoding.settings import PAPER_PASSAGE_LENGTH, PAPER_QUERY_LENGTH, EncoderSettings, Kind
from pyserini_xqg.encoding.weights import check_weights, recorded_loading
from pyserini_xqg.errors import MissingPrerequisite, UsageError
from pyserini_xqg.storage.known_hashes import known_sha256

# Tokenizers that say no maximum length have a very large one.
UNLIMITED = 10**9

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass
class _Opened:
    """What was read of a model."""

    modules: list[Any]
    # Only a sentence-transformers model has more than a transformer, and says more of itself.
    is_sentence_model: bool = False
    prompts: Mapping[str, str] = field(default_factory=dict)
    similarity: str | None = None
    truncate_dim: int | None = None

    @property
    def is_normalized(self) -> bool:
        from sentence_transformers.base.modules import Normalize

        return any(isinstance(module, Normalize) for module in self.modules)

    def prompt(self, *keys: str) -> str:
        return next((prompt for key in keys if (prompt := self.prompts.get(key))), "")


def load_model(settings: EncoderSettings, device: str, side: Kind) -> tuple[SentenceTransformer, EncoderSettings]:
    """The model of one side, pooling and normalising as the settings ask, and its settings with nothing left open.

    What is None in `settings` is read from a sentence-transformers model; for any other it takes the paper's value.

    Raises
    ------
    MissingInput
        The model or its tokenizer cannot be loaded, or weights are missing.
    UsageError
        A maximum length is above the model's, or the pooling or the similarity is none that can be used.
    """
    from sentence_transformers import SentenceTransformer

    settings = settings.of_side(side)
    name = str(settings.model)
    with opening(name, settings.revision, "an encoder"), quiet_loading():
        opened = _open(name, settings.revision, settings.dtype, device)
        transformer, *others = opened.modules
        asked = settings.pooling == "cls" or (settings.pooling is None and pools_first_token(others))
        is_blind = asked and reads_left_to_right(transformer)
        pooling = settings.pooling or (None if others else default_pooling(transformer))
    if is_blind:
        raise UsageError(
            f"the model {name} reads from left to right: its first token has seen no other, so that pooling cls gives "
            "all texts one vector; give --pooling last or mean"
        )
    l2_norm = _l2_norm(settings, opened, pooling)
    model = SentenceTransformer(
        modules=_as_asked(opened.modules, pooling, l2_norm),
        prompts=dict(opened.prompts),
        device=device,
        truncate_dim=opened.truncate_dim,
    )
    limit = _limit(name, model, settings)

    def or_length(asked: int | None, paper: int) -> int:
        if asked is not None or limit is None:
            return asked or paper
        return limit if opened.is_sentence_model else min(paper, limit)

    def or_prompt(asked: str | None, *keys: str) -> str:
        return opened.prompt(*keys) if asked is None else asked

    return model, replace(
        settings,
        revision=settings.revision or getattr(model[0].config, "_commit_hash", None),
        pooling=pooling,
        l2_norm=l2_norm,
        query_prefix=or_prompt(settings.query_prefix, "query"),
        passage_prefix=or_prompt(settings.passage_prefix, "document", "passage", "corpus"),
        query_max_length=or_length(settings.query_max_length, PAPER_QUERY_LENGTH),
        passage_max_length=or_length(settings.passage_max_length, PAPER_PASSAGE_LENGTH),
    )


def _l2_norm(settings: EncoderSettings, opened: _Opened, pooling: str | None) -> bool | None:
    """Whether vectors get unit length; None: as the model's own modules do it."""
    if settings.l2_norm is not None:
        return settings.l2_norm
    similarity = opened.similarity
    if similarity == "cosine" and (opened.truncate_dim or not opened.is_normalized):
        return True
    if similarity in ("euclidean", "manhattan") and (similarity == "manhattan" or not opened.is_normalized):
        raise UsageError(
            f"vectors of the model {settings.model} are to be compared by {similarity} distance, and an index compares "
            "them by inner products; give --l2-norm or --no-l2-norm to use it so nevertheless"
        )
    return None if pooling is None else opened.is_normalized


def _limit(name: str, model: SentenceTransformer, settings: EncoderSettings) -> int | None:
    """How many tokens the model reads if it is not asked for more; None: it does not say.

    Raises
    ------
    UsageError
        More than it can read were asked for.
    """
    own: int | None = model.tokenizer.model_max_length
    if own is None or own > UNLIMITED:
        own = None
    positions = _positions(model)
    # The tokenizer's may be a choice, that of a trained model the length it was trained with; positions are a fact.
    longest = positions or own
    for length in (settings.query_max_length, settings.passage_max_length):
        if length is not None and longest is not None and length > longest:
            raise UsageError(
                f"a maximum length of {length} tokens was asked for; the model {name} takes at most {longest}"
            )
    return min((limit for limit in (own, positions) if limit is not None), default=None)


def _positions(model: SentenceTransformer) -> int | None:
    """How many tokens a text can have for the architecture; None: it does not count them."""
    count: int | None = getattr(model[0].config, "max_position_embeddings", None)
    if count is None or count < 1:
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


def _open(name: str, revision: str | None, dtype: str, device: str) -> _Opened:
    """A model's modules, with all their weights, and what it says of itself."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.util import is_sentence_transformer_model
    from transformers import AutoConfig

    from pyserini_xqg.encoding.dpr import MODEL_TYPE, open_dpr

    source: dict[str, Any] = {"revision": revision, "trust_remote_code": False}
    # Made in it from the start: a conversion afterwards would round what is not to be rounded, as rotary frequencies.
    weights: dict[str, Any] = {"dtype": torch.float32 if dtype == "tf32" else getattr(torch, dtype)}
    with recorded_loading() as reports:
        if is_sentence_transformer_model(name, revision=revision):
            own = SentenceTransformer(name, device=device, model_kwargs=weights, **source)
            prompts = {key: text or "" for key, text in own.prompts.items()}
            # The property says cosine where the model says nothing.
            opened = _Opened(list(own), True, prompts, own._similarity_fn_name, own.truncate_dim)
        else:
            config = AutoConfig.from_pretrained(name, **source)
            weights |= source
            if config.model_type == MODEL_TYPE:
                transformer = open_dpr(name, config, weights, source)
            else:
                transformer = Transformer(name, model_kwargs=weights, processor_kwargs=source, config_kwargs=source)
            opened = _Opened([transformer.to(device)])
    transformer = opened.modules[0]
    if not isinstance(transformer, Transformer):
        raise ValueError(f"its first module is a {type(transformer).__name__}; a Transformer is expected")
    check_weights(reports, "pooler_output" in str(transformer.modality_config))
    if transformer.module_output_name != "token_embeddings" and len(opened.modules) == 1:
        raise ValueError("it has no vectors of tokens to pool")
    _prepare_tokenizer(transformer.tokenizer)
    return opened


def _prepare_tokenizer(tokenizer: Any) -> None:
    # Without the files transformers makes a tokenizer that knows no word, and all texts get the same vector.
    if not set(tokenizer.get_vocab()) - {*tokenizer.all_special_tokens, "▁"}:
        raise ValueError("its tokenizer has no vocabulary; are the tokenizer's files missing?")
    # On the left, padding moves the positions that some models count, and a text's vector depends on its batch.
    tokenizer.padding_side = "right"
    if tokenizer.pad_token_id is None:
        padding = tokenizer.eos_token or tokenizer.unk_token or tokenizer.bos_token
        if padding is None:
            raise ValueError("its tokenizer has no token to pad texts with")
        tokenizer.pad_token = padding  # any will do, for it is masked


def _as_asked(modules: list[Any], pooling: str | None, l2_norm: bool | None) -> list[Any]:
    """The modules of a model with what was asked for in the place of its own."""
    from sentence_transformers.base.modules import Normalize
    from sentence_transformers.sentence_transformer.modules import Pooling

    transformer, *others = modules
    if pooling is not None:
        mode: Any = "lasttoken" if pooling == "last" else pooling
        others = [
            Pooling(transformer.get_embedding_dimension(), pooling_mode=mode),
            *(module for module in others if isinstance(module, Normalize)),
        ]
    if l2_norm is not None:
        others = [module for module in others if not isinstance(module, Normalize)]
        others += [Normalize()] if l2_norm else []
    return [transformer, *others]
