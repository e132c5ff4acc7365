from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import faiss
import pytest
from cyclopts import App

from pyserini_xqg import __version__
from pyserini_xqg.cli import app
from pyserini_xqg.errors import XqgError
from pyserini_xqg.evaluation import evaluate as run_files
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.storage.manifest import Manifest
from tests.conftest import Run, call, write_lines
from tests.fixtures.processes import run_modules

COMMANDS = (
    "plan",
    "dictionary",
    "generate",
    "score",
    "filter",
    "show",
    "index",
    "augment",
    "encoder",
    "records",
    "evaluate",
    "sweep",
    "align",
    "report",
    "data",
    "export",
    "push",
    "pull",
    "demo",
    "reproduce",
    "doctor",
    "train",
)


def commands(group: App = app, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], App]]:
    """All commands by their names, those of groups after the group's."""
    for name, command in group.resolved_commands().items():
        if not name.startswith("-"):
            yield (*before, name), command
            yield from commands(command, (*before, name))


PATHS = dict(commands())


def options_of(command: App) -> dict[str, str]:
    """The names of a command's options, and what the help says of them."""
    if command.default_command is None:
        return {}
    arguments = command.assemble_argument_collection()
    return {each.names[0]: each.parameter.help or "" for each in arguments}


def errors(base: type[XqgError] = XqgError) -> Iterator[type[XqgError]]:
    yield base
    for error in base.__subclasses__():
        yield from errors(error)


def test_the_commands_are_those_that_are_documented(capsys: pytest.CaptureFixture[str]) -> None:
    assert tuple(name for name in app.resolved_commands() if not name.startswith("-")) == COMMANDS
    assert call("--help") == 0
    said = capsys.readouterr().out
    for name in COMMANDS:
        assert f"\n  {name} " in said


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_command_and_option_has_help(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    command = PATHS[path]
    help = " ".join(command.help.partition("\n\n")[0].split())
    options = options_of(command)
    assert help.endswith(".")
    assert options or path == ("train",)
    assert not [name for name, text in options.items() if not text.strip()]
    assert call(*path, "--help") == 0
    said = capsys.readouterr()
    words = " ".join(said.out.split())
    assert help in words
    for name, text in options.items():
        assert f"{name} " in said.out
        assert " ".join(text.split()) in words
    assert said.err == ""


def test_options_of_the_same_name_say_the_same() -> None:
    said: dict[str, set[str]] = {}
    for command in ("index", "augment", "encoder"):
        for name, text in options_of(PATHS[command,]).items():
            if name not in ("--encoder", "--output"):
                said.setdefault(name, set()).add(text)
    assert not {name: texts for name, texts in said.items() if len(texts) > 1}


def test_one_thing_has_one_name() -> None:
    """Options that say the same, their defaults aside, are called the same in all commands."""
    names: dict[str, set[str]] = {}
    for command in PATHS.values():
        for name, text in options_of(command).items():
            if name.startswith("--"):
                names.setdefault(re.sub(r" \[.*?\]", "", text), set()).add(name)
    twice = [called for called in names.values() if len(called) > 1]
    # A generator reads a prompt and writes a query; an encoder reads both.
    lengths = [{"--input-length", "--passage-max-length"}, {"--output-length", "--query-max-length"}]
    assert sorted(map(sorted, twice)) == sorted(map(sorted, lengths))


def test_an_option_takes_one_kind_of_value() -> None:
    kinds: dict[str, set[str]] = {}
    for path, command in PATHS.items():
        if command.default_command is not None and path[-1] != "demo":
            for each in command.assemble_argument_collection():
                kinds.setdefault(each.names[0], set()).add(str(each.parameter.metavar))
    several = {name for name, found in kinds.items() if len(found) > 1}
    # What they take is said by its command: choices that differ, or one value and several.
    assert several == {
        *("--recipe", "--dtype", "--reduce-hubness", "--queries", "--control"),
        *("--keep", "--parallel", "--run", "--cluster", "--normalize", "--from", "--format"),
    }


def test_every_command_can_be_quiet_and_print_json() -> None:
    for path, command in PATHS.items():
        assert command.default_command is None or {"--quiet", "--json"} <= {*options_of(command)}, path


def test_the_help_names_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--help") == 0
    said = " ".join(capsys.readouterr().out.split())
    _, _, listed = said.partition("Exit codes (see docs/exit-codes.md): ")
    assert {int(code) for code in re.findall(r"\d+", listed.partition(".")[0])} == {
        0,
        *(error.exit_code for error in errors()),
    }


@pytest.mark.slow
def test_whoever_reads_what_is_printed_can_stop(run_python: Run) -> None:
    program = (
        "import os, sys; read, write = os.pipe(); os.close(read); os.dup2(write, 1); sys.argv[1:] = ['--help']; "
        "from pyserini_xqg.__main__ import main; main()"
    )
    done = run_python("-c", program, check=False)
    assert (done.returncode, done.stderr) == (6, "")


@pytest.mark.parametrize("command", [(), ("index",), ("align",), ("evaluate",), ("train", "mine")], ids=" ".join)
def test_help_does_not_wait_for_models(command: tuple[str, ...], run_python: Run) -> None:
    program = (
        f"import sys; sys.argv[1:] = {[*command, '--help']}; from pyserini_xqg.__main__ import main\ntry: main()\n"
    )
    program += "finally: assert not {'torch', 'transformers', 'faiss', 'pyserini', 'ir_measures'} & sys.modules.keys()"
    assert run_python("-c", program).stdout.startswith("Usage: xqg ")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["aug"], ["augment"]),
        (["train", "re"], ["retriever"]),
        (["index", "--pass"], ["--passage-max-length", "--passage-prefix"]),
        (["train", "mine", "--recipe", "ne"], ["negatives"]),
        (["index", "--dry-run", "--no-"], ["--no-l2-norm", "--no-nfc"]),
    ],
)
def test_bash_completes_commands_options_and_choices(words: list[str], offered: list[str], tmp_path: Path) -> None:
    script = tmp_path / "xqg.bash"
    script.write_text(app.generate_completion(shell="bash"), encoding="utf-8")
    line = " ".join(f"'{word}'" for word in ("xqg", *words))
    asked = f"source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _xqg; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    said = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True).stdout
    assert sorted(word.strip() for word in said.splitlines()) == offered


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--version") == 0
    assert capsys.readouterr().out == f"pyserini-xqg {__version__}\n"


@pytest.mark.parametrize("group", [(), ("train",)])
def test_the_help_of_a_group_lists_its_commands_with_what_they_do(
    group: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*group, "--help") == 0
    _, _, listed = capsys.readouterr().out.partition("Commands:\n")
    for names, command in PATHS.items():
        if names[:-1] == group:
            first = str(command.help).split()[0]
            assert re.search(rf"^  {names[-1]} +{first} ", listed, re.MULTILINE), names


def test_no_command_shows_the_help_and_is_a_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert call() == 2
    assert "Commands:" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["index"], "--corpus"),
        (["index", "--alpha", "x"], "--alpha"),
        (["index", "--pooling", "max"], "--pooling"),
        (["index", "extra"], ""),
        (["nothing"], "nothing"),
        (["--nothing"], "--nothing"),
        (["augment", "--dry-run"], "--dry-run"),
    ],
)
def test_a_wrong_command_line_ends_with_2(
    arguments: list[str], fragment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == 2
    said = capsys.readouterr()
    assert fragment in said.err
    assert said.err.startswith("xqg: ")
    assert said.err.count("\n") == 1
    assert said.out == ""


@pytest.mark.parametrize("error", [*errors()], ids=lambda error: error.__name__)
def test_every_error_ends_in_its_message_and_its_code(
    error: type[XqgError],
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise error("this and that")

    monkeypatch.setattr(XqgIndexBuilder, "build", fail)
    code = call("index", "--corpus", corpus, "--encoder", "m", "--output", tmp_path / "out")
    said = capsys.readouterr()
    assert code == error.exit_code
    assert (said.out, said.err) == ("", "xqg: this and that\n")


def test_exit_codes_are_told_apart() -> None:
    codes = {error.__name__: error.exit_code for error in errors()}
    assert codes == {
        "XqgError": 6,
        "InputChanged": 6,
        "UsageError": 2,
        "FolderLost": 2,
        "MissingPrerequisite": 3,
        "MissingInput": 4,
        "InvalidInput": 5,
        "PartlyDone": 7,
        "Stopped": 130,
    }


def test_a_stop_by_the_user_says_that_the_command_goes_on(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(XqgIndexBuilder, "build", stop)
    assert call("index", "--corpus", corpus, "--encoder", "m", "--output", tmp_path / "out") == 130
    assert capsys.readouterr().err == "xqg: stopped; the same command goes on where this one was\n"
    monkeypatch.setattr(run_files, "evaluate_files", stop)
    assert call("evaluate", "--run", "a=b") == 130
    assert capsys.readouterr().err == "xqg: stopped; the same command starts anew\n"


def test_a_full_disk_ends_with_6_and_the_command_goes_on(
    corpus: Path, tiny_model: Path, full_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Pages for the folders and files come on top of the vectors.
    (full_disk / "other").write_bytes(b"x" * 60_000)
    command = ("index", "--corpus", corpus, "--encoder", tiny_model, "--output", full_disk / "out")
    assert call(*command) == 6
    assert "space" in capsys.readouterr().err
    assert not (full_disk / "out").exists()
    (full_disk / "other").unlink()
    assert call(*command) == 0
    assert faiss.read_index(str(full_disk / "out" / "index")).ntotal == 23


@pytest.mark.slow
def test_results_go_to_standard_output_and_all_else_to_standard_error(
    corpus: Path, queries: Path, tiny_model: Path, tmp_path: Path
) -> None:
    output, errors = tmp_path / "out", tmp_path / "errors.txt"
    command = ["index", "--corpus", corpus, "--queries", queries, "--encoder", tiny_model, "--output", output]
    printed = run_modules([["pyserini_xqg", *command]], tmp_path / "printed.txt", errors)
    fi, ru = (sum(count) for count in ([1 + n % 3 for n in range(23) if n not in (4, 9)], [2] * 22))
    assert printed.splitlines() == [
        f"index: {output}",
        "passages: 23",
        "empty passages: 0",
        "passages without queries: 1",
        f"queries: fi {fi}, ru {ru}",
        "queries records with unknown id: 1",
    ]
    told = errors.read_text(encoding="utf-8")
    assert f"encoding with {tiny_model} on" in told
    assert "23.0/23.0" in told


def test_a_users_mistake_shows_no_traceback_in_a_process_of_its_own(tmp_path: Path, run_python: Run) -> None:
    command = ["index", "--corpus", tmp_path / "nowhere", "--encoder", "m", "--output", tmp_path / "out"]
    done = run_python("-m", "pyserini_xqg", *command, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == f"xqg: {tmp_path / 'nowhere'}: no such file or folder\n"
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_prints_sizes_and_writes_nothing(
    corpus: Path, queries: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(tmp_path.iterdir())
    output = tmp_path / "deeper" / "out"
    command = ["index", "--corpus", corpus, "--queries", queries, "--encoder", tiny_model, "--output", output]
    assert call(*command, "--dry-run") == 0
    printed = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    assert {name: printed[name] for name in ("passages", "passages with queries", "dimension")} == {
        "passages": "23",
        "passages with queries": "22",
        "dimension": "32",
    }
    assert printed["index"] == "0.000 GB"
    assert printed["time"].endswith(" h")
    assert sorted(tmp_path.iterdir()) == before
    assert call(*command, "--dry-run", "--factory", "HNSW8") == 0
    assert ": unknown\n" in capsys.readouterr().out


def test_every_option_of_index_reaches_the_settings(
    corpus: Path, queries: Path, tiny_model: Path, tiny_sentence_model: Path, tmp_path: Path
) -> None:
    topics = tmp_path / "topics.tsv"
    topics.write_text("1\tjoki\n", encoding="utf-8")
    # fmt: off
    assert call(
        "index", "--corpus", corpus, "--queries", queries, "--encoder", tiny_model, "--output", tmp_path / "out",
        "--alpha", 0.2, "--aggregate", "mean", "--language", "Russian", "--language", "fi", "--num-queries", 1,
        "--normalize", "--reduce-hubness", 0.5, "--hubness-topics", topics, "--control", "shuffled",
        "--control-seed", 3,
        "--factory", "IVF2,Flat", "--nprobe", 2, "--threads", 1, "--keep-vectors", "--part-size", 7,
        "--query-model", tiny_sentence_model, "--pooling", "mean", "--l2-norm", "--query-prefix", "q: ",
        "--passage-prefix", "p: ", "--query-max-length", 20, "--passage-max-length", 30, "--dtype", "bfloat16",
        "--no-nfc", "--device", "cpu",
    ) == 0
    # fmt: on
    manifest = Manifest.read(tmp_path / "out")
    encoder = manifest.settings.pop("encoder")
    assert Path(encoder.pop("model")["path"]) == tiny_model
    assert Path(encoder.pop("query_model")["path"]) == tiny_sentence_model
    assert encoder == {
        "revision": None,
        "pooling": "mean",
        "l2_norm": True,
        "query_prefix": "q: ",
        "passage_prefix": "p: ",
        "query_max_length": 20,
        "passage_max_length": 30,
        "dtype": "bfloat16",
        "query_form": {
            "revision": None,
            "pooling": "mean",
            "l2_norm": True,
            "query_prefix": "q: ",
            "query_max_length": 20,
        },
    }
    assert manifest.settings == {
        "augmentation": {
            "alpha": 0.2,
            "aggregate": "mean",
            "languages": ["fi", "ru"],
            "num_queries": 1,
            "normalize": True,
            "reduce_hubness": 0.5,
            "control": "shuffled",
            "control_seed": 3,
            "unit_length_before_hubness": True,
        },
        "index": {"factory": "IVF2,Flat", "nprobe": 2, "threads": 1, "keep_vectors": True},
        "keep_vectors": True,
        "part_size": 7,
    }
    assert set(manifest.inputs) == {"corpus", "queries", "hubness_topics"}
    assert (tmp_path / "out" / "vectors" / "queries.fi.npy").exists()
    index = faiss.extract_index_ivf(faiss.read_index(str(tmp_path / "out" / "index")))
    assert (index.ntotal, index.nprobe) == (23, 2)


def test_augment_takes_an_index_and_encoder_a_model(
    corpus: Path, queries: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encoder, plain, made = tmp_path / "encoder", tmp_path / "plain", tmp_path / "made"
    assert call("encoder", "--encoder", tiny_model, "--output", encoder, "--pooling", "mean", "--no-l2-norm") == 0
    assert f"encoder: {encoder}" in capsys.readouterr().out
    assert call("index", "--corpus", corpus, "--encoder", encoder, "--output", plain) == 0
    given = ("--queries", queries, "--alpha", 0.3, "--aggregate", "mean", "--factory", "SQfp16", "--part-size", 5)
    assert call("augment", "--index", plain, "--output", made, *given) == 0
    manifests = [Manifest.read(folder).settings for folder in (encoder, plain, made)]
    assert [settings["encoder"]["pooling"] for settings in manifests] == ["mean"] * 3
    assert [settings["augmentation"]["alpha"] for settings in manifests] == [0.01, 0, 0.3]
    assert manifests[2]["index"]["factory"] == "SQfp16"
    assert set(Manifest.read(made).inputs) == {"index", "queries"}
    assert (made / "docid").read_bytes() == (plain / "docid").read_bytes()


def test_records_prints_what_was_joined(
    corpus: Path, queries: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "records.jsonl"
    given = ("--corpus", corpus, "--queries", queries, "--output", output, "--language", "ru", "--num-queries", 1)
    assert call("records", *given) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"records: {output}",
        "passages: 23",
        "passages without queries: 1",
        "queries: 22",
        "queries records with unknown id: 1",
    ]


def test_large_counts_are_grouped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = write_lines(tmp_path / "c.jsonl", ({"id": n, "text": "x"} for n in range(1200)))
    queries = write_lines(tmp_path / "q.jsonl", [{"id": 0, "queries": {"fi": ["joki"]}}])
    assert call("records", "--corpus", corpus, "--queries", queries, "--output", tmp_path / "r.jsonl") == 0
    assert "passages: 1,200\n" in capsys.readouterr().out
