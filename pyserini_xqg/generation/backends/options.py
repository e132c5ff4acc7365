"""Options of the generators, as a user names them: each generator takes its own, and says what it does not know."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

MODEL, SERVER, LEXICON = {"panel": "Model"}, {"panel": "Server"}, {"panel": "Lexicon"}


@dataclass(frozen=True, kw_only=True)
class GeneratorOptions:
    """What can be said of a generator. None, or left out: as the generator's class has it.

    Parameters
    ----------
    model : str or None
        A folder or Hugging Face id, on a server its name there; None: of seq2seq the paper's.
    revision : str or None
        Of a model from the hub.
    prompt : str or None
        Of seq2seq models, with {language}, {title}, {passage}.
    instruction : str or None
        Of language models, instead of the one that comes along.
    form : {"auto", "list", "samples"} or None
        Ask a language model for a list of questions, or for one at a time.
    top_k : int or None
        Draw from so many of the likeliest tokens; None: paper: 10.
    top_p : float or None
        Of a server.
    temperature : float or None
        Of the drawing.
    greedy : bool
        One query, of the likeliest tokens.
    input_length : int or None
        Tokens of the passage; None: paper: 256.
    output_length : int or None
        Tokens of a query; None: paper: 32.
    dtype : {"float32", "bfloat16", "float16", "int8"} or None
        Of the computation.
    url : str or None
        Of an OpenAI-compatible server: http://localhost:8000/v1.
    key_variable : str or None
        Environment variable with its key; None: OPENAI_API_KEY.
    concurrency : int or None
        Requests at once; None: 8.
    timeout : float or None
        Seconds for one request; None: 60.
    retries : int or None
        Of a request; None: 5.
    dictionaries : Path or None
        Folder of DICT dictionaries; None: /usr/share/dictd.
    terms : int or None
        Terms that each query adds to the one before; None: 4.
    """

    model: str | None = field(default=None, metadata=MODEL)
    revision: str | None = field(default=None, metadata=MODEL)
    prompt: str | None = field(default=None, metadata=MODEL)
    instruction: str | None = field(default=None, metadata=MODEL)
    form: Literal["auto", "list", "samples"] | None = field(default=None, metadata=MODEL)
    top_k: int | None = field(default=None, metadata=MODEL)
    top_p: float | None = field(default=None, metadata=MODEL)
    temperature: float | None = field(default=None, metadata=MODEL)
    greedy: bool = field(default=False, metadata=MODEL)
    input_length: int | None = field(default=None, metadata=MODEL)
    output_length: int | None = field(default=None, metadata=MODEL)
    dtype: Literal["float32", "bfloat16", "float16", "int8"] | None = field(default=None, metadata=MODEL)
    url: str | None = field(default=None, metadata=SERVER)
    key_variable: str | None = field(default=None, metadata=SERVER)
    concurrency: int | None = field(default=None, metadata=SERVER)
    timeout: float | None = field(default=None, metadata=SERVER)
    retries: int | None = field(default=None, metadata=SERVER)
    dictionaries: Path | None = field(default=None, metadata=LEXICON)
    terms: int | None = field(default=None, metadata=LEXICON)
