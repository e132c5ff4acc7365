from __future__ import annotations

import pytest

from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.differences import ChangedValue
from pyserini_xqg.evaluation.comparison.significance import (
    holm,
    randomisation,
)

LANGUAGES = {"fi": [f"f{n}" for n in range(10)], "ru": ["r0", "r1"]}


def hits(*questions: str) -> dict[str, float]:
    every = {question: 0.0 for asked in LANGUAGES.values() for question in asked}
    return every | dict.fromkeys(questions, 1.0)


# fi: 2 of 10 against 8 (seven won, one lost); ru: 1 of 2 against 1 (one won, one lost).
OLD = hits("f0", "f1", "r0")
NEW = hits("f0", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "r1")


def test_the_questions_that_changed_are_told() -> None:
    changes = compare_runs({"old": OLD, "new": NEW}, LANGUAGES).differences["new"].changes
    assert [change.question for change in changes] == ["f1", *(f"f{n}" for n in range(2, 9)), "r0", "r1"]
    assert changes[0] == ChangedValue("f1", "fi", 1, 0)
    assert changes[-1] == ChangedValue("r1", "ru", 0, 1)


def test_graded_values_are_tested_by_randomisation_in_all_languages() -> None:
    old, new = OLD | {"f9": 0.5}, NEW
    found = compare_runs({"old": old, "new": new}, LANGUAGES).differences["new"].languages
    for language, asked in LANGUAGES.items():
        assert found[language].test == randomisation([old[q] for q in asked], [new[q] for q in asked])
    assert {each.test.test for each in found.values()} == {"randomisation"}
    assert {language: each.p for language, each in found.items()} == holm({c: each.test.p for c, each in found.items()})
    t_tests = {language: each.test.t_test for language, each in found.items()}
    assert None not in t_tests.values()
    assert found["fi"].t_test == pytest.approx(2 * (t_tests["fi"] or 0))


def test_a_t_test_that_is_not_defined_is_not_corrected_for() -> None:
    old = OLD | {"f9": 0.5, "r0": 0.25, "r1": 0.25}
    found = compare_runs({"old": old, "new": NEW | {"r0": 0.75, "r1": 0.75}}, LANGUAGES).differences["new"].languages
    assert found["ru"].test.t_test is None and found["ru"].t_test is None
    assert found["fi"].t_test == found["fi"].test.t_test


def test_equal_runs_and_single_runs() -> None:
    difference = compare_runs({"old": OLD, "new": OLD}, LANGUAGES).differences["new"]
    assert (difference.mean, difference.interval, list(difference.changes)) == (0, (0, 0), [])
    assert {each.p for each in difference.languages.values()} == {1}
    alone = compare_runs({"old": OLD}, LANGUAGES)
    assert (alone.macro, alone.differences) == ({"old": pytest.approx(0.35)}, {})
