"""Encoder settings: everything that queries and passages have to agree on, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.errors import UsageError
from pyserini_xqg.storage.manifest import settings_from
from pyserini_xqg.storage.paths import keep_as_text

Kind = Literal["query", "passage"]
Pooling = Literal["cls", "mean", "last"]
Dtype = Literal["float32", "tf32", "bfloat16", "float16"]
POOLINGS: tuple[Pooling, ...] = ("cls", "mean", "last")
DTYPES: tuple[Dtype, ...] = ("float32", "tf32", "bfloat16", "float16")

PAPER_QUERY_LENGTH = 32
PAPER_PASSAGE_LENGTH = 128


@dataclass(frozen=True)
class QueryForm:
    """What is resolved on a query model of its own; the fields are those of :class:`EncoderSettings`."""

    revision: str | None
    pooling: Pooling | None
    l2_norm: bool | None
    query_prefix: str | None
    query_max_length: int | None


@dataclass(frozen=True)
class EncoderSettings:
    """A dual encoder.

    Fields left at None are read from the model where it is a sentence-transformers one (a folder or repository with a
    ``modules.json``); for any other model, and for lengths that such a one does not say, they take the values of the
    xQG paper's retriever (CLS vector, no normalisation, no prefixes, 32 and 128 tokens; the last token's vector where
    a model reads from left to right). :func:`pyserini_xqg.encoding.loading.load_model` fills them in, and only resolved
    settings are saved. Each of two models fills in its own.

    Parameters
    ----------
    model : str or Path
        A folder or Hugging Face id; encodes passages and their generated queries.
    query_model : str or Path or None
        Another model for the users' queries; a folder or Hugging Face id. None: `model` encodes them too (a tied
        encoder).
    revision : str or None
        Branch, tag or commit of `model`, from the hub.
    pooling : {"cls", "mean", "last"} or None
        How the vectors of a text's tokens become one. None in resolved settings means "by the model's own
        sentence-transformers modules"; a value replaces them, the normalisation aside.
    l2_norm : bool or None
        Give vectors unit length. None as for `pooling`.
    query_prefix : str or None
        Text put before every query as it stands, final blank included. As in ``"query: "``.
    passage_prefix : str or None
        Text put before every passage. As it stands, too.
    query_max_length : int or None
        Longest query in tokens, users' or generated; None: paper: 32. Special tokens are included.
    passage_max_length : int or None
        Longest passage in tokens; None: paper: 128. Special tokens are included.
    dtype : {"float32", "tf32", "bfloat16", "float16"}
        Number format of the computation. tf32: float32, whose matrices NVIDIA's GPUs of 2020 and later multiply rounded
        to 10 bits, and any other device as float32. Vectors are float32 always.
    nfc : bool
        Compose texts before the tokenizer reads them. In Unicode's NFC; False: as they stand, as stock Pyserini and
        folders made before this setting was there.
    query_form : QueryForm or None
        Of resolved settings: what the query model says. None: as the other fields say.
    """

    model: str | Path
    query_model: str | Path | None = None
    revision: str | None = None
    pooling: Pooling | None = None
    l2_norm: bool | None = None
    query_prefix: str | None = None
    passage_prefix: str | None = None
    query_max_length: int | None = None
    passage_max_length: int | None = None
    dtype: Dtype = "float32"
    nfc: bool = True
    query_form: QueryForm | None = None

    def __post_init__(self) -> None:
        keep_as_text(self, "model", "query_model")
        if self.pooling not in (None, *POOLINGS):
            raise UsageError(f"pooling is {self.pooling!r}: one of {', '.join(POOLINGS)} is expected")
        if self.dtype not in DTYPES:
            raise UsageError(f"dtype is {self.dtype!r}: one of {', '.join(DTYPES)} is expected")
        for name in ("query_max_length", "passage_max_length"):
            length = getattr(self, name)
            if length is not None and length < 3:
                raise UsageError(f"{name} is {length}: at least 3 tokens are expected (two are special)")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> EncoderSettings:
        """Settings from a manifest; one that does not name `nfc` is of vectors that were made without."""
        found = settings_from(cls, values, nfc=False)
        form = values.get("query_form")
        return replace(found, query_form=form and settings_from(QueryForm, form))

    def as_dict(self) -> dict[str, Any]:
        """Settings for a manifest: what :meth:`from_dict` takes.

        `nfc` is named where it is on, and what only two models have where there are two.
        """
        values = asdict(self)
        if not self.nfc:
            del values["nfc"]
        if self.query_form is None:
            del values["query_form"]
        return values

    def as_read(self, text: str) -> str:
        """`text` as the tokenizer gets it."""
        return composed(text) if self.nfc else text

    def of_side(self, side: Kind) -> EncoderSettings:
        """The settings of the one model that encodes a side: users' queries, or passages and generated queries."""
        if side == "passage" or self.query_model is None:
            return self
        form = {"revision": None} if self.query_form is None else asdict(self.query_form)
        return replace(self, model=self.query_model, query_model=None, query_form=None, **form)

    def changed(self, **values: Any) -> EncoderSettings:
        """With other values; those that both sides have, on both."""
        form = self.query_form
        if form is not None:
            form = replace(form, **{name: values[name] for name in asdict(form).keys() & values if name != "revision"})
        return replace(self, **values, query_form=form)

    def with_query_form(self, queries: EncoderSettings) -> EncoderSettings:
        """With what was resolved on the query model, the settings of that side."""
        form = {field.name: getattr(queries, field.name) for field in fields(QueryForm)}
        return replace(self, query_form=QueryForm(**form))
