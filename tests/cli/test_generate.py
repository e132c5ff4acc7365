from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.storage.manifest import Manifest
from tests.conftest import Run, call, write_lines
from tests.fixtures.generation import make_t5
from tests.fixtures.processes import run_modules
from tests.fixtures.server import Server, running_server
from tests.generation.backends.lexicon.dict_format import write_dictionary

FINNISH = {
    "river": "joki",
    "bridge": "silta",
    "mountain": "vuori",
    "city": "kaupunki",
    "king": "kuningas",
    "bread": "leipä",
    "water": "vesi",
    "stone": "kivi, kallio",
    "tree": "puu",
    "light": "valo",
    "built": "rakennettu",
    "queen": "kuningatar",
    "music": "musiikki",
}
RUSSIAN = {word: f"слово{number}" for number, word in enumerate(FINNISH)}


@pytest.fixture
def dictionaries(tmp_path: Path) -> Path:
    folder = tmp_path / "dictionaries"
    write_dictionary(folder, "freedict-eng-fin", FINNISH)
    write_dictionary(folder, "freedict-eng-rus", RUSSIAN)
    return folder


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with running_server(monkeypatch) as running:
        yield running


@pytest.fixture
def english(tmp_path: Path) -> Path:
    """Eleven passages, of which one is empty."""
    words = list(FINNISH)
    texts = [" ".join(words[(number * 3 + place * 5) % len(words)] for place in range(6)) for number in range(10)]
    passages = [{"id": f"d{number}", "text": f"The {text} of old."} for number, text in enumerate(texts)]
    return write_lines(tmp_path / "english.jsonl", [*passages[:4], {"id": "empty", "text": " "}, *passages[4:]])


def lexicon(corpus: Path, dictionaries: Path, output: Path, *more: object) -> list[object]:
    given: list[object] = ["generate", "--generator", "lexicon", "--dictionaries", dictionaries]
    return [*given, "--corpus", corpus, "--output", output, "--terms", 1, "--num-queries", 3, *more]


def records(folder: Path) -> dict[str, dict[str, list[str]]]:
    lines = [line for file in sorted(folder.glob("part-*.jsonl")) for line in file.read_text("utf-8").splitlines()]
    return {record["id"]: record["queries"] for record in map(json.loads, lines)}


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())


@pytest.mark.slow
def test_queries_are_written_shown_indexed_and_found_by_stock_pyserini(
    english: Path,
    dictionaries: Path,
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output, index = tmp_path / "queries", tmp_path / "index"
    assert call(*lexicon(english, dictionaries, output, "--language", "fi,Russian", "--part-size", 4)) == 0
    said = printed(capsys)
    assert said["queries folder"] == str(output)
    assert (said["passages"], said["empty passages"], said["queries"]) == ("11", "1", "fi 30, ru 30")
    made = records(output)
    assert len(made) == 11 and made["empty"] == {}
    assert all(
        set(" ".join(own["fi"]).split()) <= {"kallio", *FINNISH.values(), "kivi"} for own in made.values() if own
    )
    assert len(list(output.glob("part-*"))) == 3

    assert call("show", output, "--id", "d3", "--corpus", english) == 0
    shown = capsys.readouterr().out
    assert "Finnish (fi)\n" in shown and made["d3"]["ru"][0] in shown and "of old." in shown

    given = ("--corpus", english, "--queries", output, "--encoder", tiny_model, "--output", index)
    assert call("index", *given, "--alpha", 0.1, "--passage-max-length", 20) == 0
    assert printed(capsys)["queries"] == "fi 30, ru 30"
    topics, run = tmp_path / "topics.tsv", tmp_path / "out.run"
    topics.write_text("q1\tsilta joki\nq2\tкто король\n", encoding="utf-8")
    given = ("--index", index, "--encoder", index, "--topics", topics)
    search = ["pyserini.search.faiss", *given, "--output", run, "--hits", 11, "--device", "cpu"]
    run_modules([search], tmp_path / "printed.txt")
    found = [line.split() for line in run.read_text(encoding="utf-8").splitlines()]
    assert {topic: {row[2] for row in found if row[0] == topic} for topic in ("q1", "q2")} == {
        "q1": set(made),
        "q2": set(made),
    }


def test_a_dry_run_prints_hours_and_bytes_and_writes_nothing(
    english: Path, dictionaries: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(tmp_path.rglob("*"))
    command = lexicon(english, dictionaries, tmp_path / "deeper" / "out", "--language", "fi", "--language", "ru")
    assert call(*command, "--dry-run") == 0
    said = printed(capsys)
    assert (said["passages"], said["empty passages"], said["queries"]) == ("11", "1", "60")
    assert said["time"].endswith(" h") and said["output"].endswith(" GB") and said["free"].endswith(" GB")
    assert float(said["free"].removesuffix(" GB").replace(",", "")) > 0
    assert float(said["queries per second"]) > 0
    assert sorted(tmp_path.rglob("*")) == before


def test_a_limit_takes_the_first_passages(
    english: Path, dictionaries: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*lexicon(english, dictionaries, tmp_path / "out", "--language", "fi", "--limit", 3)) == 0
    assert printed(capsys)["passages"] == "3"
    assert list(records(tmp_path / "out")) == ["d0", "d1", "d2"]


def test_a_language_is_added_and_the_same_again_does_nothing(
    english: Path, dictionaries: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    assert call(*lexicon(english, dictionaries, output, "--language", "fi")) == 0
    before = records(output)
    assert call(*lexicon(english, dictionaries, output, "--language", "ru")) == 0
    after = records(output)
    assert {key: own.get("fi") for key, own in after.items()} == {key: own.get("fi") for key, own in before.items()}
    assert all(len(own["ru"]) == 3 for key, own in after.items() if key != "empty")
    times = {file: file.stat().st_mtime_ns for file in output.iterdir()}
    capsys.readouterr()
    assert call(*lexicon(english, dictionaries, output, "--language", "fi,ru")) == 0
    assert printed(capsys)["queries"] == "fi 30, ru 30"
    assert {file: file.stat().st_mtime_ns for file in output.iterdir()} == times


def test_queries_that_were_all_dropped_are_part_of_the_work_and_go_into_no_index(
    english: Path, dictionaries: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, index = tmp_path / "out", tmp_path / "index"
    for more in ((), ("--filter", 0.5, "--encoder", tiny_model)):
        folder = tmp_path / "filtered.unfiltered" if more else output
        given = lexicon(english, dictionaries, tmp_path / "filtered" if more else output, "--language", "fi", *more)
        for _ in range(2):
            assert call(*given, "--max-characters", 1) == 7
            said = capsys.readouterr()
            assert said.out == ""
            assert f"{folder} is finished, and for its 11 passages it holds no query in fi: dropped were" in said.err
            assert "fi (too_long 30)" in said.err
    assert Manifest.read(output).counts["queries"] == {"fi": 0}
    assert records(output) == {identifier: {} for identifier in records(output)}
    given = ["--corpus", english, "--queries", output, "--encoder", tiny_model, "--output", index]
    for command in (["index", *given], ["index", *given, "--language", "fi"], ["score", *given]):
        assert call(*command) == 5
        assert f"{output}: none of the 11 records of these passages has a query" in capsys.readouterr().err
    assert call("records", "--corpus", english, "--queries", output, "--output", index) == 5
    assert not index.exists()


def test_score_and_filter_and_the_option_filter_come_to_the_same(
    english: Path, dictionaries: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    everything, scored, best = (tmp_path / name for name in ("all", "all-scored", "best"))
    # Not the encoder that chooses translations.
    assert call(*lexicon(english, dictionaries, everything, "--language", "fi", "--encoder", tiny_model)) == 0
    assert call("score", "--corpus", english, "--queries", everything, "--encoder", tiny_model, "--output", scored) == 0
    assert "scored queries" in capsys.readouterr().out
    assert call("filter", "--scored", scored, "--output", best, "--keep", 0.4) == 0
    said = printed(capsys)
    assert (said["queries folder"], said["filtered out"]) == (str(best), "fi 18")
    output = tmp_path / "out"
    command = lexicon(english, dictionaries, output, "--language", "fi", "--encoder", tiny_model, "--keep", 0.4)
    assert call(*command) == 0
    said = printed(capsys)
    assert (said["queries folder"], said["queries"]) == (str(output), "fi 12")
    assert records(output) == records(best)
    assert records(tmp_path / "out.unfiltered") == records(everything)
    assert sum(len(own.get("fi", ())) for own in records(output).values()) == 12
    times = {file: file.stat().st_mtime_ns for file in output.iterdir()}
    assert call(*command) == 0
    assert {file: file.stat().st_mtime_ns for file in output.iterdir()} == times
    assert sorted(path.name for path in tmp_path.glob("out*")) == ["out", "out.scored", "out.unfiltered"]


def test_a_round_trip_is_asked_for_with_an_index(
    english: Path, dictionaries: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    everything, scored, index, best = (tmp_path / name for name in ("all", "scored", "index", "best"))
    assert call(*lexicon(english, dictionaries, everything, "--language", "fi")) == 0
    assert call("index", "--corpus", english, "--encoder", tiny_model, "--output", index) == 0
    given = ("--corpus", english, "--queries", everything, "--index", index, "--encoder", index, "--depth", 5)
    assert call("score", *given, "--output", scored, "--part-size", 5) == 0
    assert call("filter", "--scored", scored, "--output", best, "--round-trip", 5) == 0
    lines = [json.loads(line) for file in sorted(scored.glob("part*")) for line in file.read_text("utf-8").splitlines()]
    expected = {}
    for line in filter(lambda line: line["id"] != "empty", lines):
        texts = [text for text, rank in zip(line["queries"]["fi"], line["ranks"]["fi"], strict=True) if rank]
        expected |= {line["id"]: {"fi": texts}} if texts else {}
    assert {key: own for key, own in records(best).items() if own} == expected
    assert 0 < sum(len(own["fi"]) for own in expected.values()) < 30


@pytest.mark.slow
def test_every_option_of_a_model_reaches_the_settings(
    english: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, model = tmp_path / "out", make_t5(tmp_path / "mt5")
    # fmt: off
    command: list[Any] = [
        "generate", "--corpus", english, "--language", "fi", "--output", output, "--model", model,
        "--num-queries", 2, "--prompt", "Ask in {language}: {passage}", "--top-k", 7, "--temperature", 0.9,
        "--input-length", 40, "--output-length", 6, "--dtype", "float32", "--device", "cpu", "--least-script", 0,
        "--max-characters", 150, "--tries", 2, "--seed", 5, "--part-size", 6, "--limit", 8,
    ]
    # fmt: on
    assert call(*command) == 0
    settings = Manifest.read(output).settings
    generator = settings.pop("generator")
    assert {name: generator[name] for name in generator if name not in ("model", "revision", "fingerprint")} == {
        "generator": "seq2seq",
        "prompt": "Ask in {language}: {passage}",
        "top_k": 7,
        "temperature": 0.9,
        "input_length": 40,
        "output_length": 6,
        "dtype": "float32",
        "greedy": False,
    }
    assert settings == {
        "languages": {"fi": 2},
        "seed": 5,
        "tries": 2,
        "cleaning": {"least_script": 0.0, "other_language": 0.3, "max_characters": 150, "no_cleaning": False},
        "part_size": 6,
        "limit": 8,
    }
    made = records(output)
    assert len(made) == 8 and any(own.get("fi") for own in made.values())
    again = [tmp_path / "again" if value == output else value for value in command]
    assert call(*again) == 0
    assert records(tmp_path / "again") == made
    assert call(*again, "--seed", 6) == 2
    assert "seed was 5, now 6" in capsys.readouterr().err


@pytest.mark.slow
def test_a_server_writes_queries(
    english: Path,
    server: Server,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-secret-123456")
    output = tmp_path / "out"
    # fmt: off
    assert call(
        "generate", "--generator", "server", "--url", server.url, "--model", "tiny", "--corpus", english,
        "--language", "ru", "--output", output, "--num-queries", 2, "--key-variable", "MY_KEY", "--concurrency", 2,
        "--timeout", 20, "--retries", 1, "--top-p", 0.5, "--temperature", 0.2, "--output-length", 30,
        "--instruction", "Ask {n} in {language} of {passage}",
        "--keep", 0.5, "--encoder", tiny_model, "--device", "cpu",
    ) == 0
    # fmt: on
    assert printed(capsys)["filtered out"].startswith("ru ")
    assert records(tmp_path / "out.unfiltered")["d0"] == {"ru": ["Кто?", "Где?"]}
    assert len(server.requests) == 10
    assert server.most_busy <= 2
    request = server.requests[0]
    assert (request["max_tokens"], request["top_p"], request["temperature"]) == (60, 0.5, 0.2)
    assert "Ask 2 in Russian of" in request["messages"][0]["content"]
    assert server.seen[0][2]["Authorization"] == "Bearer sk-secret-123456"
    files = [file for folder in tmp_path.glob("out*") for file in folder.rglob("*") if file.is_file()]
    assert files and not [file for file in files if b"sk-secret" in file.read_bytes()]


@pytest.mark.slow
def test_no_cleaning_keeps_what_was_written_and_the_manifest_says_so(
    english: Path, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.script = lambda _, handler: handler.complete(
        "Who built the old bridge?\nWho built the old bridge?\nWo\u200e ist die alte Brücke?</s>"
    )
    command = ["generate", "--generator", "server", "--url", server.url, "--model", "tiny", "--corpus", english]
    command += ["--language", "de", "--num-queries", 3, "--limit", 2]
    assert call(*command, "--output", tmp_path / "raw", "--no-cleaning") == 0
    twice = ["Who built the old bridge?"] * 2
    assert records(tmp_path / "raw")["d0"] == {"de": [*twice, "Wo ist die alte Brücke?</s>"]}
    assert call(*command, "--output", tmp_path / "clean", "--other-language", 0.2, "--tries", 1) == 0
    assert records(tmp_path / "clean")["d0"] == {"de": ["Wo ist die alte Brücke?"]}
    raw, clean = (Manifest.read(tmp_path / name) for name in ("raw", "clean"))
    assert raw.settings["cleaning"] == {
        **{"least_script": 0.5, "other_language": 0.3, "max_characters": 300},
        "no_cleaning": True,
    }
    assert clean.counts["dropped"]["de"] == {"wrong_language": 4}
    capsys.readouterr()


def test_the_folder_one_is_in_is_no_output_and_has_no_name_to_filter_by(
    english: Path,
    dictionaries: Path,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for more in ((), ("--keep", 0.5, "--encoder", tiny_model)):
        assert call(*lexicon(english, dictionaries, Path(), "--language", "fi", *more)) == 2
        assert "is there and is no artifact of xqg" in capsys.readouterr().err
        assert call(*lexicon(english, dictionaries, Path("/"), "--language", "fi", *more)) == 2
        assert "is there and is no artifact of xqg" in capsys.readouterr().err


def test_show_works_where_the_terminal_knows_ascii_only(tmp_path: Path, run_python: Run) -> None:
    made = write_lines(tmp_path / "q.jsonl", [{"id": "d0", "queries": {"ar": ["أين"]}}])
    done = run_python("-m", "pyserini_xqg", "show", made, "--id", "d0", PYTHONIOENCODING="ascii")
    assert done.stdout == "Arabic (ar)\n  \\u2068\\u0623\\u064a\\u0646\\u2069\n"
