"""benchmarks/ablations.py and choose_settings.py on a few paragraphs: see docs/ablations.md and docs/sweeps.md."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pyserini_xqg.reporting.sweep.files import read_sweep
from tests.conftest import sentence, write_lines
from tests.generation.backends.lexicon.dict_format import write_dictionary

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def xquad(tmp_path: Path) -> Path:
    folder = tmp_path / "xquad"
    folder.mkdir()
    for number, language in enumerate(("en", "es", "vi")):
        paragraphs = [
            {
                "context": sentence(101 * paragraph, 60),
                "qas": [
                    {"id": f"{paragraph}-{each}", "question": sentence(101 * paragraph + 20 * number + each, 6)}
                    for each in range(4)
                ],
            }
            for paragraph in range(12)
        ]
        (folder / f"xquad.{language}.json").write_text(json.dumps({"data": [{"title": "T", "paragraphs": paragraphs}]}))
    return folder


@pytest.mark.slow
def test_the_script_prints_its_tables_and_takes_the_curves_out_of_the_report(
    run_python, xquad, tiny_sentence_model, tmp_path
) -> None:
    words = {word: word[::-1] for number in range(12) for word in sentence(101 * number, 60).lower().split()}
    write_dictionary(tmp_path / "dictionaries", "freedict-eng-spa", words)
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    options = {
        "xquad": xquad,
        "dictionaries": tmp_path / "dictionaries",
        "model": tiny_sentence_model,
        "work": tmp_path / "work",
        "pictures": pictures,
    }
    given = [argument for name, value in options.items() for argument in (f"--{name}", str(value))]
    printed = run_python(BENCHMARKS / "ablations.py", *given).stdout
    assert "Plain, mean of es:" in printed
    rows = [line.split(" | ")[0] for line in printed.splitlines() if line.startswith("| ")]
    assert rows.count("| 10") == 1
    assert rows.count("| human") == 1
    assert rows.count("| others") == 4
    kinds = ("unit-length-num_queries", "unit-length-alpha", "sum-alpha", "languages-subset")
    # A plain index that is chosen has no curve over numbers of queries.
    assert (
        {"ablations-sum-alpha.svg"}
        <= {file.name for file in pictures.iterdir()}
        <= {f"ablations-{kind}.svg" for kind in kinds}
    )
    for file in pictures.iterdir():
        assert ElementTree.parse(file).getroot().tag == "{http://www.w3.org/2000/svg}svg"
        assert "var(" not in file.read_text()


@pytest.mark.slow
def test_settings_are_chosen_on_a_share_of_each_collection(run_python, xquad, tiny_sentence_model, tmp_path) -> None:
    write_dictionary(tmp_path / "dictionaries", "freedict-eng-spa", {"river": "río", "water": "agua", "old": "viejo"})
    afriqa = tmp_path / "afriqa"
    afriqa.mkdir()
    for number, split in enumerate(("train", "dev")):
        lines = [
            {"context": sentence(100 * number + each, 30), "title": "T", "question_lang": sentence(each, 5)}
            for each in range(24)
        ]
        write_lines(afriqa / f"gold_span_passages.afriqa.hau.en.{split}.json", lines)
    work = tmp_path / "work"
    options = ["--mlqa", xquad, "--afriqa", afriqa, "--dictionaries", tmp_path / "dictionaries", "--work", work]
    shares = ["--every", "mlqa=2", "--every", "afriqa=4", "--languages", "afriqa=es", "--num-queries", "2"]
    printed = run_python(
        BENCHMARKS / "choose_settings.py", *options, *shares, "--alpha", "0.3", "--model", tiny_sentence_model
    ).stdout
    assert printed.count("on all questions:") == 4
    assert "best on mlqa (" in printed
    counted = {name: len((work / name / "corpus.jsonl").read_text().splitlines()) for name in ("mlqa", "afriqa")}
    assert counted == {"mlqa": 6, "afriqa": 6}
    assert read_sweep(work / "afriqa" / "sweep-best").points > 4
