from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyserini_xqg.collection.datasets.parallel import ParallelText
from pyserini_xqg.collection.query_numbers import QueryNumbers
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.alignment.alignment import Alignment, align
from pyserini_xqg.evaluation.alignment.conditions import SHARES
from pyserini_xqg.evaluation.alignment.pair_measures import MEASURES, pair_values
from pyserini_xqg.evaluation.alignment.settings import AlignmentSettings
from pyserini_xqg.indexing.exchange import exchange


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
        counts = [[len(own.get(p.id, {}).get(la, [])) for la in languages] for p in text.english]
        encoded = [encoded[row] for row in exchange(QueryNumbers.of_counts(np.array(counts)), seed=0).partners]
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


def test_hubness_alone_takes_a_share_of_the_mean_query_out_of_the_plain_vectors(
    made: tuple[Alignment, Path], text: ParallelText, queries: Path, encoder: EncoderSettings
) -> None:
    alignment, _ = made
    model = TextEncoder(encoder)
    english = model.encode([passage.text for passage in text.english], "passage")
    records = [json.loads(line)["queries"] for line in queries.read_text().splitlines()]
    mean = model.encode([query for record in records for query in record.get("ru", [])], "query").mean(axis=0)
    direction = mean / np.linalg.norm(mean)
    others = model.encode([pair.text for pair in text.pairs["ru"]], "query")
    rows = [pair.row for pair in text.pairs["ru"]]
    shares = alignment.shares["csls"]["words own"]
    assert len(shares) == 3 and set(shares) <= set(SHARES)
    reached = {
        share: pair_values((english - share * np.outer(english @ direction, direction))[rows], others, "csls")
        for share in {0.0, *shares}
    }
    for report in alignment.reports:
        if report.measure.startswith("csls "):
            measure = report.measure.removeprefix("csls ")
            changes = report.difference("words own hubness", "plain").changes
            after = {change.question: change.after for change in changes if change.language == "ru"}
            for number, pair in enumerate(text.pairs["ru"]):
                found = after.get(f"ru:s{pair.row}", reached[0.0][measure][number])
                assert any(found == pytest.approx(reached[share][measure][number], abs=1e-5) for share in shares)


def test_the_weight_is_chosen_on_the_other_folds(
    text: ParallelText, queries: Path, encoder: EncoderSettings, made: tuple[Alignment, Path]
) -> None:
    """With folds of one sentence each, a sentence's own value must not decide on its weight."""
    alignment, _ = made
    assert len(alignment.chosen["cosine"]) == 2
    with pytest.raises(UsageError, match="25 folds: from 2 to 24"):
        align(text, encoder, {"words": queries}, made[1], AlignmentSettings(folds=25))
