from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import MissingInput, MissingPrerequisite, UsageError, XqgError
from pyserini_xqg.generation.backends import server as module
from pyserini_xqg.generation.backends.server import ServerGenerator

KEY = "sk-very-secret-0123456789"
PASSAGES = [Passage(f"d{number}", f"Bridge {number} crosses the river.") for number in range(12)]


class Server(ThreadingHTTPServer):
    """Answers in a way that `script` says, by the number of the request; keeps what it saw."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: Callable[[int, Handler], None] = lambda _, handler: handler.complete()
        self.seen: list[tuple[float, str, dict[str, str], dict[str, Any]]] = []
        self.busy = self.most_busy = 0
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [request for _, _, _, request in self.seen]


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.lock:
            number = len(self.server.seen)
            self.server.seen.append((time.monotonic(), self.path, dict(self.headers), body))
            self.server.busy += 1
            self.server.most_busy = max(self.server.most_busy, self.server.busy)
        try:
            self.server.script(number, self)
        finally:
            with self.server.lock:
                self.server.busy -= 1

    def complete(
        self,
        content: str | None = "1. Кто?\n2. Где?\n3. Когда?",
        reason: str = "stop",
        headers: dict[str, str] | None = None,
    ) -> None:
        message = {"role": "assistant", "content": content}
        choice = {"index": 0, "message": message, "finish_reason": reason}
        body = {"id": "1", "object": "chat.completion", "created": 1, "model": "tiny", "choices": [choice]}
        self.reply(200, body, **headers or {})

    def reply(self, status: int, body: Any, kind: str = "application/json", **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def running_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """With nothing in the environment that would have requests go elsewhere."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with running_server(monkeypatch) as running:
        yield running


def ask(server: Server, passages: list[Passage] = PASSAGES[:1], n: int = 3, **options: Any) -> list[list[str]]:
    generator = ServerGenerator(server.url, "tiny", **options)
    return generator.generate(passages, "ru", n, 7, lambda _: None)


def fail_first(times: int, fault: Callable[[Handler], None]) -> Callable[[int, Handler], None]:
    return lambda number, handler: fault(handler) if number < times else handler.complete()


def test_every_passage_gets_its_own_questions_in_order(server: Server) -> None:
    def echo(_: int, handler: Handler) -> None:
        text = handler.server.seen[-1][3]["messages"][0]["content"]
        for passage in PASSAGES:
            if passage.text in text:
                handler.complete(f"Where is bridge {passage.id}?\nWhat does {passage.id} cross?")

    # One after the other, so that the last request seen is the one being answered.
    server.script = echo
    progress: list[int] = []
    generator = ServerGenerator(server.url, "tiny", concurrency=1)
    queries = generator.generate(PASSAGES, "ru", 2, 7, progress.append)
    assert queries == [[f"Where is bridge {p.id}?", f"What does {p.id} cross?"] for p in PASSAGES]
    assert sum(progress) == len(PASSAGES)


def test_the_request_says_what_the_settings_say(server: Server) -> None:
    ask(server, temperature=0.3, top_p=0.9, output_length=20, n=3)
    ask(server, temperature=None, instruction="Ask {n} in {language} of {passage}!")
    _, path, _, request = server.seen[0]
    assert path == "/v1/chat/completions"
    assert (request["model"], request["temperature"], request["top_p"]) == ("tiny", 0.3, 0.9)
    assert request["max_tokens"] == 60
    assert "in Russian" in request["messages"][0]["content"] and PASSAGES[0].text in request["messages"][0]["content"]
    other = server.requests[1]
    assert other["messages"] == [{"role": "user", "content": f"Ask 3 in Russian of {PASSAGES[0].text}!"}]
    assert "temperature" not in other and "top_p" not in other


def test_the_seed_depends_on_the_run_and_on_the_passage_alone(server: Server) -> None:
    generator = ServerGenerator(server.url, "tiny", concurrency=1)
    for passages, seed in ((PASSAGES[:2], 7), (PASSAGES[1::-1], 7), (PASSAGES[:1], 8)):
        generator.generate(passages, "ru", 1, seed, lambda _: None)
    first, second, second_again, first_again, other = [request["seed"] for request in server.requests]
    assert (first, second) == (first_again, second_again)
    assert len({first, second, other}) == 3
    assert all(0 <= seed < 2**31 for seed in (first, second, other))


def test_no_more_requests_run_at_once_than_asked_for(server: Server) -> None:
    def slow(_: int, handler: Handler) -> None:
        time.sleep(0.1)
        handler.complete()

    server.script = slow
    ask(server, PASSAGES, concurrency=3)
    assert len(server.seen) == len(PASSAGES)
    assert server.most_busy == 3


def test_no_more_questions_come_back_than_asked_for(server: Server) -> None:
    assert ask(server, n=2) == [["Кто?", "Где?"]]


def test_a_question_that_was_cut_is_left_out(server: Server) -> None:
    server.script = lambda _, handler: handler.complete("Кто?\nГде нах", "length")
    assert ask(server) == [["Кто?"]]


@pytest.mark.slow
def test_errors_of_the_server_are_tried_again(server: Server) -> None:
    server.script = fail_first(2, lambda handler: handler.reply(500, {"error": {"message": "overloaded"}}))
    assert ask(server) == [["Кто?", "Где?", "Когда?"]]
    assert len(server.seen) == 3


def test_a_server_that_stays_broken_ends_the_run_with_what_it_said(server: Server) -> None:
    server.script = lambda _, handler: handler.reply(503, {"error": {"message": "no  GPU\nleft " + "x" * 1000}})
    with pytest.raises(
        XqgError, match=r"status 503, no GPU left x+\.\.\.; tried 2 times.*goes on where it stopped"
    ) as error:
        ask(server, retries=1)
    assert server.url in str(error.value) and len(str(error.value)) < 600
    assert error.value.exit_code == 6
    assert len(server.seen) == 2


@pytest.mark.slow
def test_a_busy_server_is_waited_for_as_long_as_it_says(server: Server) -> None:
    server.script = fail_first(1, lambda handler: handler.reply(429, {"error": "slow down"}, retry_after="1"))
    assert ask(server) == [["Кто?", "Где?", "Когда?"]]
    (first, *_), (second, *_) = server.seen
    assert 1.0 <= second - first < 3


def test_a_wait_longer_than_openai_takes_orders_for_is_waited_for(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    slept: list[float] = []
    sleep = asyncio.sleep

    async def short(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr(module.asyncio, "sleep", short)
    server.script = fail_first(1, lambda handler: handler.reply(429, {"error": "slow down"}, retry_after="90"))
    assert ask(server) == [["Кто?", "Где?", "Когда?"]]
    assert 90.0 in slept
    assert "asks to wait 90 seconds" in caplog.text


def test_a_wait_that_is_too_long_is_not_waited_for(server: Server) -> None:
    server.script = lambda _, handler: handler.reply(429, {"error": {"message": "tomorrow"}}, retry_after="86400")
    start = time.monotonic()
    with pytest.raises(XqgError, match="status 429, tomorrow; tried 2 times"):
        ask(server, retries=1)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    ("reset", "seconds"), [("1s", 1.0), ("300ms", 0.3), ("0m0.5s", 0.5), ("0.6", 0.6), ("1", 1.0), ("0s", 0.0)]
)
@pytest.mark.parametrize("limit", ["requests", "tokens"])
@pytest.mark.slow
def test_no_request_is_made_while_the_server_has_none_left(
    server: Server, limit: str, reset: str, seconds: float
) -> None:
    free_at, early = [0.0], []

    def script(number: int, handler: Handler) -> None:
        arrived = handler.server.seen[number][0]
        if arrived < free_at[0]:
            early.append(number)
        left = 0 if number == 0 else 3
        if left == 0:
            free_at[0] = time.monotonic() + seconds
        handler.complete(headers={f"x-ratelimit-remaining-{limit}": str(left), f"x-ratelimit-reset-{limit}": reset})

    server.script = script
    generator = ServerGenerator(server.url, "tiny", concurrency=1)
    start = time.monotonic()
    # What was said stands for the next call, too.
    generator.generate(PASSAGES[:1], "ru", 3, 7, lambda _: None)
    assert generator.generate(PASSAGES[1:4], "ru", 3, 7, lambda _: None) == [["Кто?", "Где?", "Когда?"]] * 3
    assert (len(server.seen), early) == (4, [])
    assert seconds <= time.monotonic() - start < seconds + 1


@pytest.mark.slow
def test_all_requests_that_run_at_once_wait(server: Server) -> None:
    free_at, early = [0.0], []

    def script(number: int, handler: Handler) -> None:
        if handler.server.seen[number][0] < free_at[0] and number > 2:
            early.append(number)
        headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1ms"}
        if number in (0, 6):
            free_at[0] = time.monotonic() + 0.5
            headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "500ms"}
        else:
            time.sleep(0.3)  # these are under way when the limit is said, and say otherwise
        handler.complete(headers=headers)

    server.script = script
    assert ask(server, PASSAGES, concurrency=3) == [["Кто?", "Где?", "Когда?"]] * 12
    # Those that were under way already, when the second limit was reached, are not early.
    assert set(early) <= {7, 8}
    assert server.seen[3][0] - server.seen[0][0] >= 0.5


@pytest.mark.parametrize(
    ("remaining", "reset"),
    [("1", "5s"), ("0", "24h0m0s"), ("0", "1700000000"), ("0", "soon"), ("0", "5sec"), ("0", ""), ("0", "nan")],
)
def test_nothing_is_waited_for_that_is_no_limit_or_too_far(server: Server, remaining: str, reset: str) -> None:
    server.script = lambda _, handler: handler.complete(
        headers={"x-ratelimit-remaining-requests": remaining, "x-ratelimit-reset-requests": reset}
    )
    start = time.monotonic()
    ask(server, PASSAGES[:3], concurrency=1)
    assert time.monotonic() - start < 2


def cut(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.close_connection = True


def test_a_cut_connection_is_tried_again(server: Server) -> None:
    server.script = fail_first(1, cut)
    assert ask(server) == [["Кто?", "Где?", "Когда?"]]
    assert len(server.seen) == 2


def test_connections_that_are_always_cut_end_the_run(server: Server) -> None:
    server.script = lambda _, handler: cut(handler)
    with pytest.raises(XqgError, match=r"no connection \(.+\); tried 2 times"):
        ask(server, retries=1)
    assert len(server.seen) == 2


def test_nobody_at_the_address_ends_the_run(server: Server) -> None:
    generator = ServerGenerator("http://127.0.0.1:9/v1", "tiny", retries=0)
    with pytest.raises(XqgError, match=r"http://127.0.0.1:9/v1: no connection .*tried 1 times"):
        generator.generate(PASSAGES, "ru", 3, 7, lambda _: None)


@pytest.mark.slow
def test_an_answer_that_takes_too_long_is_asked_for_again(server: Server) -> None:
    server.script = fail_first(1, lambda handler: time.sleep(1.5))
    assert ask(server, timeout=0.5) == [["Кто?", "Где?", "Когда?"]]
    assert len(server.seen) == 2


@pytest.mark.slow
def test_answers_that_always_take_too_long_end_the_run(server: Server) -> None:
    server.script = lambda _, handler: time.sleep(1.5)
    with pytest.raises(XqgError, match=r"no answer within 0.3 seconds; tried 2 times"):
        ask(server, timeout=0.3, retries=1)


GARBAGE: dict[str, Callable[[Handler], None]] = {
    "a page": lambda handler: handler.reply(200, b"<html>Sign in</html>", "text/html"),
    "broken JSON": lambda handler: handler.reply(200, b'{"choices": [{"mess'),
    "no choices": lambda handler: handler.reply(200, {"status": "ok"}),
    "null": lambda handler: handler.reply(200, None),
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_asked_for_again(server: Server, garbage: Callable[[Handler], None]) -> None:
    server.script = fail_first(1, garbage)
    assert ask(server, retries=1) == [["Кто?", "Где?", "Когда?"]]
    assert len(server.seen) == 2


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_a_server_that_only_talks_garbage_ends_the_run(server: Server, garbage: Callable[[Handler], None]) -> None:
    server.script = lambda _, handler: garbage(handler)
    with pytest.raises(XqgError, match=r"2 tries were answered with no chat completion \(.+\).*OpenAI-compatible"):
        ask(server, retries=1)


TEXTLESS: dict[str, Callable[[Handler], None]] = {
    "null content": lambda handler: handler.complete(None),
    "empty content": lambda handler: handler.complete(""),
    "thoughts only": lambda handler: handler.complete("<think>\nWhat do they want", "length"),
    "no choice": lambda handler: handler.reply(200, {"choices": []}),
    "no message": lambda handler: handler.reply(200, {"choices": [{"index": 0}]}),
}


@pytest.mark.parametrize("textless", TEXTLESS.values(), ids=TEXTLESS)
@pytest.mark.slow
def test_a_passage_without_an_answer_has_no_queries_and_the_log_says_so_once(
    server: Server, textless: Callable[[Handler], None], caplog: pytest.LogCaptureFixture
) -> None:
    def script(_: int, handler: Handler) -> None:
        text = handler.server.seen[-1][3]["messages"][0]["content"]
        textless(handler) if "Bridge 1 " in text or "Bridge 2 " in text else handler.complete()

    server.script = script
    queries = ask(server, PASSAGES[:4], retries=1, concurrency=1)
    assert [len(texts) for texts in queries] == [3, 0, 0, 3]
    assert len(server.seen) == 6
    # Another seed: the same request would end the same way.
    assert server.requests[1]["seed"] != server.requests[2]["seed"]
    assert caplog.text.count("no usable answer for passage d1") == 1
    assert "passage d2" not in caplog.text


def test_a_key_that_is_missing_is_said_at_once(server: Server) -> None:
    server.script = lambda _, handler: handler.reply(401, {"error": {"message": "who are you?"}})
    with pytest.raises(
        MissingPrerequisite, match=r"status 401, who are you\?; the environment variable OPENAI_API_KEY is not set"
    ):
        ask(server)
    assert len(server.seen) == 1


def test_a_model_that_is_missing_is_said_at_once(server: Server) -> None:
    server.script = lambda _, handler: handler.reply(404, {"error": {"message": "no model tiny"}})
    with pytest.raises(MissingInput, match=r"status 404, no model tiny; .*asked for: tiny.*/v1"):
        ask(server)
    assert len(server.seen) == 1


def test_what_the_server_refuses_is_said_at_once(server: Server) -> None:
    server.script = lambda _, handler: handler.reply(400, {"error": {"message": "max_tokens is too large"}})
    with pytest.raises(XqgError, match="refused with status 400, max_tokens is too large"):
        ask(server)
    assert len(server.seen) == 1


REFUSED_PARAMETERS = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    "Unsupported value: 'temperature' does not support 0.8 with this model. Only the default (1) is supported.",
)


@pytest.mark.parametrize("said", REFUSED_PARAMETERS)
def test_a_parameter_that_the_server_does_not_take_is_named(server: Server, said: str) -> None:
    error = {"message": said, "type": "invalid_request_error", "param": "x", "code": "unsupported_parameter"}
    server.script = lambda _, handler: handler.reply(400, {"error": error})
    with pytest.raises(XqgError) as caught:
        ask(server, PASSAGES)
    assert f"{server.url}: the request was refused with status 400, {said}" in str(caught.value)
    assert len(server.seen) <= 8  # those that were under way at once


def test_a_passage_that_the_servers_filter_refuses_has_no_queries_and_the_others_go_on(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = {
        "message": "The response was filtered due to the prompt triggering the content policy.",
        "code": "content_filter",
        "param": "prompt",
        "innererror": {"code": "ResponsibleAIPolicyViolation"},
    }

    def script(_: int, handler: Handler) -> None:
        text = handler.server.seen[-1][3]["messages"][0]["content"]
        filtered = "Bridge 1 " in text or "Bridge 2 " in text
        handler.reply(400, {"error": refusal}) if filtered else handler.complete()

    server.script = script
    queries = ask(server, PASSAGES[:4], concurrency=1)
    assert [len(texts) for texts in queries] == [3, 0, 0, 3]
    assert len(server.seen) == 4
    said = [line for line in caplog.text.splitlines() if "no usable answer" in line]
    assert len(said) == 1
    assert "for passage d1 " in said[0] and "status 400, The response was filtered" in said[0]


@pytest.mark.slow
def test_the_key_is_sent_and_is_told_to_nobody_else(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    faults = {
        1: lambda handler: handler.reply(500, {"error": {"message": f"bad key {KEY}"}}),
        2: lambda handler: handler.complete(f"<think>{KEY}"),
        3: lambda handler: handler.reply(401, {"error": {"message": f"bad key {KEY} " * 30}}),
    }
    server.script = lambda number, handler: faults.get(number, Handler.complete)(handler)
    generator = ServerGenerator(server.url, "tiny", key_variable="MY_KEY", retries=1)
    generator.generate(PASSAGES[:1], "ru", 3, 7, lambda _: None)
    with pytest.raises(
        MissingPrerequisite, match=r"bad key \*\*\*.*environment variable MY_KEY has a key that is not"
    ) as error:
        generator.generate(PASSAGES[:1], "ru", 3, 7, lambda _: None)
    assert [headers["Authorization"] for _, _, headers, _ in server.seen] == [f"Bearer {KEY}"] * 4
    seen = [caplog.text, str(error.value), json.dumps(generator.settings)]
    cause: BaseException | None = error.value
    while cause := cause.__cause__ or cause.__context__:
        seen.append(str(cause))
    assert len(seen[0]) > 1000
    assert not any(KEY[:12] in text for text in seen)


def test_what_can_be_no_key_is_refused_and_not_shown(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\nand more")
    with pytest.raises(MissingPrerequisite, match="variable OPENAI_API_KEY holds no key") as error:
        ask(server)
    assert KEY not in str(error.value)
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")
    ask(server)
    assert server.seen[0][2]["Authorization"] == f"Bearer {KEY}"


def test_a_server_that_echoes_the_key_as_garbage_does_not_get_it_shown(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server.script = lambda _, handler: handler.reply(200, f"{'x' * 290}{KEY}".encode(), "text/plain")
    with pytest.raises(XqgError, match="no chat completion") as error:
        ask(server, retries=0)
    assert KEY[:8] not in str(error.value)


def test_a_password_in_the_url_is_sent_and_not_kept(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    generator = ServerGenerator(server.url.replace("http://", "http://me:pass%20word@"), "tiny")
    generator.generate(PASSAGES[:1], "ru", 3, 7, lambda _: None)
    assert server.seen[0][2]["Authorization"] == "Basic bWU6cGFzcyB3b3Jk"
    assert generator.settings["url"] == server.url
    assert "word" not in caplog.text


def test_settings_hold_what_decides_on_the_queries_and_nothing_else(server: Server) -> None:
    plain = ServerGenerator(server.url, "tiny").settings
    same = ServerGenerator(server.url + "/", "tiny", concurrency=2, timeout=3, retries=1, key_variable="OTHER").settings
    assert plain == same
    assert json.loads(json.dumps(plain)) == plain
    assert plain["generator"] == "server" and plain["url"] == server.url
    for other in ({"temperature": 0.1}, {"top_p": 0.5}, {"output_length": 9}, {"instruction": "Ask!"}):
        assert ServerGenerator(server.url, "tiny", **other).settings != plain  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    ["localhost:8000/v1", "ftp://host/v1", "", "http://", "http://host/v1?key=secret", "http://host:port/v1", "/v1"],
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="url of the server") as error:
        ServerGenerator(url, "tiny")
    assert "secret" not in str(error.value)


def test_a_broken_url_with_a_password_does_not_get_it_shown() -> None:
    with pytest.raises(UsageError) as error:
        ServerGenerator("ftp://me:secret@host/v1", "tiny")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("option", [{"concurrency": 0}, {"timeout": 0}, {"retries": -1}, {"output_length": 0}])
def test_settings_that_cannot_be_are_refused(option: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=next(iter(option))):
        ServerGenerator("http://localhost/v1", "tiny", **option)  # type: ignore[arg-type]


def test_it_works_where_an_event_loop_runs_already(server: Server) -> None:
    async def notebook() -> list[list[str]]:
        return ask(server)

    assert asyncio.run(notebook()) == [["Кто?", "Где?", "Когда?"]]
