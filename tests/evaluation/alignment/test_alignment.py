from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyserini_xqg.collection.datasets.parallel import ParallelText, parallel_text
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.evaluation.alignment import vectors as vectors_module
from pyserini_xqg.evaluation.alignment.alignment import Alignment, align
from pyserini_xqg.evaluation.alignment.conditions import CONTROLS
from pyserini_xqg.evaluation.alignment.pair_measures import MEASURES, pair_values
from pyserini_xqg.evaluation.alignment.settings import AlignmentSettings
from pyserini_xqg.reporting.alignment.files import alignment_as_json, alignment_as_tsv
from pyserini_xqg.reporting.alignment.text import alignment_as_text
from pyserini_xqg.reporting.tsv import COLUMNS
from tests.conftest import sentence, write_lines

SIZE = 24
SETTINGS = {"pooling": "mean", "query_prefix": "river ", "passage_prefix": "stone "}


@pytest.fixture(scope="module")
def text() -> ParallelText:
    """Made-up sentences; Finnish ones are much like the English, Russian ones less, and Russian lacks two."""
    english = [sentence(number, 6) for number in range(SIZE)]
    assert len(set(english)) == SIZE
    return parallel_text(
        {
            "fi": [(each, each.replace("a", "joki")) for each in english],
            "ru": [(each, f"{sentence(number + 3, 3)} {each}") for number, each in enumerate(english[:-2])],
        }
    )


@pytest.fixture(scope="module")
def queries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Finnish for all sentences but s5, Russian for the even ones."""
    records = [
        {
            "id": f"s{number}",
            "queries": {"fi": [sentence(number, 4), sentence(number + 70, 2)]}
            | ({"ru": [sentence(number, 5)]} if number % 2 == 0 else {}),
        }
        for number in range(SIZE)
        if number != 5
    ]
    return write_lines(tmp_path_factory.mktemp("queries") / "queries.jsonl", records)


@pytest.fixture(scope="module")
def encoder(tiny_model: Path) -> EncoderSettings:
    return EncoderSettings(str(tiny_model), **SETTINGS)


@pytest.fixture(scope="module")
def made(
    text: ParallelText, queries: Path, encoder: EncoderSettings, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Alignment, Path]:
    folder = tmp_path_factory.mktemp("made") / "alignment"
    settings = AlignmentSettings(
        ("cosine", "csls"), alphas=(0.5, 0.0, 0.2), subsets=("all", "own"), folds=3, groups={"weak": ("ru", "sw")}
    )
    return align(text, encoder, {"words": queries}, folder, settings), folder


def by_hand(
    text: ParallelText, queries: Path, settings: EncoderSettings, languages: list[str], control: str | None
) -> dict[float, dict[str, Any]]:
    """Values of Russian at each weight of the mean, from the texts."""
    encoder = TextEncoder(settings)
    own = {record["id"]: record["queries"] for record in map(json.loads, queries.read_text().splitlines())}
    passages = encoder.encode([passage.text for passage in text.english], "passage")
    of = [[query for la in languages for query in own.get(p.id, {}).get(la, [])] for p in text.english]
    encoded = [encoder.encode(each, "query") if each else None for each in of]
    overall = np.concatenate([each for each in encoded if each is not None]).mean(axis=0)
    if control == "shuffled":
        encoded = [encoded[(row + SIZE // 2) % SIZE] for row in range(SIZE)]
    means = [
        passages[row] if each is None else (overall if control == "mean" else each.mean(axis=0))
        for row, each in enumerate(encoded)
    ]
    others = encoder.encode([pair.text for pair in text.pairs["ru"]], "query")
    rows = [pair.row for pair in text.pairs["ru"]]
    return {
        alpha: pair_values(((1 - alpha) * passages + alpha * np.stack(means))[rows], others, "csls")
        for alpha in (0.0, 0.2, 0.5)
    }


@pytest.mark.parametrize("subset", ["all", "own"])
@pytest.mark.parametrize("control", [None, "shuffled", "mean"])
def test_each_sentence_has_its_value_at_the_weight_of_its_fold(
    made: tuple[Alignment, Path],
    text: ParallelText,
    queries: Path,
    encoder: EncoderSettings,
    subset: str,
    control: str | None,
) -> None:
    alignment, _ = made
    expected = by_hand(text, queries, encoder, ["fi", "ru"] if subset == "all" else ["ru"], control)
    weights = set(alignment.chosen["csls"][f"words {subset}"])
    assert weights <= {0.0, 0.2, 0.5} and len(alignment.chosen["csls"][f"words {subset}"]) == 3
    reports = {report.measure: report for report in alignment.reports}
    run = f"words {subset}" + (f" {control}" if control else "")
    for measure in MEASURES:
        report = reports[f"csls {measure}"]
        before = np.array(expected[0.0][measure])
        np.testing.assert_allclose(report.value("plain", "ru"), before.mean(), atol=1e-5)
        changes = {
            change.question: change.after
            for change in report.difference(run, "plain").changes
            if change.language == "ru"
        }
        for number, pair in enumerate(text.pairs["ru"]):
            after = changes.get(f"ru:s{pair.row}", before[number])
            assert any(after == pytest.approx(expected[weight][measure][number], abs=1e-5) for weight in weights)


def test_the_weight_is_chosen_on_the_other_folds(
    text: ParallelText, queries: Path, encoder: EncoderSettings, made: tuple[Alignment, Path]
) -> None:
    """With folds of one sentence each, a sentence's own value must not decide on its weight."""
    alignment, _ = made
    assert len(alignment.chosen["cosine"]) == 2
    with pytest.raises(UsageError, match="25 folds: from 2 to 24"):
        align(text, encoder, {"words": queries}, made[1], AlignmentSettings(folds=25))


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
    values = json.loads(alignment_as_json(alignment, {"seed": 0}))
    assert values["kind"] == "alignment" and values["settings"] == {"seed": 0}
    assert set(values["measures"]) == {report.measure for report in alignment.reports}
    group = values["groups"]["csls mutual"]["weak"]
    assert group["languages"] == ["ru"] and {"plain", "words all"} <= set(group["values"])
    assert {each["against"] for each in group["differences"]} == {
        "plain", "words all shuffled", "words all mean", "words own shuffled", "words own mean"
    }  # fmt: skip
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


def test_a_second_run_encodes_nothing(
    made: tuple[Alignment, Path],
    text: ParallelText,
    queries: Path,
    encoder: EncoderSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, folder = made

    def refuse(*_: object) -> None:
        raise AssertionError("a text was encoded again")

    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    monkeypatch.setattr(TextEncoder, "_forward", refuse)
    again = align(text, encoder, {"words": queries}, folder, AlignmentSettings(alphas=(0.3,)))
    assert again.chosen["cosine"] == {"words": [0.3] * 5}
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before


def test_a_stop_while_vectors_are_written_leaves_no_half_file(
    text: ParallelText, encoder: EncoderSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(vectors_module.np, "save", lambda handle, _: handle.write(b"half") and 1 / 0)
        with pytest.raises(ZeroDivisionError):
            align(text, encoder, {}, tmp_path / "out")
    stopped = align(text, encoder, {}, tmp_path / "out")
    whole = align(text, encoder, {}, tmp_path / "whole")
    assert stopped.reports[0] == whole.reports[0]


def test_other_sentences_in_the_folder_are_refused(
    made: tuple[Alignment, Path], encoder: EncoderSettings, tmp_path: Path
) -> None:
    other = parallel_text({"fi": [("river", "joki"), ("stone", "kivi")]})
    with pytest.raises(UsageError, match="has other sentences in it"):
        align(other, encoder, {}, made[1])
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(UsageError, match="has something else in it"):
        align(other, encoder, {}, tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        align(other, encoder, {}, tmp_path / "note.txt")
    assert [file.name for file in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.parametrize("name", ["plain", "", "a/b", "..", "a b"])
def test_names_that_are_no_folders_are_refused(name: str, text: ParallelText, encoder: EncoderSettings) -> None:
    with pytest.raises(UsageError, match="cannot be the name of queries"):
        align(text, encoder, {name: Path("queries")}, Path("nowhere"))


def test_queries_of_other_sentences_are_refused(text: ParallelText, encoder: EncoderSettings, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "queries.jsonl", [{"id": "d1", "queries": {"fi": ["joki"]}}])
    with pytest.raises(InvalidInput, match="id"):
        align(text, encoder, {"words": file}, tmp_path / "out")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"similarities": ("l2",)}, "similarity is 'l2'"),
        ({"similarities": ()}, "no similarity"),
        ({"subsets": ("each-left-out",)}, "subset is 'each-left-out'"),
        ({"aggregate": "max"}, "aggregate is 'max'"),
        ({"alphas": ()}, "no alpha"),
        ({"alphas": (1.5,)}, "alpha is 1.5"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        AlignmentSettings(**settings)
