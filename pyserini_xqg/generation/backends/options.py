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
        The model: a folder or Hugging Face id, or its name on a server; None: for seq2seq the paper's mT5.
    revision : str or None
        Branch, tag or commit of a model from the hub.
    prompt : str or None
        For a seq2seq model, with {language}, {title}, {passage}; None: the paper's, and of a translation model the text
        alone.
    instruction : str or None
        Instruction for a language model, instead of the one that comes along.
    form : {"auto", "list", "samples"} or None
        Ask a language model for a list of questions, or for one at a time.
    top_k : int or None
        Draw each token from so many of the likeliest; None: 10; causal: 50.
    top_p : float or None
        On a server: draw from the likeliest tokens of this total probability.
    temperature : float or None
        Divides token scores before drawing; None: 1; causal, server: 0.8.
    greedy : bool
        Write one query, of the likeliest tokens, and draw nothing.
    input_length : int or None
        Longest passage in tokens; None: 256; causal: 512; server: all of it (a token taken as 4 bytes).
    output_length : int or None
        Longest query in tokens; None: 32; a translation model: 128; causal: 48; server: 64.
    sentences : bool
        Write one query from each of the first sentences of a passage: what translates is given these.
    passage_language : str or None
        Language of the passages, for translation models and --sentences; None: English.
    dtype : {"float32", "bfloat16", "float16", "int8"} or None
        Number format of the weights; None: float32.
    url : str or None
        Address of an OpenAI-compatible server, as http://localhost:8000/v1.
    key_variable : str or None
        Environment variable with the server's key; None: OPENAI_API_KEY, for OpenAI and this machine only.
    allow_http : bool
        Let a key or password go to another machine over plain http.
    concurrency : int or None
        Requests to the server at once; None: 8.
    timeout : float or None
        Seconds until a request is given up; None: 60.
    retries : int or None
        How often a failed request is sent again; None: 5.
    dictionaries : Path or None
        Folder of dictionaries in DICT format; None: /usr/share/dictd.
    terms : int or None
        Terms of the passage that each query adds to the one before; None: 4.
    questions : Path or None
        Folder of parallel questions, fi-en with fi.txt and en.txt, or several such; keywords are dressed as questions
        of these kinds. None: bare keywords.
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
    sentences: bool = field(default=False, metadata=MODEL)
    passage_language: str | None = field(default=None, metadata=MODEL)
    input_length: int | None = field(default=None, metadata=MODEL)
    output_length: int | None = field(default=None, metadata=MODEL)
    dtype: Literal["float32", "bfloat16", "float16", "int8"] | None = field(default=None, metadata=MODEL)
    url: str | None = field(default=None, metadata=SERVER)
    key_variable: str | None = field(default=None, metadata=SERVER)
    allow_http: bool = field(default=False, metadata=SERVER)
    concurrency: int | None = field(default=None, metadata=SERVER)
    timeout: float | None = field(default=None, metadata=SERVER)
    retries: int | None = field(default=None, metadata=SERVER)
    dictionaries: Path | None = field(default=None, metadata=LEXICON)
    terms: int | None = field(default=None, metadata=LEXICON)
    questions: Path | None = field(default=None, metadata=LEXICON)
