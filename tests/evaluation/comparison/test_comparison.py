from __future__ import annotations

import numpy as np
import pytest

from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.evaluation.comparison.bootstrap import resampled_means
from pyserini_xqg.evaluation.comparison.clusters import ClusterSizes, find_clusters
from pyserini_xqg.evaluation.comparison.comparison import compare_runs, groups_of, unanswered
from pyserini_xqg.evaluation.comparison.significance import PairedTest, exchanged

LANGUAGES = {"fi": [f"f{n}" for n in range(10)], "ru": ["r0", "r1"]}


def hits(*questions: str) -> dict[str, float]:
    every = {question: 0.0 for asked in LANGUAGES.values() for question in asked}
    return every | dict.fromkeys(questions, 1.0)


# fi: 2 of 10 against 8 (seven won, one lost); ru: 1 of 2 against 1 (one won, one lost).
OLD = hits("f0", "f1", "r0")
NEW = hits("f0", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "r1")


def test_a_comparison_by_hand() -> None:
    found = compare_runs({"old": OLD, "new": NEW}, LANGUAGES)
    assert found.baseline == "old"
    assert found.questions == {"fi": 10, "ru": 2}
    assert found.means == {"old": {"fi": 0.2, "ru": 0.5}, "new": {"fi": 0.8, "ru": 0.5}}
    assert found.macro == pytest.approx({"old": 0.35, "new": 0.65})
    difference = found.differences["new"]
    assert list(found.differences) == ["new"] and found.controls == {}
    assert (difference.run, difference.against) == ("new", "old")
    # 2 * (1 + 8) / 2**8, and 2 for Holm; ru: 1.
    assert difference.languages["fi"].test == PairedTest(7, 1, pytest.approx(18 / 256), 2)
    assert difference.languages["fi"].p == pytest.approx(36 / 256)
    assert difference.languages["fi"].difference == pytest.approx(0.6)
    assert difference.languages["ru"].test == PairedTest(1, 1, 1, 0)
    assert difference.languages["ru"].difference == 0
    assert difference.mean == pytest.approx(0.3)
    rows = {c: np.array([[NEW[each] - OLD[each] for each in asked]]) for c, asked in LANGUAGES.items()}
    resampled = resampled_means(rows, {"fi": np.arange(10), "ru": np.arange(10, 12)})
    assert difference.interval == resampled.interval(0, ["fi", "ru"])
    assert difference.languages["fi"].interval == resampled.interval(0, ["fi"])
    assert difference.overall.p == exchanged([*rows["fi"][0] / 20, *rows["ru"][0] / 4])
    assert found.clusters == ClusterSizes("question", 12, 12, 1)


def test_translations_are_one_piece_of_evidence() -> None:
    asked = {language: [f"{language}:q{number}" for number in range(8)] for language in ("fi", "ru", "sw")}
    new = {question: float(question.endswith(("0", "1", "2", "3"))) for ids in asked.values() for question in ids}
    values = {"old": dict.fromkeys(new, 0.0), "new": new}
    together = compare_runs(values, asked)
    assert together.clusters == ClusterSizes("question", 8, 24, 3)
    # Within a language each question is one; over the languages four differ, and not twelve.
    assert {each.test.test for each in together.differences["new"].languages.values()} == {"mcnemar"}
    assert together.differences["new"].overall.p == 2 / 2**4
    apart = compare_runs(values, asked, clusters=find_clusters(asked, by="none"))
    assert apart.differences["new"].overall.p == 2 / 2**12
    wide, narrow = (found.differences["new"].interval for found in (together, apart))
    assert wide is not None and narrow is not None
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_the_test_of_a_pair_does_not_depend_on_other_runs() -> None:
    graded = {question: value / 2 for question, value in NEW.items()}
    alone = compare_runs({"old": OLD, "new": NEW}, LANGUAGES).differences["new"]
    beside = compare_runs({"old": OLD, "new": NEW, "graded": graded}, LANGUAGES).differences["new"]
    assert beside.languages == alone.languages and beside.overall == alone.overall


def test_groups_have_means_of_their_own() -> None:
    found = compare_runs({"old": OLD, "new": NEW}, LANGUAGES, groups={"both": ["fi", "ru"], "weak": ["fi"]})
    difference = found.differences["new"]
    assert difference.groups["both"] == difference.overall
    weak = difference.groups["weak"]
    assert (weak.languages, weak.difference) == (1, pytest.approx(0.6))
    assert weak.interval is not None and 0 < weak.interval[0] < 0.6 < weak.interval[1] < 1.2
    assert found.group_mean("new", "weak") == pytest.approx(0.8)
    alone = compare_runs({"old": {"a": 0, "b": 1}, "new": {"a": 1}}, {"fi": ["a"], "ru": ["b"]}, groups={"g": ["fi"]})
    assert alone.differences["new"].interval is None and alone.differences["new"].groups["g"].interval is None


def test_any_run_can_be_the_baseline() -> None:
    found = compare_runs({"old": OLD, "new": NEW}, LANGUAGES, baseline="new")
    assert found.differences["old"].mean == pytest.approx(-0.3)
    assert found.differences["old"].languages["fi"].test == PairedTest(1, 7, pytest.approx(18 / 256), 2)


def test_a_question_missing_in_a_run_is_a_miss_and_an_unknown_one_does_not_count() -> None:
    answered = {question: value for question, value in NEW.items() if question not in ("f2", "r0", "r1")}
    found = compare_runs({"old": OLD, "new": answered | {"nowhere": 1.0}}, LANGUAGES)
    assert found.means["new"] == {"fi": 0.7, "ru": 0}
    assert found.differences["new"].languages["ru"].test == PairedTest(0, 1, 1, 1)
    assert unanswered(LANGUAGES, answered.keys()) == {"fi": 1, "ru": 2}
    assert unanswered(LANGUAGES, NEW.keys()) == {}


def test_a_gain_that_the_control_shows_as_well_is_told() -> None:
    # Against a baseline without any hit: fi 3 against 3, ru 1 against 0.
    real, control = hits("f0", "f1", "f2", "r0"), hits("f0", "f8", "f9")
    found = compare_runs(
        {"plain": hits(), "real": real, "shuffled": control}, LANGUAGES, controls=[("shuffled", "real")]
    )
    (against,) = found.controls["real"]
    assert against.control == "shuffled"
    assert against.not_above == ["fi"]
    assert not against.mean_not_above
    assert (against.difference.run, against.difference.against) == ("real", "shuffled")
    assert against.difference.languages["fi"].test == PairedTest(2, 2, 1, 6)
    assert against.difference.mean == pytest.approx(0.25)
    assert found.differences["shuffled"].mean == pytest.approx(0.15)


def test_where_nothing_is_gained_nothing_is_said_of_the_control() -> None:
    values = {"plain": hits("f0"), "real": hits("f0"), "shuffled": hits("f0", "f1", "r0", "r1")}
    (against,) = compare_runs(values, LANGUAGES, controls=[("shuffled", "real")]).controls["real"]
    assert not against.not_above and not against.mean_not_above
    values["real"] = hits("f0", "f2")
    (against,) = compare_runs(values, LANGUAGES, controls=[("shuffled", "real")]).controls["real"]
    assert against.not_above == ["fi"] and against.mean_not_above


def test_a_run_has_several_controls_and_a_control_several_runs() -> None:
    values = {"plain": hits(), "a": OLD, "b": NEW, "x": hits("f1"), "y": hits("f2")}
    controls = [("x", "a"), ("y", "a"), ("x", "b")]
    found = compare_runs(values, LANGUAGES, controls=controls).controls
    assert {run: [each.control for each in of_run] for run, of_run in found.items()} == {"a": ["x", "y"], "b": ["x"]}


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        ({"baseline": "other"}, "there is no run 'other'; the runs are old, new"),
        ({"controls": [("other", "new")]}, "there is no run 'other'"),
        ({"controls": [("new", "other")]}, "there is no run 'other'"),
        ({"controls": [("new", "new")]}, "new cannot be the control of new"),
        ({"controls": [("new", "old")]}, "new cannot be the control of old"),
        ({"controls": [("old", "new")]}, "old cannot be the control of new"),
    ],
)
def test_names_that_make_no_sense(arguments: dict[str, object], fragment: str) -> None:
    with pytest.raises(UsageError) as caught:
        compare_runs({"old": OLD, "new": NEW}, LANGUAGES, **arguments)  # type: ignore[arg-type]
    assert fragment in str(caught.value)


def test_questions_that_cannot_be() -> None:
    for languages in ({}, {"fi": ["f0"], "ru": []}):
        with pytest.raises(InvalidInput, match="no question to compare runs on"):
            compare_runs({"old": OLD}, languages)
    with pytest.raises(InvalidInput, match="the question f0 is there twice, in fi and in ru"):
        compare_runs({"old": OLD}, {"fi": ["f0"], "ru": ["f0"]})


def test_a_group_without_a_language_that_is_there_is_refused() -> None:
    assert groups_of({"weak": ["Swahili", "ur"]}, ["sw", "fi"]) == {"weak": ("sw",)}
    assert groups_of({"weak": ["sw", "pt_BR"]}, ["swh", "fi", " pt"]) == {"weak": ("swh", " pt")}  # as a gold file has
    with pytest.raises(UsageError, match="none of the languages of the group weak"):
        groups_of({"weak": ["ur"]}, ["sw", "fi"])
    for name in ("sw", "mean"):
        with pytest.raises(UsageError, match="cannot be called"):
            groups_of({name: ["sw"]}, ["sw", "fi"])
