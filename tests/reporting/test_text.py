from __future__ import annotations

from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.measures.scores import OfficialFigure
from pyserini_xqg.reporting.table import Cell, Column, Mark, Table
from pyserini_xqg.reporting.text import as_text, table_as_text
from tests.fixtures.reports import LANGUAGES, VALUES, made

TABLE = Table(
    [Column("name", left=True), Column("a–b"), Column("p", marked=True), Column("c", apart=True, width=5)],
    [
        [Cell("x – y"), Cell("−1.0"), Cell("0.010", [Mark.SIGNIFICANT]), Cell("1")],
        [Cell("z"), Cell("–"), Cell("", [Mark.NOT_ABOVE]), Cell("22")],
    ],
)


def test_a_table_is_aligned_and_figures_have_plain_signs() -> None:
    assert table_as_text(TABLE).splitlines() == [
        "name    a–b      p   |      c",
        "x – y  -1.0  0.010*  |      1",
        "z         -       !  |     22",
    ]
    assert table_as_text(TABLE, {Mark.NOT_ABOVE: "+"}).splitlines()[2] == "z         -       +  |     22"


def test_tables_and_what_they_mean() -> None:
    said = as_text([made()])
    head = " ".join(said.splitlines()[0].split())
    assert head == "RR@10 (%) questions plain new difference won/lost p | other new - other p"
    assert "! other gains as much as new or more: Finnish (fi). What new gains there need not come from" in said
    assert "new - other, mean of the languages: +25.0, 95% interval " in said
    assert "p: exact McNemar test, Holm-corrected over 2 languages; of a mean: randomisation, not corrected; *" in said
    assert said.splitlines()[-2:][0] == "interval: bootstrap." and said.splitlines()[-1].startswith("5 clusters of 5")
    assert "RR@10: questions on which" not in said
    changed = as_text([made()], with_changes=True)
    assert "RR@10: questions on which new differs from plain\nlanguage  question  plain  new\nfi        a" in changed


def test_a_single_run_has_figures_only() -> None:
    report = MeasureReport.of("RR@10", compare_runs({"plain": VALUES["plain"]}, LANGUAGES))
    assert as_text([report]).splitlines() == [
        "RR@10 (%)              questions  plain",
        "Finnish (fi)                   3   33.3",
        "Arabic (ar)                    2    0.0",
        "mean of the languages          5   16.7",
    ]


def test_official_figures_that_are_otherwise_are_named() -> None:
    said = as_text([made(official={"new": OfficialFigure({"fi": 1.0}, 0.9)})])
    assert "The figures of new are those of the official script" in said
    assert "official" not in as_text([made()])
