from __future__ import annotations

from dataclasses import replace

from pyserini_xqg.evaluation.comparison.clusters import ClusterSizes
from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.reporting.figures import MINUS
from pyserini_xqg.reporting.measure_tables import clusters_in_words, detail, intervals, overview
from pyserini_xqg.reporting.table import Mark, Table
from tests.fixtures.reports import LANGUAGES, VALUES, made


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_the_highest_figures_of_a_row_are_the_best() -> None:
    table = overview(made())
    assert [column.head for column in table.columns] == ["RR@10 (%)", "questions", "plain", "new", "other"]
    assert texts(table)[0] == ["Finnish (fi)", "3", "33.3", "100.0", "100.0"]
    finnish, arabic, mean = ({run.text for run in row[2:] if run.best} for row in table.rows)
    assert (finnish, arabic, mean) == ({"100.0"}, {"50.0"}, {"75.0"})
    assert [cell.best for cell in table.rows[0][2:]] == [False, True, True]


def test_all_runs_with_marks() -> None:
    asked = {language: [f"{language}{number}" for number in range(20)] for language in ("fi", "ar")}
    right = {"plain": (4, 4), "new": (16, 6), "other": (4, 7)}
    values = {
        run: {f"{language}{n}": float(n < many) for language, many in zip(asked, of, strict=True) for n in range(20)}
        for run, of in right.items()
    }
    report = MeasureReport.of("RR@10", compare_runs(values, asked, controls=[("other", "new")]))
    marks = [[list(cell.marks) for cell in row[2:]] for row in overview(report).rows]
    assert marks == [
        [[], [Mark.SIGNIFICANT], []],
        [[], [Mark.NOT_ABOVE], []],
        [[], [Mark.SIGNIFICANT], []],
    ]


def test_a_run_beside_the_baseline_and_its_control() -> None:
    table = detail(made(), "new")
    heads = ["RR@10 (%)", "questions", "plain", "new", "difference", "won/lost", "p", "other", "new - other", "p"]
    assert [column.head for column in table.columns] == heads
    assert [column.head for column in table.columns if column.apart] == ["other"]
    assert texts(table) == [
        ["Finnish (fi)", "3", "33.3", "100.0", "+66.7", "2/0", "1.000", "100.0", "+0.0", "1.000"],
        ["Arabic (ar)", "2", "0.0", "50.0", "+50.0", "1/0", "1.000", "0.0", "+50.0", "1.000"],
        ["mean of the languages", "5", "16.7", "75.0", "+58.3", "", "0.250", "50.0", "+25.0", "1.000"],
    ]
    assert [list(row[8].marks) for row in table.rows] == [[Mark.NOT_ABOVE], [], []]


def test_graded_values_have_a_t_test() -> None:
    table = detail(made(1 / 3, groups={"weak": ["ar"]}), "new")
    assert [column.head for column in table.columns][6:8] == ["p", "t-test"]
    shown = [row[7] for row in texts(table)]
    assert shown[0] not in ("", "–") and shown[1] != "" and shown[2:] == ["", ""]


def test_groups_have_intervals_too() -> None:
    report = made(groups={"weak": ["ar"]})
    shown = {(each.what, each.against): each for each in intervals(report, "new")}
    assert list(shown) == [
        ("mean of the languages", "plain"),
        ("mean of the languages", "other"),
        ("weak", "plain"),
        ("weak", "other"),
    ]
    assert shown["weak", "plain"].difference == "+50.0" and shown["weak", "plain"].bounds is not None


def test_clusters_are_told_in_words() -> None:
    (said,) = clusters_in_words([made(), made()])
    assert said.startswith(
        "5 clusters of 5 questions, the largest of 1: translations of one question go together. Tests"
    )
    by_file = replace(made(), clusters=ClusterSizes("c.tsv", 12, 60, 9))
    assert clusters_in_words([made(), by_file])[1] == (
        "12 clusters of 60 questions, the largest of 9: as c.tsv says. Tests exchange and intervals draw whole "
        "clusters; 12 clusters are few: intervals and p values are rough."
    )
    assert clusters_in_words([MeasureReport.of("RR@10", compare_runs({"plain": VALUES["plain"]}, LANGUAGES))]) == []


def test_intervals_are_those_of_the_mean() -> None:
    report = made()
    to_plain, to_control = intervals(report, "new")
    assert (to_plain.against, to_plain.what, to_plain.difference) == ("plain", "mean of the languages", "+58.3")
    assert to_plain.bounds is not None
    low, high = (float(bound.replace(MINUS, "-")) for bound in to_plain.bounds)
    assert low <= 58.3 <= high
    assert (to_control.against, to_control.difference) == ("other", "+25.0")
    values = {"plain": {"a": 0.0}, "new": {"a": 1.0}}
    (only,) = intervals(MeasureReport.of("RR@10", compare_runs(values, {"fi": LANGUAGES["fi"][:1]})), "new")
    assert (only.what, only.bounds) == ("difference", None)
