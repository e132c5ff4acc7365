from __future__ import annotations

from dataclasses import replace

import faiss
import numpy as np
import pytest

from pyserini_xqg.evaluation.sweep import search as sweep_search
from pyserini_xqg.evaluation.sweep.grid import Grid, Point
from pyserini_xqg.evaluation.sweep.search import SweepSearch
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.query_mean import mean_of_topics
from pyserini_xqg.plugin.encoders import XqgQueryEncoder
from pyserini_xqg.storage.manifest import Manifest
from tests.evaluation.sweep.conftest import DEPTH, TEXTS, augmented, by_hand, keep


@pytest.mark.parametrize("aggregate", ["sum", "mean"])
@pytest.mark.parametrize("blocks", [(20, 40, 2), (60, 1000, 4)])
def test_no_best_passage_is_lost_between_blocks(tmp_path, monkeypatch, aggregate, blocks) -> None:
    for name, value in zip(("FIRST_BLOCK", "BLOCK", "GROWTH"), blocks, strict=True):
        monkeypatch.setattr(sweep_search, name, value)
    monkeypatch.setattr(sweep_search, "QUESTIONS_AT_ONCE", 7)
    monkeypatch.setattr(sweep_search, "QUESTIONS_A_PASS", 14)
    rng = np.random.default_rng(5)
    kept = KeptVectors(keep(tmp_path / "kept", rng, 300))
    subsets, alphas, weights = ["all", "own"], [0, 0.05, 0.2, 0.4, 0.5, 0.8, 1], [{"fi": 0.3, "ru": 0.6}, {"ru": 0.2}]
    grid = Grid(alphas, [0, 0.7], [1, 2, None], subsets, kept.languages, [False, True], weights)
    asked = {language: rng.standard_normal((11, 16), dtype=np.float32) for language in ("fi", "sw")}
    seen = dict.fromkeys(asked, 0)
    for language, best in SweepSearch(kept, grid, aggregate, DEPTH).search(asked):
        seen[language] += best.questions.stop - best.questions.start
        vectors = asked[language][best.questions].astype(np.float64)
        for point, rows, scores in zip(grid.points, best.rows, best.scores, strict=True):
            languages = grid.chosen_languages(point, language)
            everything = vectors @ by_hand(kept, point, languages, aggregate).T
            expected = -np.sort(-everything, axis=1)[:, :DEPTH]
            np.testing.assert_allclose(np.take_along_axis(everything, rows, 1), expected, atol=1e-5)
            if languages:  # without queries it is the plain index, whose scores have another scale
                np.testing.assert_allclose(scores, expected, atol=1e-5)
            assert all(len(set(row)) == DEPTH for row in rows.tolist())
    assert seen == {"fi": 11, "sw": 11}


def test_equal_scores_are_found_in_the_order_of_rows(tmp_path) -> None:
    index = keep(tmp_path / "kept", np.random.default_rng(1), 40)
    for file in (index / "vectors").glob("[pq]*.npy"):
        np.save(file, np.ones((40, 16), dtype=np.float32))
    kept = KeptVectors(index)
    grid = Grid([0.5], [0], [None], ["all"], kept.languages)
    ((_, best),) = SweepSearch(kept, grid, depth=40).search({"fi": np.ones((1, 16), dtype=np.float32)})
    assert (best.rows == np.arange(40)).all()


@pytest.mark.parametrize(
    ("point", "aggregate", "topics"),
    [
        (Point("all", None, 0.0, 0.0), "sum", False),
        (Point("all", None, 0.0, 0.2), "sum", False),
        (Point("all", 2, 0.0, 0.6), "mean", False),
        (Point("others", 1, 0.5, 0.6), "mean", False),
        (Point("own", 2, 1.0, 0.2), "sum", False),
        (Point("without-fi", None, 0.5, 0.0), "mean", False),
        (Point("all", 1, 0.5, 0.2), "sum", True),
        (Point("all", None, 0.0, 0.0, True), "sum", False),
        (Point("all", None, 0.0, 0.3, True), "mean", False),
        (Point("own", 2, 0.5, 0.2, True), "sum", False),
        (Point("all", None, 0.0, 0.0, True, (("fi", 0.2), ("ru", 0.4))), "mean", False),
        (Point("all", 1, 0.5, 0.0, False, (("fi", 0.1), ("ru", 0.0))), "sum", False),
        (Point("own", 2, 0.5, 0.0, False, (("fi", 0.2), ("ru", 0.4))), "mean", False),
    ],
    ids=str,
)
def test_a_point_is_the_index_built_with_its_settings(
    kept_index, plain, queries, tmp_path, point, aggregate, topics
) -> None:
    kept, encoder = KeptVectors(kept_index), XqgQueryEncoder(str(kept_index), device="cpu")
    file = tmp_path / "topics.tsv"
    file.write_text("1\tmissä joki\n2\tкто король\n", encoding="utf-8")
    direction = None
    if topics:
        direction = mean_of_topics(encoder._encoder, file, "cpu")
        direction /= np.linalg.norm(direction)
    # The point among others, as its neighbours share its computation.
    weights = [dict(point.alphas)] if point.alphas else []
    point = replace(point, alpha=sum(weights[0].values()) / len(weights[0])) if weights else point
    settings = {0.1, 0.9, point.alpha}, {0, 0.25, point.hubness}, [1, 2, None], ["all", point.subset]
    grid = Grid(*settings, kept.languages, [False, True], weights)
    asked = {language: encoder.encode_batch(list(TEXTS[language].values())) for language in ("fi", "ru")}
    for language, best in SweepSearch(kept, grid, aggregate, DEPTH, direction).search(asked):
        settings = point.augmentation(aggregate, grid.chosen_languages(point, language))
        output, from_topics = tmp_path / f"built-{language}", file if topics else None
        built = faiss.read_index(str(augmented(plain, queries, output, settings, hubness_topics=from_topics) / "index"))
        scores, rows = built.search(asked[language], DEPTH)
        number = grid.points.index(point)
        np.testing.assert_allclose(best.scores[number], scores, atol=1e-5)
        everything = asked[language] @ built.reconstruct_n(0, built.ntotal).T
        found = np.take_along_axis(everything, best.rows[number], 1)
        np.testing.assert_allclose(found, scores, atol=1e-5)  # up to ties
        assert (best.rows[number] == rows).mean() > 0.95


def test_a_language_that_an_index_has_under_another_code_has_its_weight(tmp_path) -> None:
    kept = KeptVectors(keep(tmp_path / "kept", np.random.default_rng(1), 40))
    index = keep(tmp_path / "other", np.random.default_rng(1), 40)
    for file in sorted((index / "vectors").glob("*.fi.*")):
        file.rename(file.with_name(file.name.replace(".fi.", ".fin.")))
    manifest = Manifest.read(index)
    manifest.counts["queries"] = {"fin": 1, "ru": 1}
    manifest.write(index)
    asked = {"fi": np.random.default_rng(2).standard_normal((3, 16), dtype=np.float32)}
    found = []
    for each in (kept, KeptVectors(index)):
        grid = Grid([0.1], [0], [None], ["all", "own"], each.languages, alphas_by_language=[{"fi": 0.2, "ru": 0.5}])
        ((_, best),) = SweepSearch(each, grid, "mean", DEPTH).search(asked)
        found.append(best.scores)
    np.testing.assert_array_equal(*found)
