from __future__ import annotations

import re

import pytest

from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.reporting.figures import MINUS
from pyserini_xqg.reporting.sentences import Name
from pyserini_xqg.reporting.summaries import RunSummary, Verdict, run_summaries

COUNT = 40


def summary(controls: bool = True, languages: tuple[str, ...] = ("fi", "ar"), **right: int) -> RunSummary:
    """Of runs that answer so many of 40 questions of each language."""
    asked = {language: [f"{language}{number}" for number in range(COUNT)] for language in languages}
    values = {
        run: {f"{language}{number}": float(number < many) for language in languages for number in range(COUNT)}
        for run, many in right.items()
    }
    found = compare_runs(values, asked, controls=[("control", "new")] if controls else ())
    (only,) = run_summaries([MeasureReport.of("RR@10", found)])
    return only


def test_a_gain_above_its_control() -> None:
    found = summary(plain=10, new=30, control=10)
    assert (found.verdict, found.headline, found.not_above) == (Verdict.GAIN, "gain on the mean of the languages", [])
    said = " ".join(found.sentences)
    assert "new has 75.0 and plain 25.0 (mean of 2 languages): +50.0 (95% interval " in said
    assert "up in 2 of 2 (2 significantly: Finnish (fi), Arabic (ar)) and down in 0 of 2" in said
    assert "Against its control control: +50.0" in said


def test_a_gain_that_the_control_has_too_is_said_first() -> None:
    found = summary(plain=10, new=30, control=31)
    assert found.headline == "gain on the mean of the languages, not above its control control"
    assert found.not_above[0].startswith("Not above its control: control gains as much as new or more on the mean")
    assert "in 2 of 2 languages: Finnish (fi), Arabic (ar)" in found.not_above[1]


def test_a_gain_that_is_hardly_above_its_control_is_said() -> None:
    found = summary(plain=10, new=30, control=29, languages=("fi",))
    assert found.not_above == [
        f"Not clearly above its control control on all questions: new {MINUS} control is +2.5 "
        "(95% interval +0.0 to +7.6, which has zero in it; p = 1.000)."
    ]


def test_a_gain_that_is_significantly_below_its_control_is_no_plain_gain() -> None:
    found = summary(plain=10, new=25, control=40)
    assert found.verdict is Verdict.NOT_ABOVE
    assert found.headline == "gain on the mean of the languages, significantly below its control control"
    assert found.not_above[0].startswith(
        f"Significantly below its control control on the mean of the languages: new {MINUS} control is {MINUS}37.5 (95%"
    )


@pytest.mark.parametrize(("control", "verdict"), [(10, Verdict.GAIN), (29, Verdict.NOT_ABOVE), (30, Verdict.NOT_ABOVE)])
def test_a_gain_is_one_only_where_it_is_clearly_above_its_controls(control: int, verdict: Verdict) -> None:
    assert summary(plain=10, new=30, control=control).verdict is verdict


@pytest.mark.parametrize(
    ("plain", "headline"),
    [(25, "no clear difference"), (40, "loss on the mean of the languages")],
)
def test_significantly_below_a_control_is_said_of_every_run(plain: int, headline: str) -> None:
    found = summary(plain=plain, new=25, control=40)
    assert found.headline == f"{headline}, significantly below its control control"
    assert found.not_above[0].startswith("Significantly below its control control on the mean")


def test_names_are_parts_of_their_own() -> None:
    found = summary(plain=10, new=30, control=31)
    for said in (found.headline, *found.sentences, *found.not_above):
        assert "".join(said.parts) == said
        others = [part for part in said.parts if not isinstance(part, Name)]
        assert not {"plain", "new", "control"} & {*others}
        assert not any(re.search(r"\b(plain|new)\b|control control|Finnish", part) for part in others)


def test_a_loss_and_no_difference() -> None:
    assert summary(plain=30, new=10, control=10).headline == "loss on the mean of the languages"
    found = summary(plain=30, new=30, control=30)
    assert (found.verdict, found.headline) == (Verdict.UNCLEAR, "no clear difference")
    assert "+0.0 (95% interval +0.0 to +0.0, which has zero in it; p = 1.000)" in found.sentences[0]
    assert "up in 0 of 2 and down in 0 of 2" in found.sentences[1]


def test_significant_in_no_language_belongs_to_the_headline() -> None:
    languages = ("fi", "ar", "ru", "sw", "te", "ja", "ko", "bn")
    found = summary(plain=10, new=14, control=10, languages=languages)
    assert found.headline == "gain on the mean of the languages, significant in no language"


def test_no_control_is_said() -> None:
    assert summary(controls=False, plain=10, new=30).sentences[-1].startswith("No control was given")
    assert "control" not in " ".join(summary(controls=False, plain=30, new=10).sentences)


def test_one_language_is_judged_by_its_test() -> None:
    found = summary(controls=False, plain=10, new=13, languages=("fi",))
    assert found.verdict is Verdict.UNCLEAR
    assert "p = 0.250" in found.sentences[0]
