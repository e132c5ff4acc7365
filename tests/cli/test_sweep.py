from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from tests.conftest import call, sentence


@pytest.fixture
def index(tiny_sentence_model, corpus, queries, tmp_path) -> Path:
    builder = XqgIndexBuilder(
        str(tiny_sentence_model), AugmentationSettings(alpha=0), IndexSettings(keep_first=(1,)), device="cpu"
    )
    builder.build(corpus, queries, tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def options(tmp_path) -> list[object]:
    """Topics in two languages and qrels, as options."""
    qrels, given = [], []
    for language, first in (("fi", 100), ("ru", 200)):
        lines = [f"{language}{number}\t{sentence(first + number, 4)}\n" for number in range(10)]
        (tmp_path / f"{language}.tsv").write_text("".join(lines), encoding="utf-8")
        qrels += [f"{language}{number} 0 d{number} 1\n" for number in range(10)]
        given += ["--topics", f"{language}={tmp_path / language}.tsv"]
    (tmp_path / "qrels.txt").write_text("".join(qrels))
    return [*given, "--qrels", tmp_path / "qrels.txt", "--device", "cpu", "--depth", 10]


def test_the_own_language_is_known_however_it_is_written(index, options, tmp_path, caplog) -> None:
    grids = []
    for number, (finnish, russian) in enumerate((("fi", "ru"), ("fin_Latn", "ru-RU"))):
        language_code.cache_clear()
        written = [str(each).replace("fi=", f"{finnish}=").replace("ru=", f"{russian}=") for each in options]
        output = tmp_path / f"sweep-{number}"
        grid = ("--alpha", "0.5", "--subsets", f"own,others,without-{russian}", "--output", output)
        assert call("sweep", "--index", index, *written, *grid) == 0
        grids.append((output / "grid.tsv").read_text())
        folded = [message for message in caplog.messages if "is taken as" in message]
        assert len(folded) == 2 * number
    assert grids[0] == grids[1]


def test_a_sweep_prints_the_choice_and_writes_the_grid(index, options, tmp_path, capsys) -> None:
    grid = [
        "--alpha",
        "0,0.2,0.6",
        "--reduce-hubness",
        "0,0.5",
        "--subsets",
        "all,each-left-out",
        "--aggregate",
        "mean",
    ]
    output = tmp_path / "sweep"
    assert call("sweep", "--index", index, *options, *grid, "--measure", "RR@10,Success@1", "--output", output) == 0
    printed = capsys.readouterr().out
    points = 1 + 3 * 2 * (2 + 3)  # subsets, numbers (1, all), and alpha 0 twice is the plain index
    assert f"{points} points; chosen on the questions of the other folds:" in printed
    for word in ("RR@10 (%)", "Success@1 (%)", "Finnish (fi)", "hubness alone", "chosen - queries alone"):
        assert word in printed
    lines = [line.split("\t") for line in (output / "grid.tsv").read_text().splitlines()]
    assert lines[0] == ["measure", "alpha", "hubness", "num_queries", "subset", "language", "questions", "value"]
    assert len(lines) == 1 + points * 2 * 3
    summary = json.loads((output / "sweep.json").read_text())
    assert len(summary["chosen"]) == 5
    assert summary["tests"]["RR@10"]["questions"] == {"fi": 10, "ru": 10}
    best = summary["overall"]
    value = max(float(line[7]) for line in lines[1:] if line[0] == "RR@10" and line[5] == "mean")
    for axis, curve in summary["curves"]["RR@10"].items():
        (here,) = [each for each in curve if each[axis] == best[axis]]
        assert here["mean"] == pytest.approx(value, abs=1e-6)
    assert call("sweep", "--index", index, *options, *grid, "--output", output) == 0  # an earlier sweep gives way


def test_dev_questions_choose(index, options, tmp_path, capsys) -> None:
    dev = ["--dev-topics", f"ru={tmp_path / 'ru.tsv'}", "--dev-qrels", tmp_path / "qrels.txt"]
    assert call("sweep", "--index", index, *options[:2], *options[4:], *dev, "--num-queries", "1,all") == 0
    printed = capsys.readouterr().out
    assert "chosen on the dev questions:" in printed
    assert "Finnish (fi)" in printed and "Russian (ru)" not in printed
    assert "Success@1" in printed and "RR@10" in printed  # the defaults


def test_texts_are_measured_with_a_gold_file(index, corpus, options, tmp_path, capsys) -> None:
    gold = "".join(
        json.dumps({"id": f"fi{number}", "lang": "fi", "question": "q", "answers": [sentence(number, 2)]}) + "\n"
        for number in range(10)
    )
    (tmp_path / "gold.jsonl").write_text(gold, encoding="utf-8")
    asked = ("sweep", "--index", index, *options[:2], "--device", "cpu")
    texts = ("--gold", tmp_path / "gold.jsonl", "--corpus", corpus)
    # All passages there are have fewer tokens.
    assert call(*asked, *texts) == 0
    assert "R@2kt" in capsys.readouterr().out
    assert call(*asked, *texts, "--depth", 10) == 2
    assert "R@5kt looks at 5,000 tokens, and the first 10 passages" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (["--alpha", "0.1,x"], 2, "--alpha is '0.1,x': numbers separated by commas"),
        (["--alpha", "2"], 2, "alpha is 2.0"),
        (["--num-queries", "1,7"], 2, "the first 7 queries were not kept; there are those of 1, all"),
        (["--num-queries", "few"], 2, "whole numbers"),
        (["--subsets", "mine"], 2, "'mine' is no subset"),
        (["--measure", "Best@1"], 2, "no measure"),
        (["--measure", "R@2kt"], 2, "give --corpus"),
        (["--folds", "11"], 2, "11 folds: from 2 to 10"),
        (["--topics", "nothing"], 2, "--topics nothing: two things joined by an equals sign"),
        (["--dev-topics", "fi=x.tsv"], 2, "give both, or none"),
        (["--output", "."], 2, "is no sweep"),
    ],
)
def test_mistakes_end_in_a_message(index, options, given, code, message, capsys) -> None:
    assert call("sweep", "--index", index, *options, *given) == code
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error


def test_an_index_without_vectors_is_refused(tiny_sentence_model, corpus, options, tmp_path, capsys) -> None:
    XqgIndexBuilder(str(tiny_sentence_model), AugmentationSettings(alpha=0), device="cpu").build(
        corpus, None, tmp_path / "plain"
    )
    assert call("sweep", "--index", tmp_path / "plain", *options) == 4
    assert "--keep-vectors" in capsys.readouterr().err


def test_index_keeps_the_sums_of_the_first_queries(tiny_sentence_model, corpus, queries, tmp_path) -> None:
    given = ["--corpus", corpus, "--queries", queries, "--encoder", tiny_sentence_model, "--device", "cpu"]
    assert call("index", *given, "--output", tmp_path / "out", "--keep-first", "2, 1") == 0
    assert {file.name for file in (tmp_path / "out" / "vectors").glob("*.fi.*")} == {
        "counts.fi.npy",
        "queries.fi.npy",
        "queries.fi.first-1.npy",
        "queries.fi.first-2.npy",
    }
    assert call("index", *given, "--output", tmp_path / "other", "--keep-first", "0") == 2
