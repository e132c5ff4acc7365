from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytrec_eval

from pyserini_xqg.evaluation.files.xor_retrieve import read_gold, read_predictions
from pyserini_xqg.evaluation.measures.xor_retrieve import evaluate
from tests.conftest import Run, call, write_lines

FINNISH = [f"fi{n}" for n in range(10)]
RUSSIAN = ["ru0", "ru1"]
QUESTIONS = [*FINNISH, *RUSSIAN]
# Rank at which each run finds the passage of a question, 0 for never.
RANKS = {
    "plain": [1, 1, 2, 2, 2, 2, 2, 2, 2, 0, 1, 2],
    "xqg": [1, 2, 1, 1, 1, 1, 1, 1, 1, 0, 2, 1],
    "shuffled": [1, 1, 1, 1, 1, 1, 1, 2, 2, 0, 1, 2],
}


def ranking(question: str, rank: int) -> list[str]:
    others = ["dx", "dy"]
    return others if rank == 0 else [*others[: rank - 1], f"d{question}", *others[rank - 1 :]]


def run_text(rankings: dict[str, Sequence[str]]) -> str:
    return "".join(
        f"{question} Q0 {passage} {rank} {10 - rank} t\n"
        for question, ranked in rankings.items()
        for rank, passage in enumerate(ranked, start=1)
    )


class Files:
    """The files of an evaluation."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name, ranks in RANKS.items():
            self.text(name, run_text({q: ranking(q, rank) for q, rank in zip(QUESTIONS, ranks, strict=True)}))
        self.text("qrels", "".join(f"{q} 0 d{q} 1\n" for q in QUESTIONS))
        self.text("fi", "".join(f"{q}\tmikä {q}?\n" for q in FINNISH))
        self.text("ru", "".join(f"{q}\tчто {q}?\n" for q in RUSSIAN))
        passages = [{"id": f"d{q}", "text": f"The answer is w{q} w."} for q in QUESTIONS]
        write_lines(folder / "corpus", [*passages, {"id": "dx", "text": "x " * 2100}, {"id": "dy", "text": "y"}])
        write_lines(folder / "gold", [self.gold(q) for q in QUESTIONS])

    @staticmethod
    def gold(question: str, answers: Sequence[str] | None = None) -> dict[str, object]:
        given = [f"w{question} w"] if answers is None else answers
        return {"id": question, "question": "?", "answers": given, "lang": question[:2], "split": "dev"}

    def text(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def bytes(self, name: str, content: bytes) -> Path:
        file = self.folder / name
        file.write_bytes(content)
        return file

    def lines(self, name: str, values: Sequence[object]) -> Path:
        return write_lines(self.folder / name, values)

    def runs(self, *names: str) -> list[object]:
        return [part for name in names for part in ("--run", f"{name}={self.folder / name}")]

    def qrels(self, *names: str) -> list[object]:
        topics = [part for name in ("fi", "ru") for part in ("--topics", f"{name}={self.folder / name}")]
        return ["evaluate", *self.runs(*names), "--qrels", self.folder / "qrels", *topics]

    def tokens(self, *names: str) -> list[object]:
        return ["evaluate", *self.runs(*names), "--gold", self.folder / "gold", "--corpus", self.folder / "corpus"]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_the_table_by_hand(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*files.qrels("plain", "xqg", "shuffled"), "--control", "shuffled=xqg", "--measure", "Success@1") == 0
    rows = [" ".join(line.split()) for line in printed(capsys).splitlines()]
    header = "Success@1 (%) questions plain xqg difference won/lost p | shuffled xqg - shuffled p"
    assert rows[0] == header
    # 7 won, 1 lost of 8: 2 * 9 / 256, twice for Holm; against the control 2 won (fi7, fi8), 1 lost (fi1).
    assert rows[1] == "Finnish (fi) 10 20.0 80.0 +60.0 7/1 0.141 | 70.0 +10.0 1.000"
    assert rows[2] == "Russian (ru) 2 50.0 50.0 +0.0 1/1 1.000 | 50.0 +0.0 1.000"
    assert rows[3] == "mean of the languages 12 35.0 65.0 +30.0 0.518 | 60.0 +5.0 1.000"
    said = "\n".join(rows[4:])
    assert "xqg - plain, mean of the languages: +30.0, 95% interval " in said
    assert "xqg - shuffled, mean of the languages: +5.0, 95% interval " in said
    assert "gains as much" not in said
    assert "p: exact McNemar test, Holm-corrected over 2 languages; of a mean: randomisation, not corrected;" in said
    assert "t-test" not in said


def test_conditions_that_are_runs_and_controls_at_once_are_in_one_table(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hubness reduction alone, queries alone, and both: what each adds to the other."""
    for name, ranks in {
        "hubness": [1, 1, 1, 2, 2, 2, 2, 2, 2, 0, 1, 2],
        "both": [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1],
    }.items():
        files.text(name, run_text({q: ranking(q, rank) for q, rank in zip(QUESTIONS, ranks, strict=True)}))
    asked = files.qrels("plain", "hubness", "xqg", "both", "shuffled")
    controls = ("--control", "hubness=both", "--control", "xqg=both", "--control", "shuffled=xqg")
    assert call(*asked, *controls, "--measure", "Success@1") == 0
    rows = [" ".join(line.split()) for line in printed(capsys).splitlines()]
    assert rows[0] == "Success@1 (%) questions plain hubness xqg both shuffled"
    # 7 won, 1 lost of xqg: p 0.035, twice for Holm; 7 won, none lost of both: 0.016, twice.
    assert rows[1] == "Finnish (fi) 10 20.0 30.0 80.0 90.0+ 70.0"
    assert rows[3] == "mean of the languages 12 35.0 40.0 65.0 95.0+ 60.0"
    assert rows[5] == "+ above plain, - below it, p < 0.05"
    xqg = rows.index("Success@1 (%) questions plain xqg difference won/lost p | shuffled xqg - shuffled p")
    assert rows[xqg + 1] == "Finnish (fi) 10 20.0 80.0 +60.0 7/1 0.141 | 70.0 +10.0 1.000"
    both = rows.index(
        "Success@1 (%) questions plain both difference won/lost p | hubness both - hubness p | xqg both - xqg p"
    )
    assert rows[both + 1] == "Finnish (fi) 10 20.0 90.0 +70.0 7/0 0.031* | 30.0 +60.0 0.062 | 80.0 +10.0 1.000"


@pytest.mark.slow
def test_groups_of_languages_have_rows_of_their_own(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [*files.qrels("plain", "xqg"), "--measure", "Success@1", "--group", "weak=Russian", "--group", "both=fi,ru"]
    assert call(*asked) == 0
    rows = [" ".join(line.split()) for line in printed(capsys).splitlines()]
    assert rows[3:6] == [
        "mean of the languages 12 35.0 65.0 +30.0 0.518",
        "weak 2 50.0 50.0 +0.0 1.000",
        "both 12 35.0 65.0 +30.0 0.518",
    ]
    assert call(*asked, "--json") == 0
    found = json.loads(printed(capsys))["Success@1"]
    assert found["groups"] == {"weak": ["ru"], "both": ["fi", "ru"]} and found["values"]["xqg"]["weak"] == 0.5
    assert found["differences"][0]["languages"]["both"] == found["differences"][0]["languages"]["mean"]
    assert call(*files.tokens("plain", "xqg"), "--measure", "R@2kt", "--group", "weak=ru") == 0
    assert "weak" in printed(capsys)
    assert call(*asked[:-2], "--group", "weak=fi") == 2
    assert "weak is there twice" in capsys.readouterr().err


def test_the_table_of_a_graded_measure_and_a_control_that_gains_as_much(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    files.text("shuffled", (files.folder / "xqg").read_text(encoding="utf-8"))
    assert call(*files.qrels("plain", "xqg", "shuffled"), "--control", "shuffled=xqg", "--measure", "RR@10") == 0
    said = printed(capsys)
    rows = [" ".join(line.split()) for line in said.splitlines()]
    assert rows[0].startswith("RR@10 (%) questions plain xqg difference won/lost p t-test | shuffled")
    # fi: (2 + 7 / 2) / 10 against (1 + 1 / 2 + 7) / 10.
    assert rows[1].startswith("Finnish (fi) 10 55.0 85.0 +30.0 7/1 ")
    assert rows[1].endswith("| 85.0 +0.0! 1.000")
    assert rows[2].endswith("| 75.0 +0.0 1.000")
    assert rows[3].endswith("| 80.0 +0.0! 1.000")
    assert "! shuffled gains as much as xqg or more: Finnish (fi), mean of the languages." in said
    assert "paired randomisation test, Holm-corrected" in said
    assert "t-test: the paired t-test, likewise." in said


def test_a_significant_difference_has_a_star(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    many = [f"fi{n}" for n in range(20)]
    files.text("qrels", "".join(f"{q} 0 d{q} 1\n" for q in many))
    for name, rank in (("plain", 2), ("xqg", 1)):
        files.text(name, run_text({q: ranking(q, rank) for q in many}))
    command = ["evaluate", *files.runs("plain", "xqg"), "--qrels", files.folder / "qrels"]
    assert call(*command) == 0
    rows = [" ".join(line.split()) for line in printed(capsys).splitlines()]
    assert "all questions 20 0.0 100.0 +100.0 20/0 <0.001*" in rows
    assert "all questions 20 50.0 100.0 +50.0 20/0 <0.001* -" in rows
    assert "xqg - plain, difference: +100.0, 95% interval +100.0 to +100.0" in rows
    assert not [row for row in rows if row.startswith("mean of the languages")]


def test_tsv_has_every_figure_unrounded(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    command = [*files.qrels("plain", "xqg", "shuffled"), "--control", "shuffled=xqg", "--format", "tsv"]
    assert call(*command) == 0
    rows = list(csv.DictReader(io.StringIO(printed(capsys)), delimiter="\t"))
    # Two measures of two languages and the mean: three runs, two against the baseline, one against its control.
    assert len(rows) == 2 * 3 * (3 + 3)
    found = {(row["measure"], row["run"], row["against"], row["language"]): row for row in rows}
    assert float(found["Success@1", "xqg", "", "mean"]["value"]) == pytest.approx(0.65)
    against = found["Success@1", "xqg", "plain", "fi"]
    assert (against["won"], against["tied"], against["lost"], against["test"]) == ("7", "2", "1", "mcnemar")
    assert [float(against[name]) for name in ("p", "p_holm")] == pytest.approx([18 / 256, 36 / 256])
    assert against["t_test"] == against["value"] == ""
    assert float(against["low"]) < float(against["difference"]) < float(against["high"])
    mean = found["RR@10", "xqg", "plain", "mean"]
    assert float(mean["low"]) < float(mean["difference"]) < float(mean["high"])
    assert float(found["RR@10", "xqg", "plain", "fi"]["t_test"]) > 0
    assert found["Success@1", "xqg", "shuffled", "fi"]["questions"] == "10"


def test_json_has_the_same(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    command = [*files.qrels("plain", "xqg", "shuffled"), "--control", "xqg=shuffled", "--json"]
    assert call(*command) == 0
    without = json.loads(printed(capsys))
    assert list(without) == ["Success@1", "RR@10"]
    found = without["Success@1"]
    assert (found["baseline"], found["questions"]) == ("plain", {"fi": 10, "ru": 2})
    assert found["values"]["xqg"] == pytest.approx({"fi": 0.8, "ru": 0.5, "mean": 0.65})
    assert [(each["run"], each["against"]) for each in found["differences"]] == [
        ("xqg", "plain"),
        ("shuffled", "plain"),
        ("shuffled", "xqg"),
    ]
    assert found["differences"][0]["languages"]["fi"]["won"] == 7
    assert found["controls"] == [{"run": "shuffled", "control": "xqg", "not_above": ["fi", "mean"]}]
    assert "changed" not in found["differences"][0]
    assert call(*command, "--changed") == 0
    changed = json.loads(printed(capsys))["Success@1"]["differences"][0]["changed"]
    assert changed[0] == {"question": "fi1", "language": "fi", "before": 1, "after": 0}


def test_changed_questions_in_text_and_tsv(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    command = [*files.qrels("plain", "xqg"), "--measure", "RR@10", "--changed"]
    assert call(*command) == 0
    lines = printed(capsys).splitlines()
    start = lines.index("RR@10: questions on which xqg differs from plain")
    assert [line.split() for line in lines[start + 1 : start + 4]] == [
        ["language", "question", "plain", "xqg"],
        ["fi", "fi1", "1", "0.5"],
        ["fi", "fi2", "0.5", "1"],
    ]
    assert call(*command, "--format", "tsv") == 0
    rows = printed(capsys).splitlines()
    assert rows[0].split("\t") == ["measure", "run", "against", "language", "question", "before", "after"]
    assert rows[1].split("\t") == ["RR@10", "xqg", "plain", "fi", "fi1", "1.0", "0.5"]
    assert len(rows) == 1 + 10
    same = [*files.qrels("plain"), "--run", f"again={files.folder / 'plain'}", "--changed", "--measure", "Success@1"]
    assert call(*same) == 0
    assert "Success@1: questions on which again differs from plain: none" in printed(capsys)


def test_another_baseline_and_a_single_run(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*files.qrels("plain", "xqg"), "--baseline", "xqg", "--measure", "Success@1") == 0
    said = printed(capsys)
    assert " ".join(said.splitlines()[1].split()) == "Finnish (fi) 10 80.0 20.0 -60.0 1/7 0.141"
    assert call(*files.qrels("xqg"), "--measure", "Success@1, P@1", "--measure", "nDCG@10") == 0
    assert [" ".join(line.split()) for line in printed(capsys).splitlines()][:5] == [
        "Success@1 (%) questions xqg",
        "Finnish (fi) 10 80.0",
        "Russian (ru) 2 50.0",
        "mean of the languages 12 65.0",
        "",
    ]


def test_values_above_one_are_no_per_cents(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*files.qrels("plain", "xqg"), "--measure", "NumRet") == 0
    lines = printed(capsys).splitlines()
    assert lines[0].startswith("NumRet  ") and "%" not in lines[0]
    assert " ".join(lines[2].split()).startswith("Russian (ru) 2 3.000 3.000 +0.000 0/0")


# plain finds fi2 to fi8 and ru1 after 2,100 tokens.
def test_r_at_kt_is_official(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    exported = files.folder / "plain.json"
    command = [*files.tokens("plain", "xqg"), "--write-predictions", f"plain={exported}"]
    assert call(*command) == 0
    rows = [" ".join(line.split()) for line in printed(capsys).splitlines()]
    assert "R@2kt (%) questions plain xqg difference won/lost p" in rows
    assert "Finnish (fi) 10 20.0 80.0 +60.0 7/1 0.141" in rows
    assert "Finnish (fi) 10 90.0 90.0 +0.0 0/0 1.000" in rows
    official = evaluate(read_gold(files.folder / "gold"), read_predictions(exported))
    assert (official.recall(2000), official.mean_recall(2000)) == ({"fi": 20.0, "ru": 50.0}, 35.0)
    assert not [row for row in rows if "official" in row]
    assert f"mean of the languages 12 {official.mean_recall(2000):.1f} 65.0 +30.0 0.518" in rows
    # Read back, the predictions are the run.
    given = ["evaluate", "--predictions", f"read={exported}", "--gold", files.folder / "gold"]
    assert call(*given, *files.runs("xqg"), "--corpus", files.folder / "corpus", "--baseline", "read") == 0
    assert [" ".join(line.split()) for line in printed(capsys).splitlines()][1:4] == rows[1:4]
    assert call(*given, "--json") == 0
    assert json.loads(printed(capsys))["R@5kt"]["values"] == {"read": {"fi": 0.9, "ru": 1.0, "mean": 0.95}}


def test_questions_without_prediction_are_left_out_officially_and_are_misses_in_tests(
    files: Files, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    kept = {
        q: ranking(q, rank) for q, rank in zip(QUESTIONS, RANKS["xqg"], strict=True) if q not in ("fi1", "fi2", "ru0")
    }
    files.text("xqg", run_text(kept))
    assert call(*files.tokens("plain", "xqg"), "--measure", "R@2kt") == 0
    rows = [" ".join(line.split()) for line in printed(capsys).splitlines()]
    # 7 of the 8 answered in fi, 1 of 1 in ru; in the test 7 of 10 and 1 of 2.
    assert rows[1].startswith("Finnish (fi) 10 20.0 87.5 +50.0 6/1 ")
    assert rows[2].startswith("Russian (ru) 2 50.0 100.0 +0.0 1/1 ")
    assert rows[3] == "mean of the languages 12 35.0 93.8 +25.0 0.559"
    assert rows[-2].startswith("The figures of xqg are those of the official script")
    assert caplog.messages == [
        "xqg: no ranking of 3 of the 12 questions (fi 2, ru 1); they count as misses",
        "xqg: the official script passes over the 3 questions without a prediction, and so do the figures of xqg; "
        "differences and tests count them as misses",
    ]


def test_unknown_questions_count_in_r_at_kt_no_more_than_officially(
    files: Files, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    rankings = {q: ranking(q, rank) for q, rank in zip(QUESTIONS, RANKS["xqg"], strict=True)}
    files.text("xqg", run_text({"unknown": ["nowhere"], **rankings}))
    exported = files.folder / "xqg.json"
    assert call(*files.tokens("xqg"), "--json", "--write-predictions", f"xqg={exported}") == 0
    assert json.loads(printed(capsys))["R@2kt"]["values"]["xqg"] == {"fi": 0.8, "ru": 0.5, "mean": 0.65}
    assert [prediction.id for prediction in read_predictions(exported)] == QUESTIONS
    assert caplog.messages == ["xqg: 1 of its 13 questions are unknown (unknown); they do not count"]


def test_a_language_without_any_prediction_has_no_official_figure(
    files: Files, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    files.text("xqg", run_text({q: ranking(q, 1) for q in FINNISH}))
    assert call(*files.tokens("plain", "xqg"), "--measure", "R@2kt") == 0
    rows = [" ".join(line.split()) for line in printed(capsys).splitlines()]
    assert rows[2].startswith("Russian (ru) 2 50.0 - -50.0 0/1 ")
    assert rows[3].startswith("mean of the languages 12 35.0 100.0 ")
    assert "xqg: no ranking of 2 of the 12 questions (ru all 2); they count as misses" in caplog.messages


def test_odd_gold_and_predictions_are_told(
    files: Files, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    files.lines(
        "gold", [files.gold("fi0"), files.gold("fi1", ["", "x"]), files.gold("ru0"), files.gold("ru1", ["yes"])]
    )
    rows = [("fi0", "fi", ["wfi0 w"]), ("fi0", "fi", [""]), ("fi1", "fi", []), ("ru0", "te", ["wru0 w"])]
    predictions = [dict(zip(("id", "lang", "ctxs"), row, strict=True)) for row in rows]
    file = files.text("predictions.json", json.dumps(predictions))
    command = ["evaluate", "--predictions", f"p={file}", "--gold", files.folder / "gold", "--measure", "R@2kt"]
    assert call(*command, "--json") == 0
    # As the official script: fi 2 of 3, te 1 of 1, and so no figure in ru.
    values = json.loads(printed(capsys))["R@2kt"]["values"]["p"]
    assert values == {"fi": pytest.approx(2 / 3), "ru": None, "te": 1.0, "mean": pytest.approx(5 / 6)}
    assert caplog.messages == [
        "1 of the 4 gold questions have no answer but yes and no (ru1); R@kt does not count them",
        "1 of the 4 gold questions have an empty answer (fi1), which R@kt finds in any text, as the official script "
        "does; correct the file",
        "p: 1 predictions are of a question that was there before; the official script, and so the figures, count them "
        "all, differences and tests the first",
        "p: 1 predictions name another language than the gold file (ru0); the official script, and so the figures, go "
        "by theirs, differences and tests by the gold file's",
    ]


def test_what_does_not_match_is_counted_and_told(
    files: Files, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    files.text("qrels", "".join(f"{q} 0 d{q} 1\n" for q in [*QUESTIONS[:-1], "j"]))
    with (files.folder / "xqg").open("a", encoding="utf-8") as handle:
        handle.write("".join(f"u{n} Q0 d 1 1 t\n" for n in range(4)))
    files.text("other", run_text({q: ["elsewhere"] for q in QUESTIONS}))
    assert call(*files.qrels("plain", "xqg", "other"), "--measure", "Success@1") == 0
    assert " ".join(printed(capsys).splitlines()[2].split()).startswith("Russian (ru) 1 ")
    assert caplog.messages == [
        "1 of the 12 questions of the topics are not judged in the qrels (ru1); they do not count",
        "1 of the 12 questions of the qrels are not in the topics (j); they do not count",
        "xqg: 4 of its 16 questions are unknown (u0, u1, u2, ...); they do not count",
        "other: none of its passages (elsewhere) is in the qrels (dfi0, dfi1, dfi2, ...); are the ids those of another "
        "corpus?",
    ]


def test_gold_says_the_languages_of_ranked_questions_too(
    files: Files, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    command = [
        "evaluate",
        *files.runs("plain", "xqg"),
        "--qrels",
        files.folder / "qrels",
        "--gold",
        files.folder / "gold",
    ]
    assert call(*command, "--json") == 0
    assert list(json.loads(printed(capsys))) == ["Success@1", "RR@10"]
    assert call(*command, "--json", "--corpus", files.folder / "corpus") == 0
    found = json.loads(printed(capsys))
    assert list(found) == ["Success@1", "RR@10", "R@2kt", "R@5kt"]
    assert found["Success@1"]["questions"] == {"fi": 10, "ru": 2}
    assert not caplog.messages


@pytest.mark.slow
def test_results_go_to_standard_output_and_notes_to_standard_error(files: Files, run_python: Run) -> None:
    files.text("xqg", run_text({"fi0": ranking("fi0", 1)}))
    done = run_python("-m", "pyserini_xqg", *files.qrels("plain", "xqg"), "--format", "tsv")
    assert done.stdout.startswith("measure\trun\t")
    assert done.stderr == "xqg: no ranking of 11 of the 12 questions (fi 9, ru all 2); they count as misses\n"


TWO = ("plain", "xqg")
OTHER_PREDICTIONS = '[{"id": "q", "lang": "fi", "ctxs": []}]'
BAD: list[tuple[str, int, str, Callable[[Files], Sequence[Any]]]] = [
    ("no run", 2, "there is no run; name one", lambda f: f.qrels()),
    ("no qrels", 2, "Success@1 needs qrels", lambda f: [*f.tokens(*TWO), "--measure", "Success@1"]),
    (
        "nothing to score by",
        2,
        "qrels, or a gold file of XOR-Retrieve, are needed",
        lambda f: ["evaluate", *f.runs(*TWO)],
    ),
    ("a run without a name", 2, "--run plain.txt: two things joined", lambda f: [*f.qrels(), "--run", "plain.txt"]),
    ("a run without a file", 2, "--run plain=: two things joined", lambda f: [*f.qrels(), "--run", "plain="]),
    ("a name twice", 2, "plain is there twice", lambda f: f.qrels("plain", "plain")),
    (
        "an unknown baseline",
        2,
        "there is no run 'x'; the runs are plain",
        lambda f: [*f.qrels("plain"), "--baseline", "x"],
    ),
    ("an unknown control", 2, "there is no run 'x'", lambda f: [*f.qrels(*TWO), "--control", "x=xqg"]),
    ("a control of the baseline", 2, "cannot be the control", lambda f: [*f.qrels(*TWO), "--control", "xqg=plain"]),
    ("an unknown measure", 2, "'X@3' is no measure", lambda f: [*f.qrels(*TWO), "--measure", "RR@10,X@3"]),
    ("an unknown format", 2, "--format", lambda f: [*f.qrels(*TWO), "--format", "xml"]),
    ("R@kt without gold", 2, "R@2kt needs the answers", lambda f: [*f.qrels(*TWO), "--measure", "R@2kt"]),
    ("R@kt without texts", 2, "the corpus", lambda f: [*f.tokens(*TWO)[:-2], "--measure", "R@2kt"]),
    ("topics with gold", 2, "leave out the topics", lambda f: [*f.qrels(*TWO), "--gold", f.folder / "gold"]),
    ("qrels for nothing", 2, "are not needed", lambda f: [*f.tokens(*TWO), "--qrels", "q", "--measure", "R@2kt"]),
    (
        "predictions and ranks",
        2,
        "needs the ids of passages, which predictions (p) have not",
        lambda f: [*f.qrels("plain"), "--predictions", f"p={f.text('p', '[]')}"],
    ),
    (
        "predictions of no run",
        2,
        "'p' lacks one of them",
        lambda f: [*f.tokens("plain"), "--write-predictions", "p=out.json"],
    ),
    ("no such run", 4, "nowhere: cannot be read", lambda f: f.qrels("plain", "nowhere")),
    ("no such qrels", 4, "nowhere: cannot be read", lambda f: [*f.qrels("plain"), "--qrels", "nowhere"]),
    ("no such topics", 4, "nowhere: cannot be read", lambda f: [*f.qrels("plain"), "--topics", "sw=nowhere"]),
    ("no such gold", 4, "nowhere: cannot be read", lambda f: [*f.tokens("plain"), "--gold", "nowhere"]),
    ("no such corpus", 4, "nowhere: no such file", lambda f: [*f.tokens("plain"), "--corpus", "nowhere"]),
    ("a folder as a run", 4, "cannot be read", lambda f: [*f.qrels(), "--run", f"x={f.folder}"]),
    (
        "a line twice",
        5,
        "new:2: the passage d is there twice for question fi0",
        lambda f: [*f.qrels("plain"), "--run", f"x={f.text('new', 'fi0 Q0 d 1 2 t' + chr(10) + 'fi0 Q0 d 2 1 t')}"],
    ),
    (
        "ranks that fall",
        5,
        "sort the run",
        lambda f: [*f.qrels("plain"), "--run", f"x={f.text('new', 'fi0 Q0 d 2 2 t' + chr(10) + 'fi0 Q0 e 1 1 t')}"],
    ),
    ("qrels as a run", 5, "the six columns", lambda f: [*f.qrels("plain"), "--run", f"x={f.folder / 'qrels'}"]),
    ("a run as qrels", 5, "the four columns", lambda f: [*f.qrels("plain"), "--qrels", f.folder / "plain"]),
    (
        "a run in UTF-16",
        5,
        "not UTF-8",
        lambda f: [*f.qrels(), "--run", f"x={f.bytes('new', 'fi0 Q0 d 1 2 t'.encode('utf-16'))}"],
    ),
    (
        "a run in Latin 1",
        5,
        "not UTF-8",
        lambda f: [*f.qrels(), "--run", f"x={f.bytes('new', 'fi0 Q0 ä 1 2 t'.encode('latin-1'))}"],
    ),
    (
        "a damaged gzip",
        5,
        "damaged gzip",
        lambda f: [*f.qrels(), "--run", f"x={f.bytes('new.gz', gzip.compress(bytes(1000))[:20])}"],
    ),
    ("an empty run", 5, "no line; a TREC run", lambda f: [*f.qrels(), "--run", f"x={f.text('new', '')}"]),
    (
        "a run of other questions",
        5,
        "x: none of its 1 questions (q) is among the 12 that count (fi0, fi1, fi2, ...)",
        lambda f: [*f.qrels("plain"), "--run", f"x={f.text('new', 'q Q0 d 1 2 t')}"],
    ),
    (
        "the same for R@kt",
        5,
        "x: none of its 1 questions (q) is among the 12 that count",
        lambda f: [*f.tokens("plain"), "--run", f"x={f.text('new', 'q Q0 d 1 2 t')}"],
    ),
    (
        "predictions of other questions",
        5,
        "x: none of its 1 questions (q) is among",
        lambda f: [*f.tokens("plain"), "--predictions", f"x={f.text('p', OTHER_PREDICTIONS)}"],
    ),
    (
        "no predictions",
        5,
        "x: none of its 0 questions",
        lambda f: [*f.tokens(), "--predictions", f"x={f.text('p', '[]')}"],
    ),
    (
        "topics that are not judged",
        5,
        "none of the questions of the topics is judged",
        lambda f: [*f.qrels("plain")[:-4], "--topics", f"fi={f.text('t', 'q' + chr(9) + 'mikä?')}"],
    ),
    (
        "questions in two languages",
        5,
        "was there before",
        lambda f: [*f.qrels("plain"), "--topics", f"sw={f.folder / 'fi'}"],
    ),
    (
        "an unknown language",
        5,
        "unknown language",
        lambda f: [*f.qrels("plain"), "--topics", f"xyzw={f.folder / 'fi'}"],
    ),
    (
        "passages that the corpus has not",
        5,
        "of the run's 13 passages are not in it",
        lambda f: [*f.tokens("plain"), "--corpus", f.lines("c", [{"id": "dx", "text": "x"}])],
    ),
    (
        "gold without answers",
        5,
        "no question has an answer but yes and no",
        lambda f: [*f.tokens("plain"), "--gold", f.lines("g", [f.gold("fi0", ["yes"]), f.gold("fi1", [])])],
    ),
    (
        "gold whose answers are no list",
        5,
        "answers is no list of texts",
        lambda f: [*f.tokens("plain"), "--gold", f.lines("g", [f.gold("fi0") | {"answers": "x"}])],
    ),
    ("a run as predictions", 5, "no JSON array", lambda f: [*f.tokens(), "--predictions", f"x={f.folder / 'plain'}"]),
    (
        "a folder for predictions that is not there",
        6,
        "cannot be written",
        lambda f: [*f.tokens("plain"), "--write-predictions", f"plain={f.folder / 'deep' / 'out.json'}"],
    ),
]


@pytest.mark.parametrize(("code", "fragment", "command"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_mistake_ends_in_a_message_and_a_code(
    code: int,
    fragment: str,
    command: Callable[[Files], Sequence[Any]],
    files: Files,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arguments = command(files)
    monkeypatch.chdir(files.folder)
    before = sorted(files.folder.iterdir())
    assert call(*arguments) == code
    said = capsys.readouterr()
    assert fragment in said.err
    assert said.out == ""
    assert sorted(files.folder.iterdir()) == before


def test_topics_whose_ids_pyserini_made_numbers_of(
    files: Files, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    files.text("plain", "1 Q0 d1 1 0.5 t\n2 Q0 d1 1 0.5 t\n")
    files.text("qrels", "001 0 d1 1\n002 0 d1 1\n")
    topics = files.text("topics", "001\tjoki\n002\tsilta\n")
    asked = ["evaluate", *files.runs("plain"), "--qrels", files.folder / "qrels", "--topics", f"fi={topics}"]
    assert call(*asked) == 5
    hint = "Pyserini turns ids that are whole numbers into such, 001 into 1: write them so in topics, qrels and gold"
    assert hint in capsys.readouterr().err
    files.text("qrels", "1 0 d1 1\n2 0 d1 1\n")
    assert call(*asked) == 5
    assert hint in capsys.readouterr().err
    files.text("topics", "1\tjoki\n002\tsilta\n")
    assert call(*asked) == 0
    assert "002 into 2" in caplog.text


def test_ties_at_a_judged_passage_are_said_and_trec_eval_breaks_them_otherwise(
    files: Files, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The relevant passage comes first in the lines; by falling ids it is the second."""
    lines = ["1 Q0 a 1 0.5 t", "1 Q0 b 2 0.5 t", "2 Q0 a 1 0.5 t", "2 Q0 b 2 0.4 t", "3 Q0 b 1 0.5 t", "3 Q0 c 2 0.5 t"]
    run = files.text("plain", "".join(f"{line}\n" for line in lines))
    qrels = files.text("qrels", "1 0 a 1\n2 0 a 1\n3 0 a 1\n")
    assert call("evaluate", "--run", f"plain={run}", "--qrels", qrels, "--measure", "RR") == 0
    assert "plain: in 1 of the 3 judged questions (1) a judged passage has the score of another one" in caplog.text
    assert capsys.readouterr().out.splitlines()[1].split()[-1] == f"{100 * 2 / 3:.1f}"
    evaluator = pytrec_eval.RelevanceEvaluator({name: {"a": 1} for name in "123"}, {"recip_rank"})
    scores: dict[str, dict[str, float]] = {}
    for question, _, passage, _, score, _ in map(str.split, lines):
        scores.setdefault(question, {})[passage] = float(score)
    assert [evaluator.evaluate(scores)[name]["recip_rank"] for name in "123"] == [0.5, 1.0, 0.0]
