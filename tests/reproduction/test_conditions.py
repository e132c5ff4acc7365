from __future__ import annotations

import pytest

from pyserini_xqg.collection.languages import canonical_code
from pyserini_xqg.collection.published.by_name import published
from pyserini_xqg.errors import UsageError
from pyserini_xqg.reproduction.conditions import condition, conditions, filled
from pyserini_xqg.reproduction.page import last_runs

EXPECTED = [(each.name, check) for each in conditions().values() for check in each.checks]


def test_the_papers_figures_are_hits_of_its_questions() -> None:
    """Every cell is a whole number of hits, and the mean that of the cells."""
    questions = {"ar": 309, "bn": 304, "fi": 314, "ja": 241, "ko": 285, "ru": 237, "te": 238}
    seen = 0
    for _, check in EXPECTED:
        if questions.keys() <= check.expected.keys():
            seen += 1
            hits = {code: round(check.expected[code] * count / 100) for code, count in questions.items()}  # type: ignore[operator]
            exact = {code: 100 * hits[code] / count for code, count in questions.items()}
            assert {code: round(value, 2) for code, value in exact.items()} == {
                code: check.expected[code] for code in questions
            }
            assert sum(exact.values()) / len(exact) == pytest.approx(check.expected["mean"], abs=0.006)
    assert seen == 8


@pytest.mark.parametrize("name", conditions())
def test_what_a_condition_names_is_there(name: str) -> None:
    of = condition(name)
    assert of.checks and of.title
    for data, asked in of.data.items():
        data_set = published(data)
        assert asked.keys() <= {"split", "languages", "with"}
        split = asked.get("split", next(iter(data_set.splits)))
        assert {*asked.get("languages", ())} <= {*data_set.splits[split]}
        assert {*asked.get("with", ())} <= {*data_set.optional}
    places = dict.fromkeys(("work", "dictionaries", *of.data, *of.files, *of.models), "somewhere")
    for command in [*of.steps, *(check.command for check in of.checks if check.command)]:
        words = filled(command, places)
        assert words[0] == "xqg" or (words[:2] == ["python", "-m"] and words[2].startswith("pyserini."))
    for check in of.checks:
        assert bool(check.command) != bool(check.file)
        assert all(row in ("all", "mean") or canonical_code(row) == row for row in check.expected)


@pytest.mark.parametrize("name", conditions())
def test_what_this_project_says_it_measured_was_run(name: str) -> None:
    of, run = condition(name), last_runs().get(name)
    expected = {
        (check.what, check.where["measure"], row): score
        for check in of.checks
        for row, score in check.expected.items()
        if score is not None
    }
    if of.published is None and expected and name != "demo":  # its figures are of the README
        assert run is not None
        assert expected == {
            (each["what"], each["measure"], each["row"]): round(each["found"], 2)
            for each in run["scores"]
            if (each["what"], each["measure"], each["row"]) in expected
        }
    assert last_runs().keys() <= conditions().keys()


def test_another_name_is_refused() -> None:
    with pytest.raises(UsageError, match="no condition 'xquad': one of demo, "):
        condition("xquad")
