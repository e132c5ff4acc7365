"""benchmarks/ablations.py on a collection of six paragraphs: see docs/ablations.md."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import sentence
from tests.generation.backends.lexicon.dict_format import write_dictionary

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "ablations.py"


@pytest.fixture
def xquad(tmp_path: Path) -> Path:
    folder = tmp_path / "xquad"
    folder.mkdir()
    for number, language in enumerate(("en", "es", "vi")):
        paragraphs = [
            {
                "context": sentence(100 * paragraph, 60),
                "qas": [
                    {"id": f"{paragraph}-{each}", "question": sentence(100 * paragraph + 20 * number + each, 6)}
                    for each in range(4)
                ],
            }
            for paragraph in range(6)
        ]
        (folder / f"xquad.{language}.json").write_text(json.dumps({"data": [{"title": "T", "paragraphs": paragraphs}]}))
    return folder


@pytest.mark.slow
def test_the_script_prints_its_tables_and_takes_the_curves_out_of_the_report(
    run_python, xquad, tiny_sentence_model, tmp_path
) -> None:
    words = {word: word[::-1] for number in range(6) for word in sentence(100 * number, 60).lower().split()}
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
    printed = run_python(SCRIPT, *given).stdout
    assert "Plain, mean of es:" in printed
    rows = [line.split(" | ")[0] for line in printed.splitlines() if line.startswith("| ")]
    assert rows.count("| 10") == 3
    assert rows.count("| human") == 2
    assert rows.count("| others") == 4
    names = {file.name for file in pictures.iterdir()}
    assert {"ablations-unit-length-num_queries.svg", "ablations-languages-subset.svg"} <= names
    for file in pictures.iterdir():
        assert ElementTree.parse(file).getroot().tag == "{http://www.w3.org/2000/svg}svg"
        assert "var(" not in file.read_text()
