from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from pyserini_xqg.cli import app
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.indexing.settings import IndexSettings
from pyserini_xqg.planning.commands import commands_of
from pyserini_xqg.planning.plan import make_plan
from pyserini_xqg.planning.sample import Sample
from pyserini_xqg.planning.settings import PlanSettings
from pyserini_xqg.planning.text import said_bytes
from tests.conftest import call, write_lines
from tests.fixtures.documents import blocks

PAPERS = ("ar", "bn", "fi", "ja", "ko", "ru", "te")


def test_the_papers_job() -> None:
    job = PlanSettings(18_000_000, PAPERS, 8, 768, 300, 5000, 1500)
    made = make_plan(job, 5, IndexSettings(), Sample.read(None, None), 0, [])
    generate, index, search = made.stages
    assert made.queries == 630_000_000
    assert made.original_bytes == 18_000_000 * 768 * 4 * 37
    assert 55e9 < index.output_bytes < 56e9 and index.working_bytes < 2e9
    assert generate.hours == pytest.approx(630e6 / 300 / 8 / 3600)
    assert index.hours == pytest.approx((630e6 / 5000 + 18e6 / 1500) / 8 / 3600)
    assert search.memory_bytes > 55e9
    assert made.most_disk_bytes < made.original_bytes / 10


def test_a_speed_that_is_not_known_leaves_hours_open() -> None:
    made = make_plan(
        PlanSettings(1000, ("fi",), dimension=8, queries_per_second=10),
        1,
        IndexSettings(),
        Sample.read(None, None),
        0,
        [],
    )
    assert [stage.hours for stage in made.stages] == [None, None, None]


def test_an_index_that_is_not_flat_needs_its_vectors_beside_it() -> None:
    job, sample = PlanSettings(100_000, ("fi",), dimension=64), Sample.read(None, None)
    flat, squeezed = (make_plan(job, 5, IndexSettings(form), sample, 0, []).stages[1] for form in ("Flat", "SQ8"))
    assert squeezed.output_bytes < flat.output_bytes / 3
    assert squeezed.working_bytes - flat.working_bytes == 100_000 * 64 * 4


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"passages": 0}, "passages is 0"),
        ({"machines": 0}, "machines is 0"),
        ({"queries_per_second": 0.0}, "queries_per_second is 0"),
        ({"dimension": None}, "give --encoder"),
    ],
)
def test_what_cannot_be_is_named(given: dict[str, object], said: str) -> None:
    values = {"passages": 10, "languages": ("fi",), "dimension": 8, **given}
    with pytest.raises(UsageError, match=said):
        make_plan(PlanSettings(**values), 5, IndexSettings(), Sample.read(None, None), 0, [])  # type: ignore[arg-type]


def test_samples_need_a_text_and_queries(corpus: Path, tmp_path: Path) -> None:
    empty = write_lines(tmp_path / "empty.jsonl", [{"id": "d1", "text": ""}])
    with pytest.raises(InvalidInput, match="no passage with a text"):
        Sample.read(empty, None)
    with pytest.raises(InvalidInput, match="no queries"):
        Sample.read(corpus, write_lines(tmp_path / "none.jsonl", [{"id": "d1", "queries": {}}]))


def test_languages_of_the_sample_are_as_long_as_they_are_and_others_as_all() -> None:
    sample = Sample.read(None, None)
    assert sample.query_bytes("te") > sample.query_bytes("fi")
    assert sample.query_bytes("fi") < sample.query_bytes("zu") < sample.query_bytes("te")


@pytest.mark.parametrize("form", [IndexSettings("SQ8", keep_vectors=True), IndexSettings(keep_first=(1, 2))])
def test_the_commands_are_commands(form: IndexSettings) -> None:
    given = (PAPERS, 3, "bundled", None, "seq2seq", {"model": "a model", "greedy": True}, form)
    lines = commands_of(*given, 1)
    for line in lines[:2] + commands_of(*given, 4)[:2]:
        _, bound, _ = app.parse_args(shlex.split(line)[1:], exit_on_error=False, print_error=False)
        assert bound.arguments
    assert "'a model'" in lines[0] and "--greedy" in lines[0]
    assert all("--tasks 4" in line for line in commands_of(("fi",), 5, None, None, None, {}, form, 4)[:2])


@pytest.mark.slow
def test_speeds_are_measured_where_models_are_given(
    corpus: Path, queries: Path, tiny_model: Path, tiny_mt5: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ("--corpus", corpus, "--queries", queries)
    generator = ("--generator", "seq2seq", "--model", tiny_mt5, "--output-length", 4, "--device", "cpu")
    asked = ("plan", "--passages", 1_000_000, "--language", "fi", "--encoder", tiny_model, *files, *generator)
    assert call(*asked, "--num-queries", 1, "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert made["dimension"] == 32
    speeds = {name: made[f"{name}_per_second"] for name in ("generated", "queries", "passages")}
    assert min(speeds.values()) > 0
    hours = {stage["name"]: stage["hours"] for stage in made["stages"]}
    assert hours["generate"] == pytest.approx(1e6 / speeds["generated"] / 3600)
    assert hours["index"] == pytest.approx(1e6 / 3600 * (1 / speeds["queries"] + 1 / speeds["passages"]))


def test_a_plan_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    stated = ("--dimension", 768, "--queries-per-second", 5000, "--passages-per-second", 1500)
    assert call("plan", "--passages", 18_000_000, "--language", ",".join(PAPERS), *stated) == 0
    said = capsys.readouterr().out
    assert "18,000,000 passages, 630,000,000 queries, 768 dimensions, 1 process, Flat\n" in said
    assert "unknown" in said and "vectors of the original pipeline for the same: 2.0 TB" in said
    assert "\nxqg generate --corpus corpus.jsonl --language ar,bn" in said


def test_the_document_shows_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = [each for each in blocks("docs/plan.md") if each.kind == "shell"]
    (command,) = block.commands()
    assert call(*command[1:]) == 0
    assert block.text.partition("\n\n")[2] == capsys.readouterr().out.rstrip()


def test_sizes_in_words() -> None:
    assert [said_bytes(size) for size in (900, 5e6, 1.5e11, 2.046e12)] == ["0.9 kB", "5.0 MB", "150 GB", "2.0 TB"]
