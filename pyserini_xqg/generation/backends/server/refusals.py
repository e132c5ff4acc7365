"""Refusals of a server: what it said, and what of that is not for ever."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

import httpx
import openai

from pyserini_xqg.errors import MissingInput, MissingPrerequisite, XqgError
from pyserini_xqg.generation.backends.server.address import Address

# As vLLM, llama.cpp, Ollama, TGI, SGLang and hosted servers say that a prompt is too long.
_OVERFLOW = re.compile(
    r"context[ _-]?(?:length|size|window)|too many (?:input )?tokens"
    r"|(?:prompt|input|request) (?:is )?too (?:long|large)"
    r"|exceed\w*.{0,80}(?:token|context|length)|(?:token|length).{0,80}(?:exceed|must be <=)|longer than"
    r"|reduce the length",
    re.IGNORECASE | re.DOTALL,
)
_UNSUPPORTED = re.compile(
    r"unsupported|not support|unknown|unrecogni[sz]ed|unexpected|extra (?:inputs|fields)|extra_forbidden|not permitted"
    r"|not allowed|additional propert|invalid (?:parameter|argument|field)|no such (?:parameter|field)|deprecated"
    r"|only the default",
    re.IGNORECASE,
)
RESUME = "the same command goes on where it stopped"
_TOO_LARGE = 413
_NOT_OF_ONE_PASSAGE = (401, 403, 404, 408, 409, 429)


@dataclass(frozen=True)
class Refusal:
    """What a server said that did not answer.

    Attributes
    ----------
    status : int
        Of HTTP.
    said : str
    code, parameter : str
        What it names as the kind of error, and as the parameter that it is about; "" where it names none.
    location : str
        Where it redirects to, without a query; "" for none.
    """

    status: int
    said: str
    code: str = ""
    parameter: str = ""
    location: str = ""

    @classmethod
    def of(cls, error: openai.APIStatusError) -> Self:
        """From the error of openai."""
        found = error.response.headers.get("location", "") if error.response.is_redirect else ""
        return cls(error.status_code, _said(error), str(error.code or ""), str(error.param or ""), _place(found))

    @property
    def is_filtered(self) -> bool:
        """Whether the server does not let the passage through to its model."""
        return self.code == "content_filter"

    @property
    def is_overflow(self) -> bool:
        """Whether the passage is too long for it."""
        if self.status in _NOT_OF_ONE_PASSAGE or self.status < 400:
            return False
        return self.status == _TOO_LARGE or bool(_OVERFLOW.search(f"{self.code.replace('_', ' ')} {self.said}"))

    @property
    def is_of_the_request(self) -> bool:
        """Whether it can be due to what was sent, and not to who sent it or to the server."""
        return self.status in (400, _TOO_LARGE, 422)

    def parameter_among(self, names: list[str]) -> str | None:
        """Which of the parameters it does not take; None: none of them."""
        if not self.is_of_the_request or not _UNSUPPORTED.search(f"{self.code.replace('_', ' ')} {self.said}"):
            return None
        if self.parameter in names:
            return self.parameter
        places = {name: found.start() for name in names if (found := re.search(rf"\b{name}\b", self.said))}
        return min(places, key=lambda name: places[name], default=None)


def error_of(refusal: Refusal, address: Address, model: str) -> XqgError:
    """The error for what no repetition makes better."""
    start = f"{address.url}: status {refusal.status}, {refusal.said}"
    if refusal.location:
        return XqgError(
            f"{address.url}: status {refusal.status}, a redirect to {refusal.location}; redirects are not followed: "
            f"passages and keys go to the server that was named. If that one is right, name it with --url. {RESUME}"
        )
    if refusal.status in (401, 403):
        variable = address.key_variable
        if address.withheld:
            found = f"is not sent to this server unless --key-variable {variable} says so"
        else:
            found = "has a key that is not accepted" if address.key else "is not set"
        return MissingPrerequisite(
            f"{start}; the environment variable {variable} {found}: put the key of this server there. {RESUME}"
        )
    if refusal.status == 404:
        return MissingInput(
            f"{start}; expected: a model that the server has (asked for: {model}), and a url up to and with the "
            "version, such as http://localhost:8000/v1"
        )
    return XqgError(f"{address.url}: the request was refused with status {refusal.status}, {refusal.said}. {RESUME}")


def reason(error: openai.APIConnectionError, timeout: float) -> str:
    """Why there is no answer at all."""
    if isinstance(error, openai.APITimeoutError):
        return f"no answer within {timeout:g} seconds"
    cause = error.__cause__
    return f"no connection ({str(cause) or type(cause).__name__})"


def _said(error: openai.APIStatusError) -> str:
    body: Any = error.body
    if isinstance(body, dict):
        inner = body.get("error", body)
        body = inner.get("message", inner) if isinstance(inner, dict) else inner
    return str(body) if body else error.response.reason_phrase or "no explanation"


def _place(location: str) -> str:
    try:
        return str(httpx.URL(location).copy_with(userinfo=b"", query=None, fragment=None)) if location else ""
    except httpx.InvalidURL:
        return "a place that cannot be read"
