from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pyserini_xqg.collection.published.writing import DataSettings, write_data_set
from pyserini_xqg.errors import InvalidInput, MissingInput, MissingPrerequisite, UsageError, XqgError
from pyserini_xqg.evaluation.evaluate import evaluate_files
from pyserini_xqg.evaluation.files.xor_retrieve import read_gold
from pyserini_xqg.evaluation.run_files import RunFiles
from pyserini_xqg.reproduction import places as of_places
from pyserini_xqg.reproduction import running
from pyserini_xqg.reproduction.conditions import Check, Condition, condition, conditions
from pyserini_xqg.reproduction.places import Places, PlaceSettings, check_given
from pyserini_xqg.reproduction.running import RESULT, Score, record, run_command, run_condition, scores_of, stamp
from tests.conftest import make_model
from tests.fixtures.processes import run_modules
from tests.fixtures.published import add_xor_tydi_rest, stand_in

MBERT = "ielabgroup/bert-base-multilingual-cased-xor-tydi"
PUBLISHED_RUNS = ("xortydi_dev_mbert.tsv", "xortydi_dev_mbert_augmented_alpha_0.01.tsv")


def small(name: str) -> Condition:
    """A condition of the hub, for a machine without terabytes."""
    return replace(condition(name), disk=0, memory=0)


@pytest.fixture(scope="module")
def xor_tydi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small XOR-TyDi with corpus and queries, as xqg data writes it."""
    place = tmp_path_factory.mktemp("published")
    add_xor_tydi_rest(stand_in("xor-tydi", place / "files"))
    asked = DataSettings(place=place / "files", unchecked=True, parts=("corpus", "queries", "training"))
    write_data_set("xor-tydi", place / "xor-tydi", asked)
    return place / "xor-tydi"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_model(tmp_path_factory.mktemp("models") / "bert", positions=160))


@pytest.fixture
def runs(xor_tydi: Path, tmp_path: Path) -> Path:
    """Runs of three columns, as the paper's repository has them."""
    folder = tmp_path / "runs"
    folder.mkdir()
    for shift, name in enumerate(PUBLISHED_RUNS):
        lines = (
            f"{question}\td{(number + shift) % 6}\t{1 - rank / 10}\n"
            for number, question in enumerate(read_gold(xor_tydi / "gold.jsonl"))
            for rank in range(1)
        )
        (folder / name).write_text("".join(lines), encoding="utf-8")
    return folder


@pytest.fixture
def forked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands in processes that have loaded the libraries: an interpreter for each takes minutes."""

    def run(words: Sequence[str], captured: bool) -> str:
        module, *rest = ["pyserini_xqg", *words[1:]] if words[0] == "xqg" else words[2:]
        number = len([*tmp_path.glob("printed-*")])
        return run_modules([[module, *rest]], tmp_path / f"printed-{number}.txt", tmp_path / f"errors-{number}.txt")

    monkeypatch.setattr(running, "run_command", run)


def check(**given: object) -> Check:
    values: dict[str, object] = {"what": "w", "where": {"measure": "m"}, "expected": {"all": 1.0}, "tolerance": 0.1}
    return Check(**{**values, **given})  # type: ignore[arg-type]


def test_scores_of_trec_eval_and_of_tables() -> None:
    printed = "runid                 \tall\tPyserini\nrecip_rank            \tall\t0.6789\n"
    asked = check(where={"measure": "recip_rank"}, expected={"all": 67.9})
    assert scores_of(asked, printed) == [Score("w", "recip_rank", "all", pytest.approx(67.89), 67.9, 0.1)]
    table = "measure\trun\tagainst\tlanguage\tvalue\nm\ta\t\tfi\t0.5\nm\tb\t\tfi\t0.25\nm\tb\ta\tfi\t\n"
    (found,) = scores_of(check(where={"measure": "m", "run": "b"}, expected={"fi": 25.0}), table)
    assert found.holds and found.found == 25.0
    with pytest.raises(InvalidInput, match="2 scores of measure m, language fi in what was printed; one is expected"):
        scores_of(check(expected={"fi": None}), table)
    with pytest.raises(InvalidInput, match="0 scores of measure m, language sw"):
        scores_of(check(expected={"sw": None}), table)


def test_published_runs_of_three_columns_are_scored_as_they_are(xor_tydi: Path, runs: Path, tmp_path: Path) -> None:
    printed: list[str] = []
    given = {"xor-tydi": str(xor_tydi), "published-runs": str(runs)}
    found = run_condition(small("xor-tydi-published-runs"), PlaceSettings(output=tmp_path, local=given), printed.append)
    assert len(printed) == 1 and printed[0].startswith("$ xqg evaluate --run mbert=")  # once for all its scores
    files = {name: runs / file for name, file in zip(("mbert", "xqg"), PUBLISHED_RUNS, strict=True)}
    reports = evaluate_files(RunFiles(files, gold=xor_tydi / "gold.jsonl", corpus=xor_tydi / "corpus"))
    exact = {
        (report.measure, run, row): 100 * value
        for report in reports
        for run, rows in report.values.items()
        for row, value in rows.items()
    }
    by_what = {"mBERT xDR": "mbert", "mBERT xDR + xQG": "xqg"}
    assert len(found) == 32
    assert all(each.found == pytest.approx(exact[each.measure, by_what[each.what], each.row]) for each in found)
    result = json.loads((tmp_path / "xor-tydi-published-runs" / RESULT).read_text(encoding="utf-8"))
    assert len(result["scores"]) == 32 and result["date"] and result["commit"] and result["packages"]["pyserini"]
    record(tmp_path / "runs.json", "xor-tydi-published-runs", tmp_path / "xor-tydi-published-runs")
    assert json.loads((tmp_path / "runs.json").read_text(encoding="utf-8")) == {"xor-tydi-published-runs": result}


@pytest.mark.slow
@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize("name", ["xor-tydi-mbert", "xor-tydi-mbert-xqg", "xor-tydi-mbert-sweep"])
def test_conditions_of_the_hub_run_on_stand_ins(name: str, xor_tydi: Path, model: str, tmp_path: Path) -> None:
    given = PlaceSettings(output=tmp_path, local={"xor-tydi": str(xor_tydi), MBERT: model})
    found = run_condition(small(name), given, print)
    assert len(found) == sum(len(each.expected) for each in condition(name).checks)
    assert not all(score.holds for score in found)  # of other questions


@pytest.mark.slow
@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(
    ("name", "base"), [("xor-tydi-xlm-r", "xlm-roberta-base"), ("xor-tydi-zero-shot", "bert-base-multilingual-cased")]
)
def test_conditions_that_train_run_on_stand_ins(
    name: str, base: str, xor_tydi: Path, model: str, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in (xor_tydi / "train.jsonl").open(encoding="utf-8")]
    (tmp_path / "nq").mkdir()
    english = "".join(json.dumps({**row, "language": "en"}) + "\n" for row in rows)
    (tmp_path / "nq" / "train.jsonl").write_text(english, encoding="utf-8")
    given = {"xor-tydi": str(xor_tydi)} | ({"nq": str(tmp_path / "nq")} if condition(name).files else {})
    asked = small(name)
    steps = [f"{step} --epochs 1 --batch-size 8" if " train " in step else step for step in asked.steps]
    settings = PlaceSettings(output=tmp_path, local={**given, base: model})
    assert len(run_condition(replace(asked, steps=steps), settings, print)) == 2


def test_what_is_missing_is_said_before_anything_runs(
    xor_tydi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_places, "free_bytes", lambda folder: 5e9)
    settings = PlaceSettings(output=tmp_path / "work", local={"xor-tydi": str(xor_tydi)})
    with pytest.raises(MissingPrerequisite) as raised:
        run_condition(replace(condition("xor-tydi-zero-shot"), memory=10**6), settings, print)
    for said in (
        "xor-tydi-zero-shot cannot be run: model bert-base-multilingual-cased: no such folder, none in the cache",
        "--local bert-base-multilingual-cased=FOLDER",
        "nq: give a folder with these files, --local nq=FOLDER",
        "300 GB of disk",
        "5 are free",
        "1000000 GB of memory",
    ):
        assert said in str(raised.value)
    assert not (tmp_path / "work").exists()


def test_dictionaries_that_are_missing_are_named(tmp_path: Path) -> None:
    places = Places(condition("afriqa-dev-e5-lexicon"), PlaceSettings(output=tmp_path, dictionaries=tmp_path))
    assert any("no dictionary from English to Swahili" in said for said in places.missing())


def test_a_data_set_is_written_from_published_files_or_taken_as_it_is(xor_tydi: Path, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    for given, steps in (({}, 1), ({"xor-tydi": str(tmp_path / "files")}, 1), ({"xor-tydi": str(xor_tydi)}, 0)):
        found = Places(condition("xor-tydi-mbert"), PlaceSettings(output=tmp_path, local=given)).data_steps()
        assert len(found) == steps
        if steps:
            assert found[0][:5] == ["xqg", "data", "xor-tydi", "--with", "corpus"]
            assert ("--from" in found[0]) == bool(given)
            assert found[0][-1] == str(tmp_path / "data" / "xor-tydi-corpus")


def test_names_that_no_condition_has_are_refused(tmp_path: Path) -> None:
    known = [condition("xquad-e5")]
    with pytest.raises(UsageError, match="--local mlqa: nothing is called so here; there are xquad"):
        check_given(known, PlaceSettings(local={"mlqa": str(tmp_path)}))
    with pytest.raises(MissingInput, match="no such folder"):
        check_given(known, PlaceSettings(local={"xquad": str(tmp_path / "none")}))


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (["xqg", "show", "none.jsonl", "--id", "d1"], MissingInput, "ended with 4: .*none.jsonl"),
        (["xqg", "show"], XqgError, "ended with 2"),
        (["python", "-m", "pyserini.nothing"], XqgError, "pyserini.nothing"),
    ],
)
def test_a_command_that_fails_says_why(words: Sequence[str], error: type[XqgError], said: str) -> None:
    with pytest.raises(error, match=said) as raised:
        run_command(words, captured=True)
    assert type(raised.value) is error


def test_the_stamp_says_which_code_it_was() -> None:
    found = stamp()
    assert found["commit"] and found["packages"]["pyserini-xqg"]
    assert sys.version_info >= (3, 11) and len(found["date"]) == 10


def test_conditions_without_a_hub_are_told_apart() -> None:
    assert [name for name, each in conditions().items() if each.offline][:2] == ["demo", "xquad-e5"]
    assert not any(each.offline for name, each in conditions().items() if name.startswith("xor-tydi"))
