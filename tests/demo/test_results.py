from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.retrieval_set import Question, write_qrels, write_topics
from pyserini_xqg.demo.conditions import AUGMENTED, BOTH, CONTROLS, HUBNESS, MEAN, PLAIN, SHUFFLED
from pyserini_xqg.demo.results import FIRST, RANKS, gains_in_words, reports_of, results_as_text
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.run_files import RunFiles

QUESTIONS = {language: [Question(f"{language}{n}", "?", f"d{n}", ()) for n in range(20)] for language in ("ar", "fi")}
# Condition to how many questions of Arabic and of Finnish have their passage first; the others have it second.
CLEAR = {PLAIN: (5, 10), AUGMENTED: (15, 14), SHUFFLED: (5, 11), MEAN: (5, 10), HUBNESS: (7, 10), BOTH: (18, 16)}


def compared(
    folder: Path, right: dict[str, tuple[int, int]], languages: tuple[str, ...] = ("ar", "fi")
) -> dict[str, MeasureReport]:
    topics = []
    for language in languages:
        topics.append((language, folder / f"{language}.tsv"))
        write_topics(QUESTIONS[language], topics[-1][1])
    write_qrels([question for asked in QUESTIONS.values() for question in asked], folder / "qrels.txt")
    runs = {}
    for name, counts in right.items():
        lines = []
        for asked, count in zip(QUESTIONS.values(), counts, strict=True):
            for number, question in enumerate(asked):
                found = [question.passage_id, "other"][:: 1 if number < count else -1]
                lines += [f"{question.id} Q0 {found[0]} 1 2 x\n", f"{question.id} Q0 {found[1]} 2 1 x\n"]
        runs[name] = folder / f"{name}.txt"
        runs[name].write_text("".join(lines), encoding="utf-8")
    return reports_of(RunFiles(runs, qrels=folder / "qrels.txt", topics=topics, controls=CONTROLS))


def test_the_first_line_says_what_was_gained_and_the_tables_have_all_conditions(tmp_path: Path) -> None:
    reports = compared(tmp_path, CLEAR)
    lines = results_as_text(reports, dict.fromkeys(CLEAR, 0.5)).splitlines()
    assert lines[:7] == [
        "R@1: augmented +35.0 (37.5 to 72.5), gain on the mean of the languages, significantly above shuffled and "
        "mean; both +47.5 (37.5 to 85.0), gain on the mean of the languages, significantly above hubness.",
        "",
        "R@1 (%)                       plain  augmented   shuffled       mean    hubness       both  won/lost      p",
        # 10 won, none lost: 2 / 2 ** 10, twice for Holm.
        "Arabic (ar)                    25.0       75.0       25.0       25.0       35.0       90.0      10/0  0.004 *",
        "Finnish (fi)                   50.0       70.0       55.0       50.0       50.0       80.0       4/0  0.125",
        "mean of the languages          37.5       72.5       40.0       37.5       42.5       85.0            0.002 *",
        "",
    ]
    differences = [line.partition(",")[0] for line in lines[7:12]]
    assert differences == [
        "augmented - plain",
        "augmented - shuffled",
        "augmented - mean",
        "both - plain",
        "both - hubness",
    ]
    assert "trec_eval, 40 questions        50.0       50.0       50.0       50.0       50.0       50.0" in lines
    assert list(reports) == [FIRST, RANKS] and reports[RANKS].value(AUGMENTED, "ar") == pytest.approx(0.875)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({AUGMENTED: (6, 10)}, "augmented +2.5 (37.5 to 40.0), no clear difference; "),
        ({AUGMENTED: (0, 1)}, "augmented -35.0 (37.5 to 2.5), loss on the mean of the languages"),
        (
            {MEAN: (15, 14)},
            "augmented +35.0 (37.5 to 72.5), gain on the mean of the languages, not above its control mean",
        ),
        (
            {HUBNESS: (18, 15)},
            "both +47.5 (37.5 to 85.0), gain on the mean of the languages, not clearly above its control",
        ),
    ],
)
def test_the_first_line_claims_no_more_than_was_found(
    changed: dict[str, tuple[int, int]], said: str, tmp_path: Path
) -> None:
    line = gains_in_words(compared(tmp_path, CLEAR | changed)[FIRST])
    assert said in line and "\n" not in line


def test_one_language_has_its_mean_too(tmp_path: Path) -> None:
    reports = compared(tmp_path, CLEAR, ("fi",))
    lines = results_as_text(reports, dict.fromkeys(CLEAR, 0.5)).splitlines()
    assert lines[0].startswith("R@1: augmented +20.0 (50.0 to 70.0), no clear difference; ")
    assert [line.split()[-2:] for line in lines[2:5]] == [["won/lost", "p"], ["4/0", "0.125"], ["80.0", "0.125"]]
