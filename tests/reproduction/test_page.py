from __future__ import annotations

from pathlib import Path

from pyserini_xqg.reproduction.conditions import conditions
from pyserini_xqg.reproduction.page import last_runs, listed, page, scores_as_text
from pyserini_xqg.reproduction.running import Score

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reproductions.md"
RUN = {
    "date": "2030-01-02",
    "commit": "abc",
    "scores": [{"what": "plain", "measure": "recip_rank", "row": "all", "found": 12.345}],
}


def test_the_page_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == page(last_runs()), "xqg reproduce --page > docs/reproductions.md"


def test_it_says_what_was_run_and_when() -> None:
    text = page({"mlqa-dev-e5": RUN})
    section = text.partition("### mlqa-dev-e5\n")[2].partition("###")[0]
    assert "Last run: 2030-01-02, abc." in section
    assert "| plain | recip_rank | found | 12.35 |" in section or "| plain | recip_rank | found | 12.34 |" in section
    assert text.count("Last run: never.") == len(conditions()) - 1
    assert listed({"mlqa-dev-e5": RUN}).count("; never)") == len(conditions()) - 1


def test_a_score_says_whether_it_holds() -> None:
    scores = [
        Score("plain", "R@2kt", "fi", 50.504, 50.0, 0.5),
        Score("plain", "R@2kt", "ru", 50.61, 50.0, 0.5),
        Score("plain", "R@2kt", "te", 50.61, None, 0.5),
    ]
    assert [score.holds for score in scores] == [True, False, True]
    assert scores_as_text(scores).splitlines() == [
        "plain, R@2kt, fi: 50.50 (expected 50.00 +- 0.5: holds)",
        "plain, R@2kt, ru: 50.61 (expected 50.00 +- 0.5: DOES NOT HOLD)",
        "plain, R@2kt, te: 50.61 (nothing to hold it against)",
    ]
