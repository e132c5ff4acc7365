"""Texts to vectors, fast: one model, batches of similar length under a token budget.

sentence-transformers loads the model and computes the vectors (its modules know every pooling, normalisation and
projection that published encoders use). What it does not have is done here: batches filled by tokens rather than by
texts, made apart from the computation so that the device need not wait for the tokenizer, and results handed out as
they come.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from pyserini_xqg.encoding.settings import PAPER_PASSAGE_LENGTH, PAPER_QUERY_LENGTH, EncoderSettings
from pyserini_xqg.errors import MissingInput, MissingPrerequisite, UsageError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors: TypeAlias = npt.NDArray[np.float32]
Kind = Literal["query", "passage"]

# Tokens, padding included, that go through the model at once: on a CPU as many as stay in its cache, on a GPU as many
# as fill it.
TOKENS_PER_BATCH = {"cpu": 1024, "cuda": 32768, "mps": 8192}

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True, slots=True)
class Batch:
    """Tokenized texts of similar length; `rows` are their places among the texts that were given."""

    rows: npt.NDArray[np.intp]
    features: dict[str, Any]


class TextEncoder:
    """One model that turns texts into vectors.

    Parameters
    ----------
    settings : EncoderSettings
        Fields that are None are read from the model (see there); :attr:`settings` has them filled in.
    device : str or None
        A torch device; None takes cuda, mps or cpu, the first there is.
    side : {"passage", "query"}
        Which of the two models to load where they differ.

    Attributes
    ----------
    dimension : int
        Of the vectors.

    Raises
    ------
    MissingInput
        The model or its tokenizer cannot be loaded.
    MissingPrerequisite
        The device is not there.
    """

    def __init__(self, settings: EncoderSettings, device: str | None = None, side: Kind = "passage"):
        import torch

        self.device = choose_device(device)
        name = settings.query_model if side == "query" and settings.query_model else settings.model
        self._model = _load(name, settings, self.device)
        self.settings = _resolve(settings, self._model, name)
        self._model.to(getattr(torch, settings.dtype)).eval()
        self._tokenizer = self._model.tokenizer
        self._budget = TOKENS_PER_BATCH.get(self.device.split(":")[0], TOKENS_PER_BATCH["cpu"])
        dimension = self._model.get_embedding_dimension()
        assert dimension is not None
        self.dimension = dimension
        log.info("encoding with %s on %s (%s)", name, self.device, settings.dtype)

    def tokenize(self, texts: Sequence[str | tuple[str, str]], kind: Kind) -> list[Batch]:
        """Cut `texts` into batches for :meth:`embed`.

        Needs no device, so it can run in a thread while another list of texts is being embedded.

        Parameters
        ----------
        texts : sequence of str or (str, str)
            A pair is encoded with the tokenizer's separator between its parts.
        kind : {"query", "passage"}
            Decides on the prefix and the maximum length.
        """
        if not texts:
            return []
        prefix, length = self._form(kind)
        firsts = [prefix + (text if isinstance(text, str) else text[0]) for text in texts]
        seconds = None if isinstance(texts[0], str) else [text[1] for text in texts]
        tokens = self._tokenizer(firsts, seconds, truncation=True, max_length=length, return_token_type_ids=False)
        ids = tokens["input_ids"]
        prompt = self._prompt_length(prefix)
        order = np.argsort([-len(row) for row in ids], kind="stable")
        batches = []
        start = 0
        while start < len(order):
            rows = order[start : start + max(1, self._budget // len(ids[order[start]]))]
            padded = self._tokenizer.pad({"input_ids": [ids[row] for row in rows]}, return_tensors="pt")
            features = {"input_ids": padded["input_ids"], "attention_mask": padded["attention_mask"], **prompt}
            batches.append(Batch(rows, features))
            start += len(rows)
        return batches

    def embed(self, batches: Sequence[Batch]) -> Iterator[tuple[npt.NDArray[np.intp], Vectors]]:
        """The vectors of each batch, as (rows, float32 array of shape (len(rows), dimension)).

        The device works on the next batch while the caller has this one.
        """
        previous = None
        for batch in batches:
            current = (batch.rows, self._forward(batch))
            if previous is not None:
                yield previous[0], self._to_numpy(previous[1])
            previous = current
        if previous is not None:
            yield previous[0], self._to_numpy(previous[1])

    def encode(self, texts: Sequence[str | tuple[str, str]], kind: Kind) -> Vectors:
        """The vectors of `texts`: float32, shape (len(texts), dimension)."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for rows, values in self.embed(self.tokenize(texts, kind)):
            vectors[rows] = values
        return vectors

    def use_half_precision(self) -> None:
        """Compute in float16 from here on, as Pyserini's ``--fp16`` asks for."""
        import torch

        self._model.to(torch.float16)
        self.settings = replace(self.settings, dtype="float16")

    def _form(self, kind: Kind) -> tuple[str, int]:
        if kind == "query":
            prefix, length = self.settings.query_prefix, self.settings.query_max_length
        else:
            prefix, length = self.settings.passage_prefix, self.settings.passage_max_length
        assert prefix is not None and length is not None
        return prefix, length

    def _prompt_length(self, prefix: str) -> dict[str, int]:
        """What tells the few models that leave the prefix out of the mean how long it is."""
        if not prefix or all(getattr(module, "include_prompt", True) for module in self._model):
            return {}
        return {"prompt_length": len(self._tokenizer(prefix)["input_ids"]) - 1}

    def _forward(self, batch: Batch) -> Any:
        import torch

        features = {
            name: value.to(self.device, non_blocking=True) if isinstance(value, torch.Tensor) else value
            for name, value in batch.features.items()
        }
        try:
            with torch.inference_mode():
                return self._model(features)["sentence_embedding"].float()
        except torch.OutOfMemoryError:
            size = len(batch.rows)
            if size == 1:
                raise
            torch.cuda.empty_cache()
            log.warning("out of memory at %d texts; going on with half as many", size)
            halves = (slice(None, size // 2), slice(size // 2, None))
            parts = [
                Batch(
                    batch.rows[half],
                    {k: v[half] if isinstance(v, torch.Tensor) else v for k, v in batch.features.items()},
                )
                for half in halves
            ]
            return torch.cat([self._forward(part) for part in parts])

    @staticmethod
    def _to_numpy(values: Any) -> Vectors:
        array: Vectors = values.cpu().numpy()
        return array


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


def fingerprint(model: str) -> str | None:
    """SHA-256 of the files of a model folder, None for a model of the hub (whose revision says which it is)."""
    folder = Path(model)
    if not folder.is_dir():
        return None
    digest = hashlib.sha256()
    for file in sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in (".json", ".txt", ".model", ".safetensors", ".bin")
    ):
        digest.update(str(file.relative_to(folder)).encode())
        with file.open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()


def _load(name: str, settings: EncoderSettings, device: str) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    if name.startswith((".", "/")) and not Path(name).is_dir():
        raise MissingInput(f"model {name}: no such folder")
    try:
        if _follows_its_own_modules(name, settings):
            return SentenceTransformer(name, device=device, trust_remote_code=False, revision=settings.revision)
        return SentenceTransformer(modules=_plain_modules(name, settings), device=device)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise MissingInput(
            f"model {name}: cannot be loaded ({reason}). Expected: a folder or a Hugging Face id with config.json, "
            "weights and tokenizer; "
            "without a network, only a folder or what is in the cache already can be loaded"
        ) from error


def _follows_its_own_modules(name: str, settings: EncoderSettings) -> bool:
    from sentence_transformers.util import is_sentence_transformer_model

    asked = settings.pooling is not None or settings.l2_norm is not None
    return not asked and is_sentence_transformer_model(name, revision=settings.revision)


def _plain_modules(name: str, settings: EncoderSettings) -> list[Any]:
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    revision: dict[str, Any] = {"revision": settings.revision, "trust_remote_code": False}
    transformer = Transformer(name, model_kwargs=revision, processor_kwargs=revision, config_kwargs=revision)
    mode: Any = "lasttoken" if settings.pooling == "last" else settings.pooling or "cls"
    modules: list[Any] = [transformer, Pooling(transformer.get_embedding_dimension(), pooling_mode=mode)]
    return [*modules, Normalize()] if settings.l2_norm else modules


def _resolve(settings: EncoderSettings, model: SentenceTransformer, name: str) -> EncoderSettings:
    """`settings` with what they leave open read from the model, or set to the paper's values."""
    own_modules = _follows_its_own_modules(name, settings)
    config = model[0].config
    limit = min(model.tokenizer.model_max_length, getattr(config, "max_position_embeddings", None) or sys.maxsize)
    for length in (settings.query_max_length, settings.passage_max_length):
        if length is not None and length > limit:
            raise UsageError(
                f"a maximum length of {length} tokens was asked for; the model {name} takes at most {limit}"
            )

    def or_default(asked: int | None, paper: int) -> int:
        return asked if asked is not None else limit if own_modules else min(paper, limit)

    def or_prompt(asked: str | None, *keys: str) -> str:
        if asked is not None:
            return asked
        return next((prompt for key in keys if (prompt := model.prompts.get(key))), "")

    return replace(
        settings,
        revision=settings.revision or getattr(config, "_commit_hash", None),
        pooling=settings.pooling or (None if own_modules else "cls"),
        l2_norm=settings.l2_norm if settings.l2_norm is not None or own_modules else False,
        query_prefix=or_prompt(settings.query_prefix, "query"),
        passage_prefix=or_prompt(settings.passage_prefix, "passage", "document"),
        query_max_length=or_default(settings.query_max_length, PAPER_QUERY_LENGTH),
        passage_max_length=or_default(settings.passage_max_length, PAPER_PASSAGE_LENGTH),
    )
