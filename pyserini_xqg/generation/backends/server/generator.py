"""OpenAI-compatible servers as query generators: vLLM, llama.cpp, Ollama or a hosted one.

The package openai repeats requests that failed, waits as long as it is told, and knows timeouts. Added here: how many
requests run at once, waits longer than it takes orders for, a halt before a limit is overrun, and what becomes of
answers that are none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import openai

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import UsageError, XqgError
from pyserini_xqg.generation.backends.base import Generator, Progress, derived_seed
from pyserini_xqg.generation.backends.server.address import address_of
from pyserini_xqg.generation.backends.server.parameters import RequestParameters
from pyserini_xqg.generation.backends.server.passage_text import TOKEN_BYTES, cut_text, half_text
from pyserini_xqg.generation.backends.server.rate_limits import RateLimits, wait_long
from pyserini_xqg.generation.backends.server.refusals import RESUME, Refusal, error_of, reason
from pyserini_xqg.generation.backends.server.unanswered import Unanswered
from pyserini_xqg.generation.prompts import instructions as prompts
from pyserini_xqg.generation.prompts.answers import questions_in

# Answers without text cost as much as others, and rarely have one at the next try.
TEXTLESS_RETRIES = 2
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
    key_variable : str or None
        The environment variable with the key. Unset or empty: no key, as local servers need none. None:
        ``OPENAI_API_KEY``, which is sent to OpenAI and to servers on this machine only.
    allow_http : bool
        Whether a key or password may go to another machine over plain http.
    instruction : str or None
        A prompt of one's own, see :func:`pyserini_xqg.generation.prompts.instructions.messages`.
    temperature, top_p : float or None
        None: left to the server.
    input_length : int or None
        The most tokens of a passage, a token taken as four bytes; None: all of it. A passage that the server finds too
        long is cut in any case.
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
        Settings that cannot be, or a key would go over plain http.
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
        key_variable: str | None = None,
        allow_http: bool = False,
        instruction: str | None = None,
        temperature: float | None = 0.8,
        top_p: float | None = None,
        input_length: int | None = None,
        output_length: int = 64,
        concurrency: int = 8,
        timeout: float = 60.0,
        retries: int = 5,
    ):
        if min(output_length, concurrency, input_length or 1) < 1 or retries < 0 or not timeout > 0:
            raise UsageError(
                f"input_length {input_length}, output_length {output_length}, concurrency {concurrency}, timeout "
                f"{timeout} (all above 0), retries "
                f"{retries} (at least 0): one of them cannot be"
            )
        self._address = address_of(url, key_variable, allow_http)
        self._url = self._address.url
        self._model, self._instruction = model, instruction
        self._input_length, self._output_length = input_length, output_length
        self._parameters = RequestParameters(
            {name: value for name, value in (("temperature", temperature), ("top_p", top_p)) if value is not None}
        )
        self._concurrency, self._timeout, self._retries = concurrency, timeout, retries
        self._limits = RateLimits()
        self._unanswered = Unanswered(self._url)
        self._texts: dict[str, str] = {}  # of passages that were too long, by id, as they were cut
        self.settings: dict[str, Any] = {
            "generator": "server",
            "url": self._url,
            "model": model,
            "prompt": prompts.prompt_identity(chat=True, instruction=instruction),
            "temperature": temperature,
            "top_p": top_p,
            "output_length": output_length,
        }
        if input_length is not None:
            self.settings["input_length"] = input_length

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
            auth=self._address.auth,
            timeout=self._timeout,
            # Passages and keys would go where nobody said.
            follow_redirects=False,
            event_hooks={"request": [self._limits.wait], "response": [self._limits.read, wait_long]},
        )
        async with openai.AsyncOpenAI(
            base_url=self._url,
            api_key=self._address.key or "none",
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
                self._unanswered.check()
                return [task.result() for task in tasks]
        raise failure

    async def _ask(self, client: openai.AsyncOpenAI, passage: Passage, language: str, n: int, seed: int) -> list[str]:
        text = self._texts.get(passage.id) or self._text(passage)
        room = n * self._output_length
        failed = textless = 0
        while True:
            chat: Any = prompts.messages(text, language, n, self._instruction)
            # 31 bits: not all servers take more.
            body = self._parameters.body(room, derived_seed(seed, passage.id, failed + textless) >> 33)
            answer = await self._answer(client, messages=chat, **body)
            if isinstance(answer, Refusal):
                if self._parameters.learn(body, answer, self._url):
                    continue
                if answer.is_overflow and (shorter := half_text(text)):
                    self._cut(passage, answer)
                    text = self._texts[passage.id] = shorter
                    continue
                if not answer.is_filtered:
                    if not answer.is_of_the_request:
                        raise error_of(answer, self._address, self._model)
                    self._unanswered.refused(passage.id, partial(error_of, answer, self._address, self._model))
                self._unanswered.left_out(passage.id, f"status {answer.status}, {answer.said}")
                return []
            if queries := _questions(answer, n):
                self._unanswered.answered()
                return queries
            said = self._address.hidden(str(getattr(answer, "choices", None) or answer))
            if getattr(answer, "choices", None) is None:
                failed += 1
                if failed > self._retries:
                    # Not one passage's trouble: going on would leave all the others without queries.
                    raise XqgError(
                        f"{self._url}: {failed} tries were answered with no chat completion ({said!r}); is it an "
                        f"OpenAI-compatible server, and the url right to the /v1? {RESUME}"
                    )
            else:
                textless += 1
                self._unanswered.textless(passage.id, said, room)
                if textless > min(self._retries, TEXTLESS_RETRIES):
                    self._unanswered.left_out(passage.id, said, room)
                    return []
            await asyncio.sleep(min(0.25 * 2 ** (failed + textless), 8.0))

    def _text(self, passage: Passage) -> str:
        text = prompts.passage_in_prompt(passage)
        return text if self._input_length is None else cut_text(text, self._input_length * TOKEN_BYTES)

    def _cut(self, passage: Passage, refusal: Refusal) -> None:
        if not self._texts:
            log.warning(
                "%s: passage %s is too long for it (%s), and is cut in half until it is not; others are cut without "
                "further notice. --input-length cuts them before",
                self._url,
                passage.id,
                refusal.said,
            )

    async def _answer(self, client: openai.AsyncOpenAI, **request: Any) -> Any:
        """What the server made of a request, whatever it is, or a refusal; its failures as errors of this package."""
        try:
            return await client.chat.completions.create(model=self._model, **request)
        except openai.APIStatusError as error:
            # Not as the cause: what the server sent may have the key in it.
            refusal = Refusal.of(error)
            refusal = replace(refusal, said=self._address.hidden(refusal.said))
        except openai.APIConnectionError as error:
            found = self._address.hidden(reason(error, self._timeout))
            raise XqgError(f"{self._url}: {found}; tried {self._retries + 1} times. {RESUME}") from None
        except (ValueError, openai.APIResponseValidationError) as error:
            return f"no JSON: {error}"
        if refusal.status in (408, 409, 429) or (refusal.status >= 500 and not refusal.is_overflow):
            raise XqgError(
                f"{self._url}: status {refusal.status}, {refusal.said}; tried {self._retries + 1} times. {RESUME}"
            )
        return refusal


def _questions(answer: Any, n: int) -> list[str]:
    choices = getattr(answer, "choices", None)
    if not isinstance(choices, list):
        return []
    for choice in choices:
        text = getattr(getattr(choice, "message", None), "content", None)
        if isinstance(text, str):
            # The room was used up in the middle of a question.
            return questions_in(text, n, cut=getattr(choice, "finish_reason", None) == "length")
    return []


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    # In a notebook a loop runs already, and a thread has one only.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
