"""Encoders as Pyserini calls them: two classes, which import nothing of it or of torch before a model is opened."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pyserini_xqg.collection.passages import passage_text

if TYPE_CHECKING:
    from pathlib import Path

    from pyserini_xqg.encoding.encoder import TextEncoder, Vectors

log = logging.getLogger("pyserini_xqg")


class XqgDocumentEncoder:
    """A document encoder as ``pyserini.encode`` calls it.

    With ``--fields title text query`` the records' own queries (field ``query``: one a line) are added to the passage
    vectors by the formula, as ``xqg index`` does it.

    Parameters
    ----------
    model_name : str or Path
        A folder made by ``xqg encoder`` or ``xqg index``, whose settings are used; or a model, with the settings that
        :class:`~pyserini_xqg.encoding.EncoderSettings` describes and alpha 0.01.
    device : str or None
        A torch device; None takes the best there is.
    """

    def __init__(self, model_name: str | Path, device: str | None = None, **_: Any):
        from pyserini_xqg.indexing.query_mean import read_direction
        from pyserini_xqg.indexing.settings import read_augmentation

        self._encoder = _open(model_name, device, side="passage")
        self._augmentation, self._direction = read_augmentation(model_name), read_direction(model_name)

    def encode(
        self,
        texts: Sequence[str | None],
        titles: Sequence[str | None] | None = None,
        max_length: int | None = None,
        fp16: bool = False,
        add_sep: bool = False,
        querys: Sequence[str | None] | None = None,
        **_: Any,
    ) -> Vectors:
        """The vectors of a batch of passages: float32, shape (len(texts), dimension).

        Parameters
        ----------
        texts, titles : sequences of str or None
            Joined by a blank, or by the tokenizer's separator with `add_sep`.
        max_length : ignored
            Pyserini always passes one; the length that the encoder's settings name is used, so that passages and
            queries agree.
        fp16 : bool
            Compute in float16 from here on.
        querys : sequence of str or None, optional
            The passages' queries, one a line. (Pyserini makes the argument's name from the field's.) All of them count:
            :func:`~pyserini_xqg.plugin.records.write_records` chooses languages and how many.

        Raises
        ------
        UsageError
            There are queries, and the folder's augmentation needs more than them: languages, a number of queries for
            each, a control.
        """
        if fp16:
            self._encoder.use_half_precision()
        if querys is None:
            return self._encoder.encode(_join(texts, titles, add_sep), "passage")
        from pyserini_xqg.indexing.formula import augment, finish
        from pyserini_xqg.plugin.encoder_folder import check_stock_can

        check_stock_can(self._augmentation, self._direction is not None)
        passages = self._encoder.encode(_join(texts, titles, add_sep), "passage")
        own = [(row, query) for row, joined in enumerate(querys) for query in _lines(joined)]
        sums = np.zeros_like(passages)
        rows = [row for row, _ in own]
        np.add.at(sums, rows, self._encoder.encode([query for _, query in own], "query"))
        counts = np.bincount(rows, minlength=len(passages)) if rows else np.zeros(len(passages), dtype=np.int64)
        return finish(augment(passages, sums, counts, self._augmentation), self._augmentation, self._direction)


class XqgQueryEncoder:
    """A query encoder as ``pyserini.search.faiss`` and ``FaissSearcher`` call it.

    Parameters
    ----------
    encoder_dir : str or Path
        An index or encoder folder of ours, whose settings are used; or a model.
    device : str or None
        A torch device; None takes the best there is.
    prefix : str or None
        Put before the query instead of the prefix of the settings.
    fp16 : bool
        Compute in float16.
    """

    def __init__(
        self,
        encoder_dir: str | Path,
        device: str | None = None,
        prefix: str | None = None,
        fp16: bool = False,
        **_: Any,
    ):
        self._encoder = _open(encoder_dir, device, side="query", query_prefix=prefix)
        if fp16:
            self._encoder.use_half_precision()

    def encode(self, query: str, **_: Any) -> Vectors:
        """The vector of one query: float32, shape (dimension,)."""
        vector: Vectors = self.encode_batch([query])[0]
        return vector

    def encode_batch(self, queries: Sequence[str], **_: Any) -> Vectors:
        """The vectors of queries: float32, shape (len(queries), dimension)."""
        return self._encoder.encode(list(queries), "query")


def _join(
    texts: Sequence[str | None], titles: Sequence[str | None] | None, add_sep: bool
) -> list[str] | list[tuple[str, str]]:
    if titles is None:
        return [text or "" for text in texts]
    if add_sep:
        return [(title or "", text or "") for title, text in zip(titles, texts, strict=True)]
    return [passage_text(title, text) for title, text in zip(titles, texts, strict=True)]


def _lines(joined: str | None) -> list[str]:
    return [line for line in (joined or "").split("\n") if line.strip()]


def _open(name: str | Path, device: str | None, side: Any, query_prefix: str | None = None) -> TextEncoder:
    from pyserini_xqg.encoding.encoder import TextEncoder
    from pyserini_xqg.encoding.folder import read_encoder

    encoder = read_encoder(name, side).of_side(side)
    if query_prefix is not None:
        encoder = replace(encoder, query_prefix=query_prefix)
    return TextEncoder(encoder, device, side)
