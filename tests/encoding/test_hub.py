from __future__ import annotations

import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from huggingface_hub import constants

from pyserini_xqg.encoding import hub
from pyserini_xqg.encoding.hub import hub_fault, opening, unavailable
from pyserini_xqg.errors import MissingInput
from tests.conftest import Run

CLOSED = "http://127.0.0.1:9"
COMMIT = "0123456789" * 4


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A hub that may be asked, that nothing is known of, and an empty cache."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    hub_fault.cache_clear()
    yield
    hub_fault.cache_clear()


@pytest.fixture
def status(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A hub that answers with the first of these."""
    codes: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(codes[0])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield codes
    server.shutdown()
    server.server_close()


def in_cache(model: Path, cache: Path, name: str) -> Path:
    """The files of a model as a download leaves them in the cache."""
    place = cache / f"models--{name.replace('/', '--')}"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(COMMIT)
    return Path(shutil.copytree(model, place / "snapshots" / COMMIT))


@pytest.mark.parametrize(("code", "reached"), [(200, True), (401, True), (404, True), (503, False)])
def test_any_answer_but_a_failure_of_the_server_will_do(status: list[int], code: int, reached: bool) -> None:
    status.append(code)
    fault = hub_fault()
    assert fault == (None if reached else f"{constants.ENDPOINT} cannot be reached (status 503)")


def test_a_model_of_a_hub_that_cannot_be_reached_says_what_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", CLOSED)
    with pytest.raises(MissingInput) as raised, opening("nobody/nothing", None, "an encoder"):
        raise AssertionError("nothing is to be opened")
    said = str(raised.value)
    assert said.startswith(f"model nobody/nothing: no such folder, none in the cache, and {CLOSED} cannot be reached (")
    for part in ("refused", "--generator lexicon", "extra demo", "hf download nobody/nothing", "HF_HOME"):
        assert part in said
    assert "\n" not in said


def test_the_hub_is_asked_once_and_again_after_it_was_missed(
    status: list[int], tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status.append(503)
    in_cache(tiny_model, tmp_path / "cache", "some/model")
    with opening("some/model", None, "an encoder"):
        assert constants.is_offline_mode()
    assert not constants.is_offline_mode()
    status[0] = 200
    with opening("some/model", "main", "an encoder"):
        assert constants.is_offline_mode()
    with pytest.raises(MissingInput, match="none in the cache"), opening("some/model", "v2", "an encoder"):
        pass
    with opening("some/model", "v2", "an encoder"):
        assert not constants.is_offline_mode()


def test_a_hub_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        fault = hub_fault()
    assert fault is not None
    assert "cannot be reached" in fault


def test_a_look_up_that_takes_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "_ask", lambda *_: time.sleep(3))
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 0.1)
    monkeypatch.setenv("HF_HUB_ETAG_TIMEOUT", "0.1")
    assert (
        hub_fault() == f"{constants.ENDPOINT} cannot be reached (no answer in 0.1 s; HF_HUB_ETAG_TIMEOUT gives it more)"
    )


def test_what_the_cache_holds_a_part_of_only_says_so(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    in_cache(tiny_model, tmp_path / "cache", "some/model")
    with (
        pytest.raises(MissingInput, match=r"cannot be loaded \(no weights\).*may not be asked.*hf download some/model"),
        opening("some/model", None, "an encoder"),
    ):
        raise OSError("no weights\nand more")


def test_paths_and_names_that_the_hub_cannot_have_are_no_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (str(tmp_path / "nowhere"), "./nowhere"):
        with pytest.raises(MissingInput, match="nowhere: no such folder"), opening(name, None, "an encoder"):
            pass
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(MissingInput, match="a/b/c: no such folder"), opening("a/b/c", None, "an encoder"):
        pass


def test_a_folder_needs_no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", CLOSED)
    with opening(str(tmp_path), None, "an encoder"):
        assert not constants.is_offline_mode()
    assert hub_fault.cache_info().misses == 0


# What opens models: encoders and bases of retrievers, generators and their bases, readers, teachers.
OPEN = """
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import MissingInput
from pyserini_xqg.generation.backends.causal import CausalGenerator
from pyserini_xqg.generation.backends.loading import open_config, open_model
from pyserini_xqg.generation.backends.seq2seq import Seq2SeqGenerator
from pyserini_xqg.generation.prompts.causal import trained_prompt
from pyserini_xqg.training.distillation.query_likelihood import open_query_likelihood
from pyserini_xqg.training.mining.answer_reader import AnswerReader
from pyserini_xqg.training.mining.recipes import mining_settings

def reader(name):
    AnswerReader(mining_settings({"recipe": "cora", "reader": name, "reader_output_length": 4}), "cpu")

def encoder(name):
    TextEncoder(EncoderSettings(name), "cpu")

def generator(name):
    Seq2SeqGenerator(model=name, device="cpu", input_length=40, output_length=6)

def teacher(name):
    open_query_likelihood(name)

def base(name):
    open_config(name, None)

def weights(name):
    open_model(name, None, "float32", "causal language")

for open_one in (encoder, generator, reader, CausalGenerator, trained_prompt, teacher, base, weights):
    try:
        open_one("nobody/nothing")
    except MissingInput as error:
        print(error)
encoder("some/encoder")
generator("some/generator")
reader("some/generator")
trained_prompt("some/generator")
"""


@pytest.mark.slow
@pytest.mark.parametrize("offline", ["0", "1"])
def test_whatever_opens_models_fails_at_once_or_takes_them_from_the_cache(
    offline: str, tiny_model: Path, tiny_mt5: Path, tmp_path: Path, run_python: Run
) -> None:
    in_cache(tiny_model, tmp_path / "hub", "some/encoder")
    in_cache(tiny_mt5, tmp_path / "hub", "some/generator")
    environment = {"HF_ENDPOINT": CLOSED, "HF_HUB_OFFLINE": offline, "HF_HUB_CACHE": str(tmp_path / "hub")}
    done = run_python("-c", OPEN, **environment)
    said = done.stdout.splitlines()
    why = "the hub may not be asked (HF_HUB_OFFLINE)" if offline == "1" else f"{CLOSED} cannot be reached"
    assert len(said) == 8
    assert all(f"model nobody/nothing: no such folder, none in the cache, and {why}" in line for line in said)
    assert "Retrying" not in done.stderr
    assert "thrown while requesting" not in done.stderr


def test_nothing_opens_a_model_past_the_look_at_the_hub() -> None:
    package = Path(hub.__file__).parents[1]
    calls = re.compile(r"\.from_pretrained\(|\bcached_file\(|is_sentence_transformer_model\(|hf_hub_download\(")
    opens = {str(file.relative_to(package)) for file in package.rglob("*.py") if calls.search(file.read_text("utf-8"))}
    # A checkpoint of the training; data sets and folders, which ask whether the hub answers themselves.
    others = {"training/generator/lora.py", "collection/published/fetching.py", "sharing/hub_folder.py"}
    assert opens - others == {"encoding/loading.py", "generation/backends/loading.py", "generation/prompts/causal.py"}
    for name in opens - others:
        assert "encoding.hub import opening" in (package / name).read_text("utf-8")


def test_a_model_that_cannot_be_had_is_known_before_it_is_opened(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", CLOSED)
    in_cache(tiny_model, tmp_path / "cache", "somebody/something")
    assert unavailable(str(tiny_model)) is None
    assert unavailable("somebody/something") is None
    assert str(unavailable("./nowhere")).endswith("no such folder")
    assert f"none in the cache, and {CLOSED} cannot be reached" in str(unavailable("nobody/nothing"))


def test_a_hub_that_answers_can_be_asked(status: list[int]) -> None:
    status.append(200)
    assert unavailable("nobody/nothing") is None
