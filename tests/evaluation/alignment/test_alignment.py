from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.parallel import ParallelText
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.alignment.alignment import Alignment, align
from pyserini_xqg.evaluation.alignment.conditions import CONTROLS
from pyserini_xqg.evaluation.alignment.pair_measures import MEASURES
from pyserini_xqg.reporting.alignment.files import alignment_as_tsv, alignment_object
from pyserini_xqg.reporting.alignment.text import alignment_as_text
from pyserini_xqg.reporting.tsv import COLUMNS


def test_measures_conditions_and_groups_are_all_there(made: tuple[Alignment, Path], text: ParallelText) -> None:
    alignment, _ = made
    assert [report.measure for report in alignment.reports] == [
        f"{similarity} {measure}" for similarity in ("cosine", "csls") for measure in MEASURES
    ]
    runs = ["plain"]
    for subset in ("all", "own"):
        runs += [f"words {subset}", *(f"words {subset} {control}" for control in CONTROLS)]
    for report in alignment.reports:
        assert sorted(report.runs) == sorted(runs)
        assert report.questions == {"fi": 24, "ru": 22}
        assert report.groups == {"weak": ("ru",)}
        assert report.value("words all", "weak") == report.value("words all", "ru")
    assert alignment.counts["pairs"] == {"fi": 24, "ru": 22} and alignment.counts["english"] == 24


def test_the_report_says_all_of_it(made: tuple[Alignment, Path]) -> None:
    alignment, _ = made
    shown = alignment_as_text(alignment)
    for word in ("cosine A@1 (%)", "csls A@1 (%)", "Finnish (fi)", "A@1, weak", "words own:", "shuffled", "mutual"):
        assert word in shown
    values = alignment_object(alignment, {"seed": 0})
    assert values["kind"] == "alignment" and values["settings"] == {"seed": 0}
    assert set(values["measures"]) == {report.measure for report in alignment.reports}
    group = values["groups"]["csls mutual"]["weak"]
    assert group["languages"] == ["ru"] and {"plain", "words all"} <= set(group["values"])
    assert {each["against"] for each in group["differences"]} == {
        "plain", *(f"words {subset} {control}" for subset in ("all", "own") for control in CONTROLS)
    }  # fmt: skip
    assert set(values["hubness"]) == set(values["chosen"])
    lines = [line.split("\t") for line in alignment_as_tsv(alignment).splitlines()]
    assert tuple(lines[0]) == COLUMNS and {len(line) for line in lines} == {len(COLUMNS)}
    rows = {(line[0], line[1], line[2], line[3]): line for line in lines[1:]}
    weak, russian = (rows["cosine A@1", "words all", "", name] for name in ("weak", "ru"))
    assert weak[4:6] == russian[4:6] == ["22", str(alignment.reports[0].value("words all", "ru"))]
    assert rows["cosine A@1", "words all", "plain", "weak"][6] == rows["cosine A@1", "words all", "plain", "ru"][6]
    assert rows["cosine A@1", "words all", "plain", "ru"][6]


def test_an_encoder_alone_has_plain_figures_only(text: ParallelText, encoder: EncoderSettings, tmp_path: Path) -> None:
    alignment = align(text, encoder, {}, tmp_path / "out")
    assert alignment.reports[0].runs == ["plain"]
    assert "plain" in alignment_as_text(alignment) and "weights" not in alignment_as_text(alignment)


@pytest.mark.parametrize("name", ["plain", "", "a/b", "..", "a b"])
def test_names_that_are_no_folders_are_refused(name: str, text: ParallelText, encoder: EncoderSettings) -> None:
    with pytest.raises(UsageError, match="cannot be the name of queries"):
        align(text, encoder, {name: Path("queries")}, Path("nowhere"))
