from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import MissingInput, MissingPrerequisite, UsageError, XqgError
from pyserini_xqg.generation.backends.server import generator as module
from pyserini_xqg.generation.backends.server.generator import ServerGenerator
from tests.fixtures.server import Handler, Server, running_server

KEY = "sk-very-secret-0123456789"
PASSAGES = [Passage(f"d{number}", f"Bridge {number} crosses the river.") for number in range(12)]


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


def refusing(names: dict[str, str], status: int = 400, **more: str) -> Callable[[int, Handler], None]:
    """Refuses requests with one of the parameters, with what is said of it."""

    def script(_: int, handler: Handler) -> None:
        request = handler.server.seen[-1][3]
        for name, said in names.items():
            if name in request:
                handler.reply(status, {"error": {"message": said, **more}})
                return
        handler.complete()

    return script


GPT5 = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
WARM = "Unsupported value: 'temperature' does not support 0.8 with this model. Only the default (1) value is supported."


def test_parameters_that_the_server_does_not_take_are_learned_and_told_once(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.script = refusing({"max_tokens": GPT5, "temperature": WARM, "seed": "Unknown parameter: 'seed'."})
    assert ask(server, PASSAGES[:4], concurrency=1) == [["Кто?", "Где?", "Когда?"]] * 4
    assert len(server.seen) == 3 + 4  # each is refused once
    assert set(server.requests[-1]) == {"model", "messages", "max_completion_tokens"}
    assert server.requests[-1]["max_completion_tokens"] == 3 * 64
    for name in ("max_tokens", "temperature", "seed"):
        assert caplog.text.count(f"takes no {name}, ") == 1


REFUSED_SEED = [
    (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}),
    (400, {"error": {"message": "x", "param": "seed", "code": "unsupported_parameter"}}),
    (400, {"error": "Unrecognized request argument supplied: seed"}),
    (422, {"message": "property 'seed' is unexpected"}),
]


@pytest.mark.parametrize(("status", "body"), REFUSED_SEED)
def test_the_parameter_is_found_however_a_server_names_it(server: Server, status: int, body: dict[str, Any]) -> None:
    def script(_: int, handler: Handler) -> None:
        handler.reply(status, body) if "seed" in handler.server.seen[-1][3] else handler.complete()

    server.script = script
    assert ask(server, PASSAGES, concurrency=8) == [["Кто?", "Где?", "Когда?"]] * 12
    assert "seed" not in server.requests[-1] and "max_tokens" in server.requests[-1]


def test_a_server_that_refuses_whatever_is_left_out_ends_the_run(server: Server) -> None:
    server.script = lambda _, handler: handler.reply(400, {"error": {"message": WARM, "param": "x"}})
    with pytest.raises(XqgError) as caught:
        ask(server, PASSAGES)
    assert f"{server.url}: the request was refused with status 400, {WARM}" in str(caught.value)
    assert len(server.seen) <= 8 + 8 + 3  # those that were under way at once, twice


def too_long(limit: int, body: Any, status: int = 400) -> Callable[[int, Handler], None]:
    def script(_: int, handler: Handler) -> None:
        size = len(handler.server.seen[-1][3]["messages"][0]["content"])
        handler.reply(status, body) if size > limit else handler.complete()

    return script


VLLM = "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens. Please reduce it."
OVERFLOWS = {
    "vLLM": (400, {"object": "error", "message": VLLM, "type": "BadRequestError", "code": 400}),
    "OpenAI": (400, {"error": {"message": "no", "code": "context_length_exceeded", "param": "messages"}}),
    "llama.cpp": (400, {"error": {"message": "the request exceeds the available context size, try increasing it"}}),
    "TGI": (422, {"error": "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 9000", "error_type": "x"}),
    "a proxy": (413, b"<html>Request Entity Too Large</html>"),
}


@pytest.mark.parametrize(("status", "body"), OVERFLOWS.values(), ids=OVERFLOWS)
def test_a_passage_over_the_servers_context_is_cut_and_the_others_are_not(
    server: Server, status: int, body: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server.script = too_long(2000, body, status)
    long = Passage("long", "The old bridge over the river. " * 300)
    generator = ServerGenerator(server.url, "tiny", concurrency=1)
    asked = [PASSAGES[0], long, PASSAGES[1]]
    assert generator.generate(asked, "ru", 3, 7, lambda _: None) == [["Кто?", "Где?", "Когда?"]] * 3
    sent = [request["messages"][0]["content"] for request in server.requests]
    assert PASSAGES[0].text in sent[0] and PASSAGES[1].text in sent[-1]
    assert sent[-2].endswith(("bridge", "The", "old", "over", "the", "river."))
    assert caplog.text.count("passage long is too long for it") == 1
    # What was learned of it stands.
    before = len(server.seen)
    generator.generate([long], "ru", 3, 8, lambda _: None)
    assert len(server.seen) == before + 1


def test_a_server_for_which_every_passage_is_too_long_ends_the_run(server: Server) -> None:
    server.script = lambda _, handler: handler.reply(400, {"error": {"message": VLLM}})
    with pytest.raises(XqgError, match="refused with status 400, This model's maximum context length"):
        ask(server, PASSAGES[:2])


def test_passages_are_cut_to_the_input_length(server: Server) -> None:
    ask(server, [Passage("a", "Bridges are old. " * 100), Passage("b", "川" * 100)], input_length=8, concurrency=1)
    first, second = (request["messages"][0]["content"].rpartition("Passage: ")[2] for request in server.requests)
    assert (first, second) == ("Bridges are old. Bridges are", "川" * 10)


def test_a_passage_that_is_refused_for_another_reason_is_left_out_where_others_are_answered(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    def script(_: int, handler: Handler) -> None:
        text = handler.server.seen[-1][3]["messages"][0]["content"]
        handler.reply(400, {"error": {"message": "bad token"}}) if "Bridge 1 " in text else handler.complete()

    server.script = script
    assert [len(texts) for texts in ask(server, PASSAGES[:4], concurrency=1)] == [3, 0, 3, 3]
    assert "no usable answer for passage d1 (status 400, bad token)" in caplog.text


def test_requests_that_are_refused_from_some_point_on_end_the_run(server: Server) -> None:
    server.script = lambda number, handler: (
        handler.reply(400, {"error": {"message": "no more"}}) if number > 1 else handler.complete()
    )
    with pytest.raises(XqgError, match="refused with status 400, no more"):
        ask(server, PASSAGES, concurrency=1)
    assert len(server.seen) == 2 + 4


@pytest.mark.parametrize("content", [None, "", "<think>The user wants", "[THINK]"])
def test_a_model_that_never_comes_to_an_answer_ends_the_run_early(
    server: Server, content: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    server.script = lambda _, handler: handler.complete(content, "length")
    with pytest.raises(
        XqgError, match=r"4 passages, and no answer has a question.*think before.*--output-length"
    ) as error:
        ask(server, PASSAGES)
    assert "a request has 192 tokens" in str(error.value)
    assert len(server.seen) <= 8 + 4


def test_a_redirect_is_refused_and_nothing_goes_there(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_server(monkeypatch) as other:
        place = f"http://me:secret@localhost:{other.server_address[1]}/v1/chat/completions?token=secret"
        server.script = lambda _, handler: handler.reply(307, b"", location=place)
        with pytest.raises(
            XqgError, match=r"a redirect to http://localhost:.*not followed.*name it with --url"
        ) as error:
            ask(server)
        assert other.seen == [] and len(server.seen) == 1
        assert "secret" not in str(error.value)


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
