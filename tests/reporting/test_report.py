from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError, XqgError
from pyserini_xqg.evaluation.evaluate import evaluate_files
from pyserini_xqg.reporting.report import ReportFiles, make_report
from pyserini_xqg.reporting.tsv import as_tsv
from tests.reporting.conftest import Material, Page, alignment_summary, sweep_summary


def page_of(material: Material, **changed: Any) -> Page:
    make_report(material.files(**changed), material.output)
    return Page((material.output / "report.html").read_text(encoding="utf-8"))


def test_the_files_and_what_is_in_them(material: Material) -> None:
    written = make_report(material.files(), material.output)
    names = ["report.html", "report.json", "report.tsv", "sweeps.tsv", "alignments.tsv", "report.tex"]
    assert [file.name for file in written] == names
    assert sorted(file.name for file in material.output.iterdir()) == sorted(names)
    assert (material.output / "report.tsv").read_text() == as_tsv(evaluate_files(material.runs())) + "\n"
    found = json.loads((material.output / "report.json").read_text(encoding="utf-8"))
    assert found["kind"] == "xqg report"
    assert found["measures"]["RR@10"]["values"]["xqg"]["fi"] == pytest.approx((16 + 8 / 2) / 24)
    assert found["sweeps"][0]["tests"]["RR@10"]["values"]["chosen"]["mean"] == pytest.approx(17 / 24)
    assert found["alignments"][0]["measures"] == alignment_summary()["measures"]
    assert found["made"][0]["settings"] == {"augmentation": {"alpha": 0.3}}
    assert found["changes"][0]["questions"][0]["id"] == "fi8"
    tex = (material.output / "report.tex").read_text()
    assert tex.count(r"\begin{tabular}") == tex.count(r"\end{tabular}") == 4


def test_the_tables_of_sweeps_and_alignments_are_rows_too(material: Material) -> None:
    make_report(material.files(), material.output)
    sweeps = [line.split("\t") for line in (material.output / "sweeps.tsv").read_text().splitlines()]
    assert sweeps[0][:5] == ["sweep", "measure", "run", "against", "language"]
    assert {row[0] for row in sweeps[1:]} == {"sweep"} and len(sweeps) == 1 + 2 * 3 + 3
    alignments = [line.split("\t") for line in (material.output / "alignments.tsv").read_text().splitlines()]
    assert len(alignments) == 1 + 3 * 3 + 3 * 3
    make_report(material.files(sweeps=(), alignments=()), material.output)  # an earlier report gives way
    assert not (material.output / "sweeps.tsv").exists()


def test_the_same_input_gives_the_same_bytes(material: Material) -> None:
    texts = []
    for name in ("one", "two"):
        make_report(material.files(), material.folder / name)
        texts.append({file.name: file.read_bytes() for file in (material.folder / name).iterdir()})
    assert texts[0] == texts[1]


@pytest.mark.slow
def test_only_so_many_changed_questions_are_shown(material: Material) -> None:
    assert len(page_of(material, changes=3).all("article")) == 2 * 3
    assert "12 won, 2 lost; 3 shown." in page_of(material, changes=3).text
    none = page_of(material, changes=0)
    assert not none.all("article") and not none.all("section", id="changes")


@pytest.mark.parametrize("part", ["runs", "sweeps", "alignments"])
def test_each_part_can_be_alone(material: Material, part: str) -> None:
    alone = {name: getattr(material.files(), name) for name in (part,)}
    make_report(ReportFiles(**alone), material.output)
    page = Page((material.output / "report.html").read_text(encoding="utf-8"))
    assert page.problems == []
    sections = {each.get("id") for each in page.all("section")}
    expected = {"runs": {"summary", "runs", "changes"}, "sweeps": {"summary", "sweeps"}, "alignments": {"alignment"}}
    assert sections == {*expected[part], "made"}


def test_one_run_has_figures_and_no_comparison(material: Material) -> None:
    runs = material.runs(runs={"plain": material.folder / "plain.txt"}, controls=[])
    make_report(ReportFiles(runs=runs), material.output)
    page = Page((material.output / "report.html").read_text(encoding="utf-8"))
    assert page.problems == []
    assert {each.get("id") for each in page.all("section")} == {"runs", "made"}
    assert "25.0" in page.text and "differs" not in page.text


def _write(name: str, text: str) -> Callable[[Material], None]:
    def write(material: Material) -> None:
        (material.folder / name).write_text(text, encoding="utf-8")

    return write


def _without(*keys: str) -> str:
    found: Any = sweep_summary()
    place = found
    for key in keys[:-1]:
        place = place[key]
    del place[keys[-1]]
    return json.dumps(found)


@pytest.mark.parametrize(
    ("spoil", "changed", "error", "said"),
    [
        (None, {"sweeps": ["nowhere"]}, MissingInput, "sweep.json: cannot be read"),
        (_write("sweep/sweep.json", "{"), {}, InvalidInput, "not JSON"),
        (_write("sweep/sweep.json", "[]"), {}, InvalidInput, "a JSON list"),
        (_write("sweep/sweep.json", _without("overall")), {}, InvalidInput, "not what xqg sweep writes; 'overall'"),
        (_write("sweep/sweep.json", _without("curves", "RR@10", "subset")), {}, InvalidInput, "'subset' is missing"),
        (_write("sweep/sweep.json", '{"chosen": 3}'), {}, InvalidInput, "not what xqg sweep writes"),
        (None, {"alignments": ["nowhere.json"]}, MissingInput, "nowhere.json: cannot be read"),
        (_write("align.json", '{"kind": "index"}'), {}, InvalidInput, "its kind is 'index'; 'alignment'"),
        (_write("align.json", '{"kind": "alignment"}'), {}, InvalidInput, "'settings' is missing"),
        (_write("align.json", "nothing"), {}, InvalidInput, "not JSON"),
        (None, {"artifacts": ["nowhere"]}, MissingInput, "xqg.json: cannot be read"),
        (_write("index/xqg.json", '{"kind": "index", "settings": []}'), {}, InvalidInput, "not a manifest"),
        (_write("generated.jsonl", '{"id": "d8", "queries": 3}'), {}, InvalidInput, "generated.jsonl:1"),
        (None, {"queries": Path("nowhere")}, MissingInput, "nowhere"),
    ],
)
def test_bad_inputs_end_in_a_message(
    material: Material,
    spoil: Callable[[Material], None] | None,
    changed: dict[str, Any],
    error: type[XqgError],
    said: str,
) -> None:
    if spoil:
        spoil(material)
    given = {
        name: [material.folder / each for each in value] if isinstance(value, list) else value
        for name, value in changed.items()
    }
    with pytest.raises(error, match=re.escape(said)):
        make_report(material.files(**given), material.output)
    assert not material.output.exists()


def test_what_cannot_be_asked_for(material: Material) -> None:
    with pytest.raises(UsageError, match="nothing to report"):
        ReportFiles()
    with pytest.raises(UsageError, match="changes is -1"):
        material.files(changes=-1)
    with pytest.raises(UsageError, match="give runs"):
        material.files(runs=None)


@pytest.mark.parametrize("foreign", ["notes.txt", "report.json", "report.html"])
def test_a_folder_that_is_no_report_is_left_alone(material: Material, foreign: str) -> None:
    material.output.mkdir()
    (material.output / foreign).write_text('{"kind": "other"}')
    with pytest.raises(UsageError, match="is there and is no report"):
        make_report(material.files(), material.output)
    assert [file.read_text() for file in material.output.iterdir()] == ['{"kind": "other"}']
    with pytest.raises(UsageError, match="is no report"):
        make_report(material.files(), material.folder / "plain.txt")


@pytest.mark.slow
def test_a_report_that_was_not_finished_is_written_again(material: Material) -> None:
    make_report(material.files(), material.output)
    whole = (material.output / "report.html").read_bytes()
    (material.output / "report.html").unlink()
    (material.output / "report.tex.tmp").write_text("half")
    make_report(material.files(), material.output)
    assert (material.output / "report.html").read_bytes() == whole
    other = material.folder / "other"
    other.mkdir()
    (other / "report.json.tmp").write_text("half")
    make_report(material.files(), other)
    assert (other / "report.html").read_bytes() == whole
