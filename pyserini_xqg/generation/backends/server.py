"""OpenAI-compatible servers as query generators: vLLM, llama.cpp, Ollama or a hosted one.

The package openai repeats requests that failed, waits as long as it is told, and knows timeouts. Added here: how many
requests run at once, waits longer than it takes orders for, a halt before a limit is overrun, and what becomes of
answers that are none.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, NoReturn, TypeVar

import httpx
import openai

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import MissingInput, MissingPrerequisite, UsageError, XqgError
from pyserini_xqg.generation.backends._rate_limits import RateLimits, wait_long
from pyserini_xqg.generation.backends.base import Generator, Progress, derived_seed
from pyserini_xqg.generation.prompts import instructions as prompts

# Of what a server said, in an error message.
SAID = 300
RESUME = "the same command goes on where it stopped"
T = TypeVar("T")

log = logging.getLogger("pyserini_xqg")


class ServerGenerator(Generator):
    """Asks a server, one request a passage, for a list of questions.

    Parameters
    ----------
    url : str
        Up to and with the version: ``http://localhost:8000/v1``. ``user:password@`` is sent as basic authentication.
    model : str
        As the server names it.
    key_variable : str
        The environment variable with the key. Unset or empty: no key, as local servers need none.
    instruction : str or None
        A prompt of one's own, see :func:`pyserini_xqg.generation.prompts.instructions.messages`.
    temperature, top_p : float or None
        None: left to the server.
    output_length : int
        The most tokens of a question; a request allows for all of them together.
    concurrency : int
        Requests at once.
    timeout : float
        Seconds without a sign from the server until a request counts as failed.
    retries : int
        How often a failed request is made again.

    Raises
    ------
    UsageError
        Settings that cannot be.
    MissingPrerequisite
        What the variable holds is no key.
    """

    languages: frozenset[str] | None = None
    samples = True
    reproducible = False
    least_script = 0.5

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key_variable: str = "OPENAI_API_KEY",
        instruction: str | None = None,
        temperature: float | None = 0.8,
        top_p: float | None = None,
        output_length: int = 64,
        concurrency: int = 8,
        timeout: float = 60.0,
        retries: int = 5,
    ):
        if min(output_length, concurrency) < 1 or retries < 0 or not timeout > 0:
            raise UsageError(
                f"output_length {output_length}, concurrency {concurrency}, timeout {timeout} (all above 0), retries "
                f"{retries} (at least 0): one of them cannot be"
            )
        self._url, self._auth = _split_url(url)
        self._key_variable, self._key = key_variable, os.environ.get(key_variable, "").strip()
        # No header holds such a key, and the error that says so would show it.
        if not all("!" <= character <= "~" for character in self._key):
            raise MissingPrerequisite(
                f"the environment variable {key_variable} holds no key: it has blanks or characters beyond ASCII"
            )
        self._model, self._instruction, self._output_length = model, instruction, output_length
        self._sampling: dict[str, Any] = {
            name: value for name, value in (("temperature", temperature), ("top_p", top_p)) if value is not None
        }
        self._concurrency, self._timeout, self._retries = concurrency, timeout, retries
        self._limits = RateLimits()
        self._told = False
        self.settings: dict[str, Any] = {
            "generator": "server",
            "url": self._url,
            "model": model,
            "prompt": prompts.prompt_identity(chat=True, instruction=instruction),
            "temperature": temperature,
            "top_p": top_p,
            "output_length": output_length,
        }

    def generate(
        self, passages: Sequence[Passage], language: str, n: int, seed: int, progress: Progress
    ) -> list[list[str]]:
        """See :class:`pyserini_xqg.generation.Generator`.

        A passage for which the server has no text (it or its filter refused, or it used up its room before it came to
        an answer) gets no queries.

        Raises
        ------
        MissingPrerequisite
            The server does not take the key.
        MissingInput
            It has no such model, or is no such server.
        XqgError
            It could not be reached or failed, as often as it was asked.
        """
        return _run(self._generate(passages, language, n, seed, progress))

    async def _generate(
        self, passages: Sequence[Passage], language: str, n: int, seed: int, progress: Progress
    ) -> list[list[str]]:
        free = asyncio.Semaphore(self._concurrency)

        async def one(passage: Passage) -> list[str]:
            async with free:
                queries = await self._ask(client, passage, language, n, seed)
            progress(1)
            return queries

        http = openai.DefaultAsyncHttpxClient(
            auth=self._auth,
            timeout=self._timeout,
            event_hooks={"request": [self._limits.wait], "response": [self._limits.read, wait_long]},
        )
        async with openai.AsyncOpenAI(
            base_url=self._url,
            api_key=self._key or "none",
            max_retries=self._retries,
            timeout=self._timeout,
            http_client=http,
        ) as client:
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(one(passage)) for passage in passages]
            except BaseExceptionGroup as errors:
                failure = errors.exceptions[0]
            else:
                return [task.result() for task in tasks]
        raise failure

    async def _ask(self, client: openai.AsyncOpenAI, passage: Passage, language: str, n: int, seed: int) -> list[str]:
        chat: Any = prompts.messages(prompts.passage_in_prompt(passage), language, n, self._instruction)
        for attempt in range(self._retries + 1):
            if attempt:
                await asyncio.sleep(min(0.25 * 2**attempt, 8.0))
            answer = await self._answer(
                client,
                messages=chat,
                max_tokens=n * self._output_length,
                # 31 bits: not all servers take more.
                seed=derived_seed(seed, passage.id, attempt) >> 33,
            )
            if queries := _questions(answer):
                return queries[:n]
            if isinstance(answer, _Filtered):
                break  # it would be the next time as well
        if getattr(answer, "choices", None) is None:
            # Not one passage's trouble: going on would leave all the others without queries.
            raise XqgError(
                f"{self._url}: {self._retries + 1} tries were answered with no chat completion "
                f"({self._hidden(str(answer))!r}); is it an OpenAI-compatible server, and the url right "
                f"to the /v1? {RESUME}"
            )
        if not self._told:
            self._told = True
            log.warning(
                "%s has no usable answer for passage %s (%s); such passages get no queries, and no more is said of "
                "them",
                self._url,
                passage.id,
                self._hidden(str(answer.choices)),
            )
        return []

    async def _answer(self, client: openai.AsyncOpenAI, **request: Any) -> Any:
        """What the server made of a request, whatever it is; its failures as errors of this package."""
        try:
            return await client.chat.completions.create(model=self._model, **self._sampling, **request)
        except openai.APIStatusError as error:
            # Not as the cause: what the server sent may have the key in it.
            status, said = error.status_code, self._hidden(_said(error))
            if error.code == "content_filter":
                return _Filtered(choices=[f"status {status}, {said}"])
        except openai.APIConnectionError as error:
            status, said = None, self._hidden(_reason(error, self._timeout))
        except (ValueError, openai.APIResponseValidationError) as error:
            return f"no JSON: {error}"
        if status is None or status in (408, 409, 429) or status >= 500:
            found = f"status {status}, {said}" if status else said
            raise XqgError(f"{self._url}: {found}; tried {self._retries + 1} times. {RESUME}")
        self._refused(status, said)

    def _refused(self, status: int, said: str) -> NoReturn:
        """The error for what no repetition makes better."""
        if status in (401, 403):
            found = "has a key that is not accepted" if self._key else "is not set"
            raise MissingPrerequisite(
                f"{self._url}: status {status}, {said}; the environment variable {self._key_variable} {found}: put the "
                f"key of this server there. {RESUME}"
            )
        if status == 404:
            raise MissingInput(
                f"{self._url}: status 404, {said}; expected: a model that the server has (asked for: {self._model}), "
                "and a url up to and with the version, such as http://localhost:8000/v1"
            )
        raise XqgError(f"{self._url}: the request was refused with status {status}, {said}. {RESUME}")

    def _hidden(self, text: str) -> str:
        """`text`, shortened, with no secret in it."""
        for secret in filter(None, (self._key, self._auth[1] if self._auth else "")):
            text = text.replace(secret, "***")
        text = " ".join(text.split())
        return text if len(text) <= SAID else f"{text[:SAID]}..."


def _split_url(url: str) -> tuple[str, tuple[str, str] | None]:
    """The url without what it says of the user, and that."""
    expected = "expected: http:// or https://, a host and a path, such as http://localhost:8000/v1"
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UsageError(f"the url of the server cannot be read ({error}); {expected}") from None
    bare = parsed.copy_with(userinfo=b"")
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.query or parsed.fragment:
        shown = str(bare.copy_with(query=None, fragment=None)) if parsed.host else parsed.scheme or "no scheme"
        raise UsageError(f"the url of the server is {shown}; {expected}, with no ? or #")
    return str(bare).rstrip("/"), (parsed.username, parsed.password) if parsed.userinfo else None


class _Filtered(SimpleNamespace):
    """In place of an answer, where the server does not let a passage through to its model."""


def _questions(answer: Any) -> list[str]:
    choices = getattr(answer, "choices", None)
    if not isinstance(choices, list):
        return []
    for choice in choices:
        text = getattr(getattr(choice, "message", None), "content", None)
        if isinstance(text, str):
            # The room was used up in the middle of a question.
            cut = getattr(choice, "finish_reason", None) == "length"
            return prompts.questions_in(text.rpartition("\n")[0] if cut else text)
    return []


def _said(error: openai.APIStatusError) -> str:
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error", body)
        body = inner.get("message", inner) if isinstance(inner, dict) else inner
    return str(body) if body else error.response.reason_phrase or "no explanation"


def _reason(error: openai.APIConnectionError, timeout: float) -> str:
    if isinstance(error, openai.APITimeoutError):
        return f"no answer within {timeout:g} seconds"
    cause = error.__cause__
    return f"no connection ({str(cause) or type(cause).__name__})"


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    # In a notebook a loop runs already, and a thread has one only.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
