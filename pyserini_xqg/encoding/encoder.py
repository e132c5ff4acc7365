"""Text encoder, fast: one model, batches of similar length under a token budget.

sentence-transformers loads the model and computes the vectors (its modules know every pooling, normalisation and
projection that published encoders use). What it does not have is done here: batches filled by tokens rather than by
texts, made apart from the computation so that the device need not wait for the tokenizer, and results handed out as
they come.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyserini_xqg.collection.unicode import is_composed
from pyserini_xqg.encoding.batches import Batch, Tokenizer, batches_of
from pyserini_xqg.encoding.device import add_rows, copied_back, number_format, on_device
from pyserini_xqg.encoding.loading import UNLIMITED, choose_device, load_model
from pyserini_xqg.encoding.memory import MemoryLimit, out_of_memory
from pyserini_xqg.encoding.settings import EncoderSettings, Kind
from pyserini_xqg.errors import XqgError

Vectors: TypeAlias = npt.NDArray[np.float32]
# Is told how many more are done.
Progress: TypeAlias = Callable[[int], object]

# Tokens, padding included, that go through the model at once: on a CPU as many as stay in its cache, on a GPU as many
# as fill it.
TOKENS_PER_BATCH = {"cpu": 1024, "cuda": 32768, "mps": 8192}

log = logging.getLogger("pyserini_xqg")


def no_progress(done: int) -> None:
    """Tell nobody."""


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
    UsageError
        A maximum length is above the model's.
    """

    def __init__(self, settings: EncoderSettings, device: str | None = None, side: Kind = "passage"):
        self.device = choose_device(device)
        self._budget = TOKENS_PER_BATCH.get(self.device.split(":")[0], TOKENS_PER_BATCH["cpu"])
        self._load(settings, side)

    def _load(self, settings: EncoderSettings, side: Kind) -> None:
        from sentence_transformers.base.modules import Normalize

        self._model, self.settings = load_model(settings, self.device, side)
        self._model.eval()
        self._tokenizer = Tokenizer(self._model.tokenizer)
        dimension = self._model.get_embedding_dimension()
        assert dimension is not None
        self.dimension = dimension
        self._told = False
        self._memory = MemoryLimit()
        # In float32, after the model: in half the bits lengths would come out as 0.997 or 1.003. A model that cuts its
        # vectors may want them normalised before that, and not after it.
        whole = self._model.truncate_dim is None or self.settings.l2_norm
        self._normalize = self._model.pop(-1) if whole and isinstance(self._model[-1], Normalize) else None
        log.info("encoding with %s on %s (%s)", self.settings.model, self.device, settings.dtype)

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
        firsts = [self._as_read(prefix + (text if isinstance(text, str) else text[0])) for text in texts]
        seconds = None if isinstance(texts[0], str) else [self._as_read(text[1]) for text in texts]
        ids = self._tokenizer.ids(firsts, seconds, length)
        # What ran out of memory once is not made as large again.
        budget = self._memory.within(self._budget)
        is_cuda = self.device.startswith("cuda")
        return batches_of(ids, budget, self._model.tokenizer.pad_token_id, is_cuda, **self._prompt_length(prefix))

    def embed(
        self, batches: Sequence[Batch], progress: Progress = no_progress
    ) -> Iterator[tuple[npt.NDArray[np.intp], Vectors]]:
        """The vectors of each batch, as (rows, float32 array of shape (len(rows), dimension)).

        The device works on the next batch while the caller has this one. `progress` is told how many texts a batch had.
        """
        previous = None
        for batch in batches:
            current = batch.rows, copied_back(self._forward(batch))
            if previous is not None:
                yield previous[0], previous[1]()
                progress(len(previous[0]))
            previous = current
        if previous is not None:
            yield previous[0], previous[1]()
            progress(len(previous[0]))

    def begin(self, batches: Sequence[Batch], progress: Progress = no_progress) -> Callable[[], Vectors]:
        """Begin to embed all batches of some texts.

        Returns
        -------
        callable
            Waits for the device and gives the vectors: float32, shape (texts, dimension). Called once.
        """
        rows = _rows(batches)
        vectors = self._room(len(rows))
        for places, values in self._with_places(batches, rows[None], progress):
            vectors.index_copy_(0, places[0], values)
        return copied_back(vectors)

    def begin_sums(
        self, batches: Sequence[Batch], places: npt.NDArray[np.int64], rows: int, progress: Progress = no_progress
    ) -> Callable[[], Vectors]:
        """Begin to embed all batches of some texts and to add their vectors up, in the order of the batches.

        Parameters
        ----------
        batches : sequence of Batch
        places : int64 array of shape (sums, texts)
            To which row of each sum a text belongs.
        rows : int
            Of each sum.
        progress : callable

        Returns
        -------
        callable
            Waits for the device and gives the sums: float32, shape (sums, rows, dimension). Called once.
        """
        totals = self._room(len(places), rows)
        for of_batch, values in self._with_places(batches, places[:, _rows(batches)], progress):
            for total, own in zip(totals, of_batch, strict=True):
                add_rows(total, own, values)
        return copied_back(totals)

    def _with_places(
        self, batches: Sequence[Batch], places: npt.NDArray[np.int64], progress: Progress
    ) -> Iterator[tuple[Any, Any]]:
        """Places, given in the order of the batches' texts, and vectors of each batch; both on the device."""
        there = on_device(np.ascontiguousarray(places), self.device)
        at = 0
        for batch in batches:
            count = len(batch.rows)
            yield there[:, at : at + count], self._forward(batch)
            at += count
            progress(count)

    def _room(self, *shape: int) -> Any:
        """Zeros on the device, a vector for each of `shape`."""
        import torch

        try:
            return torch.zeros((*shape, self.dimension), device=self.device)
        except Exception as error:
            if not out_of_memory(error):
                raise
            raise XqgError(
                f"out of memory on {self.device}: {' x '.join(map(str, shape))} vectors of {self.dimension} dimensions "
                "are added up there; give a smaller --part-size, or another --device"
            ) from error

    def encode(self, texts: Sequence[str | tuple[str, str]], kind: Kind, progress: Progress = no_progress) -> Vectors:
        """The vectors of `texts`: float32, shape (len(texts), dimension); `progress` as in :meth:`embed`."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for rows, values in self.embed(self.tokenize(texts, kind), progress):
            vectors[rows] = values
        return vectors

    def weights_bytes(self) -> int:
        """The memory that the model's weights take."""
        return sum(each.numel() * each.element_size() for each in self._model.parameters())

    def use_half_precision(self) -> None:
        """Compute in float16 from here on, as Pyserini's ``--fp16`` asks for."""
        if self.settings.dtype != "float16":
            # Read anew, as a model is that is asked for in it.
            del self._model  # its memory is the new one's
            self._load(replace(self.settings, dtype="float16"), "passage")

    def _as_read(self, text: str) -> str:
        if not (self.settings.nfc or self._told or is_composed(text)):
            self._told = True
            log.warning(
                "some texts are not in Unicode's composed form (macOS writes NFD, where NFC is usual). They go to the "
                "tokenizer as they stand, as the settings of this encoder or index say, and find less. Build it anew "
                "without --no-nfc and all texts are composed"
            )
        return self.settings.as_read(text)

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
        (ids,) = self._tokenizer.ids([self._as_read(prefix)], None, UNLIMITED)
        return {"prompt_length": len(ids) - 1}

    def _forward(self, batch: Batch) -> Any:
        import torch

        tokens = batch.features["input_ids"].shape[1]
        pieces = self._memory.run(
            lambda part: self._run(batch.part(part)),
            len(batch.rows),
            tokens,
            lambda _: (
                f"out of memory on one text of {tokens} tokens; give a smaller maximum length, --dtype bfloat16 or "
                "another --device"
            ),
            "texts",
        )
        return pieces[0] if len(pieces) == 1 else torch.cat(pieces)

    def _run(self, batch: Batch) -> Any:
        import torch

        features = {
            name: value.to(self.device, non_blocking=True) if isinstance(value, torch.Tensor) else value
            for name, value in batch.features.items()
        }
        with torch.inference_mode(), number_format(self.settings.dtype):
            vectors = self._model(features)["sentence_embedding"].float()[:, : self.dimension]
            if self._normalize is not None:
                vectors = self._normalize({"sentence_embedding": vectors})["sentence_embedding"]
            return vectors


def _rows(batches: Sequence[Batch]) -> npt.NDArray[np.intp]:
    """The places of the texts of all batches."""
    return np.concatenate([np.zeros(0, np.intp), *(batch.rows for batch in batches)])
