from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.demo.collections import DemoCollection, Fold, bundled
from pyserini_xqg.demo.conditions import PLAIN, conditions
from pyserini_xqg.demo.demo import _check, _pyserini, lexicon_languages, run_demo, write_lexicon_queries
from pyserini_xqg.errors import MissingPrerequisite, XqgError
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.generation.show import as_text, find

ENTRIES = {"river": "joki", "water": "vesi", "city": "kaupunki", "mountain": "vuori", "music": "musiikki"}
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def digits(number: int) -> str:
    return (digits(number // 64) if number >= 64 else "") + DIGITS[number % 64]


@pytest.fixture
def dictionaries(tmp_path: Path) -> Path:
    """English-Finnish, five words."""
    folder = tmp_path / "dictionaries"
    folder.mkdir()
    text, index = "", ""
    for word, translation in ENTRIES.items():
        entry = f"{word}\n{translation}\n"
        index += f"{word}\t{digits(len(text.encode()))}\t{digits(len(entry.encode()))}\n"
        text += entry
    (folder / "freedict-eng-fin.dict").write_text(text, encoding="utf-8")
    (folder / "freedict-eng-fin.index").write_text(index, encoding="utf-8")
    return folder


def few(folds: int = 1) -> DemoCollection:
    """Twenty passages of the bundled collection, two languages; with two folds each language is in both."""
    whole = bundled()
    passages = whole.passages[:20]
    ids = [passage.id for passage in passages]
    queries = {
        passage: {language: whole.folds[0].queries[passage][language] for language in ("fi", "sw")} for passage in ids
    }
    questions = {language: whole.questions[language][:20] for language in ("fi", "sw")}
    return DemoCollection(
        passages,
        [Fold(queries, {language: asked[n::folds] for language, asked in questions.items()}) for n in range(folds)],
    )


@pytest.mark.slow
@pytest.mark.parametrize("folds", [1, 2])
def test_it_opens_with_the_gain_and_ends_with_the_report(folds: int, tiny_sentence_model: Path, tmp_path: Path) -> None:
    said = run_demo(few(folds), str(tiny_sentence_model), tmp_path / "demo", 0.3, show_progress=False).splitlines()
    assert said[0].startswith("R@1: augmented ") and "; both " in said[0]
    assert said[-1] == f"report: {tmp_path / 'demo' / 'report.html'}"
    page = (tmp_path / "demo" / "report.html").read_text("utf-8")
    names = [PLAIN, *conditions(0.3, "fi")]
    assert all(name in page for name in names)
    for name in names:
        run = (tmp_path / "demo" / "runs" / f"{name}.txt").read_text("utf-8").splitlines()
        assert len({line.split()[0] for line in run}) == 40 and len(run) == 400
    indexes = {folder.name for folder in (tmp_path / "demo" / "indexes").iterdir()}
    assert indexes == {
        name
        for number in range(folds)
        for name in (
            f"plain-{number}",
            *(f"{each}-{language}-{number}" for each in conditions(0.3, "fi") for language in ("fi", "sw")),
        )
    }
    # Once more: what is there is used, and the report gives way.
    assert run_demo(few(folds), str(tiny_sentence_model), tmp_path / "demo", 0.3, show_progress=False) == "\n".join(
        said
    )


def test_questions_in_languages_without_a_dictionary_are_left_out(
    dictionaries: Path, caplog: pytest.LogCaptureFixture
) -> None:
    collection = bundled()
    assert lexicon_languages(collection, dictionaries) == ["fi"]
    assert caplog.messages == ["no dictionary for ar, bn, ja, ko, ru, sw, te: left out"]
    (fold,) = collection.asked_in(["fi"]).folds
    assert list(fold.questions) == ["fi"] and len(fold.questions["fi"]) == 120 and not fold.queries


def test_the_lexicon_writes_in_the_languages_of_the_questions(
    dictionaries: Path, tiny_sentence_model: Path, tmp_path: Path
) -> None:
    collection = bundled().asked_in(["fi"])
    collection.write(tmp_path / "demo")
    queries = write_lexicon_queries(collection, str(tiny_sentence_model), tmp_path / "demo", dictionaries, False)
    river = next(passage for passage in collection.passages if " river " in passage.text)
    shown = as_text(find(queries, river.id))
    assert "Finnish (fi)" in shown and "joki" in shown and "Russian" not in shown


def test_no_dictionary_at_all(tmp_path: Path) -> None:
    with pytest.raises(MissingPrerequisite, match=r"there is none at all.*dict-freedict-eng-ara"):
        lexicon_languages(bundled(), tmp_path / "nothing")


def test_trec_eval_and_our_figures_have_to_agree() -> None:
    # 30 questions at 0.5 and 10 at 0.1: trec_eval's mean is of questions, not of languages.
    report = MeasureReport("MRR@10", PLAIN, {"fi": 30, "sw": 10}, {PLAIN: {"fi": 0.5, "sw": 0.1}})
    _check(report, {PLAIN: 0.4})
    with pytest.raises(XqgError, match=r"plain: trec_eval says 0\.3, ir_measures 0\.4000; the two should agree"):
        _check(report, {PLAIN: 0.3})


@pytest.mark.slow
def test_a_command_of_pyserini_that_fails_is_told_with_what_to_do() -> None:
    with pytest.raises(
        XqgError, match=r"(?s)eval\.nothing ended with 1:.*nothing.*\nxqg doctor --run says what is mis"
    ):
        _pyserini("eval.nothing")
