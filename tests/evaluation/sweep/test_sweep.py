from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import faiss
import ir_measures
import numpy as np
import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.evaluation.sweep import search as sweep_search
from pyserini_xqg.evaluation.sweep.grid import PLAIN, Grid, Point, SweepSettings
from pyserini_xqg.evaluation.sweep.search import SweepSearch
from pyserini_xqg.evaluation.sweep.selection import GridValues, choose, cross_validated, folds_of
from pyserini_xqg.evaluation.sweep.sweep import CHOSEN_RUN, HUBNESS_RUN, PLAIN_RUN, QUERIES_RUN, Sweep
from pyserini_xqg.evaluation.sweep.values import Judgements, QuestionSet, Valuer
from pyserini_xqg.indexing import kept_vectors, query_mean
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.query_mean import mean_of_topics
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.plugin.encoders import XqgQueryEncoder
from pyserini_xqg.storage.manifest import Manifest
from tests.conftest import sentence

TEXTS = {
    language: {f"{language}{number}": sentence(first + number, 4) for number in range(12)}
    for language, first in (("fi", 400), ("ru", 500), ("sw", 600))
}
DEPTH = 10


def test_grid_knows_plain_first_and_no_point_twice() -> None:
    grid = Grid([0.5, 0, 0.5], [0, 1], [None, 2], ["all", "each-left-out"], ["fi", "ru"])
    assert grid.points[0] == PLAIN
    assert len(set(grid.points)) == len(grid.points) == 1 + 3 * 2 * (1 + 2)
    assert grid.only([PLAIN]).points == [PLAIN]
    one = Point("own", 2, 0.5, 0.1)
    assert grid.only([one, PLAIN, one]).points == [PLAIN, one]


def test_languages_that_count() -> None:
    grid = Grid([0.1], [0], [None], ["all"], ["fi", "ru", "sw"])
    assert grid.chosen_languages("all", "fi") == ("fi", "ru", "sw")
    assert grid.chosen_languages("own", "fi") == ("fi",)
    assert grid.chosen_languages("own", "te") == ()
    assert grid.chosen_languages("others", "fi") == ("ru", "sw")
    assert grid.chosen_languages("without-ru", "fi") == ("fi", "sw")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"alphas": [1.5]}, "alpha is 1.5"),
        ({"hubness": [-1]}, "reduce_hubness is -1"),
        ({"subsets": ["none"]}, "'none' is no subset"),
        ({"subsets": ["without-te"]}, "'without-te' is no subset"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(changed, message) -> None:
    values = {"alphas": [0.1], "hubness": [0], "num_queries": [None], "subsets": ["all"], "languages": ["fi"]}
    with pytest.raises(UsageError, match=message):
        Grid(**{**values, **changed})


def keep(folder: Path, rng: np.random.Generator, rows: int, dimension: int = 16) -> Path:
    """An index folder with random kept vectors of 4 queries a language; there is no index in it."""
    (folder / "vectors").mkdir(parents=True)
    np.save(folder / "vectors" / "passages.npy", rng.standard_normal((rows, dimension), dtype=np.float32))
    for language in ("fi", "ru"):
        counts = rng.integers(0, 5, rows)
        there = counts[:, None] > np.arange(4)
        vectors = rng.standard_normal((rows, 4, dimension), dtype=np.float32) * there[:, :, None]
        np.save(folder / "vectors" / f"counts.{language}.npy", counts)
        np.save(folder / "vectors" / f"queries.{language}.npy", vectors.sum(axis=1))
        for number in (1, 2):
            np.save(folder / "vectors" / f"queries.{language}.first-{number}.npy", vectors[:, :number].sum(axis=1))
    settings = {"keep_vectors": True, "keep_first": [1, 2], "augmentation": {}}
    Manifest("index", settings, counts={"queries": {"fi": 1, "ru": 1}}).write(folder)
    return folder


@pytest.mark.parametrize("aggregate", ["sum", "mean"])
@pytest.mark.parametrize("blocks", [(20, 40, 2), (60, 1000, 4)])
def test_no_best_passage_is_lost_between_blocks(tmp_path, monkeypatch, aggregate, blocks) -> None:
    for name, value in zip(("FIRST_BLOCK", "BLOCK", "GROWTH"), blocks, strict=True):
        monkeypatch.setattr(sweep_search, name, value)
    monkeypatch.setattr(sweep_search, "QUESTIONS_AT_ONCE", 7)
    monkeypatch.setattr(sweep_search, "QUESTIONS_A_PASS", 14)
    rng = np.random.default_rng(5)
    kept = KeptVectors(keep(tmp_path / "kept", rng, 300))
    grid = Grid([0, 0.05, 0.2, 0.4, 0.5, 0.8, 1], [0, 0.7], [1, 2, None], ["all", "own"], kept.languages)
    asked = {language: rng.standard_normal((11, 16), dtype=np.float32) for language in ("fi", "sw")}
    seen = dict.fromkeys(asked, 0)
    for language, best in SweepSearch(kept, grid, aggregate, DEPTH).search(asked):
        seen[language] += best.questions.stop - best.questions.start
        vectors = asked[language][best.questions].astype(np.float64)
        for point, rows, scores in zip(grid.points, best.rows, best.scores, strict=True):
            languages = grid.chosen_languages(point.subset, language)
            everything = vectors @ by_hand(kept, point, languages, aggregate).T
            expected = -np.sort(-everything, axis=1)[:, :DEPTH]
            np.testing.assert_allclose(np.take_along_axis(everything, rows, 1), expected, atol=1e-5)
            if languages:  # without queries it is the plain index, whose scores have another scale
                np.testing.assert_allclose(scores, expected, atol=1e-5)
            assert all(len(set(row)) == DEPTH for row in rows.tolist())
    assert seen == {"fi": 11, "sw": 11}


def by_hand(kept: KeptVectors, point: Point, languages: tuple[str, ...], aggregate: str) -> np.ndarray:
    """The index of a point in float64."""
    rows = slice(0, kept.rows)
    passages = kept.passages(0, kept.rows).astype(np.float64)
    if not languages:
        return passages
    sums = kept.queries(languages, point.num_queries, rows).astype(np.float64)
    if aggregate == "mean":
        counts = kept.counts(languages, point.num_queries, rows)[:, None]
        sums = np.where(counts > 0, sums / np.maximum(counts, 1), passages)
    vectors = (1 - point.alpha) * passages + point.alpha * sums
    direction = kept.direction(languages, point.num_queries).astype(np.float64)
    return vectors - point.hubness * np.outer(vectors @ direction, direction)


def test_equal_scores_are_found_in_the_order_of_rows(tmp_path) -> None:
    index = keep(tmp_path / "kept", np.random.default_rng(1), 40)
    for file in (index / "vectors").glob("[pq]*.npy"):
        np.save(file, np.ones((40, 16), dtype=np.float32))
    kept = KeptVectors(index)
    grid = Grid([0.5], [0], [None], ["all"], kept.languages)
    ((_, best),) = SweepSearch(kept, grid, depth=40).search({"fi": np.ones((1, 16), dtype=np.float32)})
    assert (best.rows == np.arange(40)).all()


@pytest.fixture
def plain(tiny_sentence_model, corpus, tmp_path) -> Path:
    builder = XqgIndexBuilder(str(tiny_sentence_model), AugmentationSettings(alpha=0), device="cpu")
    builder.build(corpus, None, tmp_path / "plain")
    return tmp_path / "plain"


def augmented(plain: Path, queries: Path, output: Path, settings: AugmentationSettings, **options) -> Path:
    kept = options.pop("index", None)
    XqgIndexBuilder(None, settings, kept, device="cpu", **options).augment(plain, queries, output)
    return output


@pytest.fixture
def kept_index(plain, queries, tmp_path) -> Path:
    settings = IndexSettings(keep_first=(1, 2))
    return augmented(plain, queries, tmp_path / "kept", AugmentationSettings(alpha=0.3), index=settings)


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
    grid = Grid({0.1, 0.9, point.alpha}, {0, 0.25, point.hubness}, [1, 2, None], ["all", point.subset], kept.languages)
    asked = {language: encoder.encode_batch(list(TEXTS[language].values())) for language in ("fi", "ru")}
    for language, best in SweepSearch(kept, grid, aggregate, DEPTH, direction).search(asked):
        settings = AugmentationSettings(
            alpha=point.alpha,
            aggregate=aggregate,
            languages=grid.chosen_languages(point.subset, language),
            num_queries=point.num_queries,
            reduce_hubness=point.hubness,
        )
        output, from_topics = tmp_path / f"built-{language}", file if topics else None
        built = faiss.read_index(str(augmented(plain, queries, output, settings, hubness_topics=from_topics) / "index"))
        scores, rows = built.search(asked[language], DEPTH)
        number = grid.points.index(point)
        np.testing.assert_allclose(best.scores[number], scores, atol=1e-5)
        everything = asked[language] @ built.reconstruct_n(0, built.ntotal).T
        found = np.take_along_axis(everything, best.rows[number], 1)
        np.testing.assert_allclose(found, scores, atol=1e-5)  # up to ties
        assert (best.rows[number] == rows).mean() > 0.95


@pytest.mark.parametrize("control", [None, "shuffled"])
def test_the_direction_is_that_of_the_same_sample_as_the_builders(
    plain, queries, tmp_path, monkeypatch, control
) -> None:
    for module in (query_mean, kept_vectors):
        monkeypatch.setattr(module, "SAMPLED_PASSAGES", 5)
    settings = AugmentationSettings(alpha=0.2, control=control, reduce_hubness=0.5)
    made = augmented(plain, queries, tmp_path / "out", settings, index=IndexSettings(keep_vectors=True))
    direction = Manifest.read(made).details["mean_query_direction"]
    kept = KeptVectors(made)
    np.testing.assert_allclose(kept.direction(kept.languages, None), direction, atol=1e-6)


def test_an_index_that_cannot_be_swept_is_refused(plain, queries, tmp_path) -> None:
    with pytest.raises(MissingInput, match="--keep-vectors"):
        KeptVectors(plain)
    control = AugmentationSettings(alpha=0.2, control="mean")
    made = augmented(plain, queries, tmp_path / "mean", control, index=IndexSettings(keep_vectors=True))
    with pytest.raises(UsageError, match="mean control"):
        KeptVectors(made)
    made = augmented(plain, queries, tmp_path / "out", AugmentationSettings(), index=IndexSettings(keep_vectors=True))
    with pytest.raises(UsageError, match="first 2 queries were not kept; there are those of all"):
        Sweep(made, ["RR@10"], SweepSettings(num_queries=(2,)), device="cpu")
    (made / "vectors" / "counts.fi.npy").write_bytes(b"")
    with pytest.raises(InvalidInput, match=r"counts\.fi\.npy"):
        KeptVectors(made)


def test_a_number_that_the_index_does_not_exceed_is_all_of_its_queries(plain, queries, tmp_path) -> None:
    settings = AugmentationSettings(num_queries=2)
    kept = KeptVectors(augmented(plain, queries, tmp_path / "two", settings, index=IndexSettings(keep_first=(1, 2))))
    assert kept.numbers == (1, None)
    assert [kept.number(asked) for asked in (1, 2, 3, None)] == [1, None, None, None]


def test_values_are_those_of_ir_measures(tmp_path) -> None:
    rng = np.random.default_rng(3)
    (tmp_path / "docid").write_text("".join(f"d{row}\n" for row in range(50)))
    questions = [str(number) for number in range(30)]
    qrels = {
        question: {f"d{row}": int(rng.integers(0, 4)) for row in rng.choice(60, rng.integers(1, 9), replace=False)}
        for question in questions[:-2]
    }
    rows = np.array([[rng.permutation(50)[:20] for _ in questions] for _ in range(6)])
    measures = [
        ir_measures.parse_measure(name) for name in ("RR@10", "nDCG", "AP", "R@5", "P@3", "AP(rel=2)", "ERR@10")
    ]
    found = Valuer(measures, Judgements(qrels), tmp_path / "docid").values(questions, rows)
    for point in range(6):
        run = {
            question: {f"d{row}": float(-rank) for rank, row in enumerate(rows[point, number])}
            for number, question in enumerate(questions)
        }
        for metric in ir_measures.iter_calc(measures, qrels, run):
            value = found[str(metric.measure)][point, questions.index(metric.query_id)]
            assert value == pytest.approx(metric.value, abs=1e-9)
    assert all(np.isnan(values[:, -2:]).all() and not np.isnan(values[:, :-2]).any() for values in found.values())


def test_texts_are_measured_by_their_answers(tmp_path) -> None:
    texts = [f"passage {name} here" for name in ("alpha", "beta", "gamma")]
    (tmp_path / "docid").write_text("a\nb\nc\n")
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in zip("abc", texts, strict=True)))
    measures = [ir_measures.parse_measure(name) for name in ("R@0.003kt", "R@0.006kt")]
    judgements = Judgements(answers={"q": ["beta"], "r": ["yes"]})
    rows = np.array([[[1, 0, 2], [0, 1, 2]], [[0, 1, 2], [0, 1, 2]], [[0, 2, 1], [0, 1, 2]]])
    found = Valuer(measures, judgements, tmp_path / "docid", corpus).values(["q", "r"], rows)
    assert found["R@0.003kt"][:, 0].tolist() == [1, 0, 0]
    assert found["R@0.006kt"][:, 0].tolist() == [1, 1, 0]
    assert np.isnan(found["R@0.003kt"][:, 1]).all()
    with pytest.raises(UsageError, match="--corpus"):
        Valuer(measures, judgements, tmp_path / "docid")


POINTS = [PLAIN, Point(alpha=0.1), Point(alpha=0.2)]


def grid_values(rng: np.random.Generator) -> GridValues:
    questions = {"fi": [f"f{n}" for n in range(23)], "ru": [f"r{n}" for n in range(7)]}
    values = {language: rng.integers(0, 2, (3, len(ids))).astype(float) for language, ids in questions.items()}
    return GridValues(POINTS, questions, {"M": values})


def test_languages_weigh_the_same_and_ties_go_to_the_first() -> None:
    values = {
        "fi": np.array([[1, 0, 0, 0], [1, 1, 0, np.nan], [1, 1, 1, np.nan]]),
        "ru": np.array([[1.0], [1.0], [0.0]]),
    }
    questions = {"fi": list("abcd"), "ru": ["e"]}
    of = GridValues(POINTS, questions, {"M": values})
    assert of.macro("M") == pytest.approx([5 / 8, 5 / 6, 1 / 2])
    assert choose(of, "M") == 1
    equal = GridValues(
        POINTS, questions, {"M": {language: np.ones((3, len(ids))) for language, ids in questions.items()}}
    )
    assert choose(equal, "M") == 0


def test_folds_are_stratified_and_seeded() -> None:
    values = grid_values(np.random.default_rng(0))
    folds = folds_of(values, 5, seed=1)
    for language, counts in (("fi", {4, 5}), ("ru", {1, 2})):
        assert set(np.bincount(folds[language], minlength=5).tolist()) == counts
    assert all((folds[la] == folds_of(values, 5, seed=1)[la]).all() for la in folds)
    assert any((folds[la] != folds_of(values, 5, seed=2)[la]).any() for la in folds)
    for number in (1, 24):
        with pytest.raises(UsageError, match="folds"):
            folds_of(values, number, seed=1)


def test_no_question_has_a_part_in_its_own_choice() -> None:
    values = grid_values(np.random.default_rng(0))
    folds = folds_of(values, 5, seed=1)
    before, of_questions = cross_validated(values, "M", 5, seed=1)
    assert {language: [before[fold] for fold in own] for language, own in folds.items()} == of_questions
    others = set()
    for fold in range(5):
        for point in range(3):
            changed = {language: array.copy() for language, array in values.values["M"].items()}
            for language, own in folds.items():
                changed[language][:, own == fold] = np.eye(3)[point][:, None]
            after, _ = cross_validated(replace(values, values={"M": changed}), "M", 5, seed=1)
            assert after[fold] == before[fold]
            others |= {other for other in range(5) if after[other] != before[other]}
    assert others  # what other folds choose does depend on it


@pytest.fixture
def questions(kept_index) -> QuestionSet:
    """Questions of which three in four have the passage for right that weight 0.2 puts first, and one the fourth."""
    encoder, kept = XqgQueryEncoder(str(kept_index), device="cpu"), KeptVectors(kept_index)
    ids = (kept_index / "docid").read_text().split()
    vectors = by_hand(kept, Point(alpha=0.2), kept.languages, "mean")
    qrels = {}
    for texts in TEXTS.values():
        for (identifier, text), number in zip(texts.items(), range(12), strict=True):
            scores = encoder.encode(text) @ vectors.T
            qrels[identifier] = {ids[int(np.argsort(-scores)[0 if number % 4 else 3])]: 1}
    return QuestionSet(TEXTS, Judgements(qrels))


def test_the_chosen_settings_are_reported_on_the_test_questions_only(kept_index, questions) -> None:
    def half(parity: int) -> QuestionSet:
        texts = {la: {i: t for i, t in of.items() if int(i[2:]) % 2 == parity} for la, of in questions.texts.items()}
        return replace(questions, texts=texts)

    settings = SweepSettings("mean", alphas=(0.05, 0.2, 0.7, 0.95), subsets=("all", "own"), depth=DEPTH)
    sweep = Sweep(kept_index, ["RR@10,Success@1"], settings, device="cpu")
    result = sweep.choose_and_test(half(0), half(1))
    assert len(result.chosen) == 1
    assert result.chosen[0] == result.overall
    tested = sweep.values(half(1))
    number = tested.points.index(result.chosen[0])
    assert number == choose(sweep.values(half(0)), "RR@10") != 0
    for measure, compared in result.tests.items():
        for run, point in ((PLAIN_RUN, 0), (CHOSEN_RUN, number)):
            assert compared.macro[run] == pytest.approx(tested.macro(measure)[point])
            assert compared.means[run] == pytest.approx(
                {la: values[point] for la, values in tested.means(measure).items()}
            )
        assert set(compared.questions.values()) == {6}
    assert all(int(each[2:]) % 2 == 0 for ids in result.grid.questions.values() for each in ids)


def test_every_question_is_reported_once_by_cross_validation(kept_index, questions) -> None:
    settings = SweepSettings("mean", alphas=(0.05, 0.2, 0.7), depth=DEPTH)
    result = Sweep(kept_index, ["Success@1"], settings, device="cpu").cross_validate(questions, folds=3, seed=4)
    assert len(result.chosen) == 3
    assert result.tests["Success@1"].questions == {"fi": 12, "ru": 12, "sw": 12}
    chosen, of_questions = cross_validated(result.grid, "Success@1", 3, 4)
    assert result.chosen == [result.grid.points[each] for each in chosen]
    for language, numbers in of_questions.items():
        values = result.grid.values["Success@1"][language]
        expected = np.mean([values[number, column] for column, number in enumerate(numbers)])
        assert result.tests["Success@1"].means[CHOSEN_RUN][language] == pytest.approx(expected)
    assert result.tests["Success@1"].macro[CHOSEN_RUN] > result.tests["Success@1"].macro[PLAIN_RUN]


def test_a_measure_that_looks_further_than_the_search_is_refused(kept_index) -> None:
    with pytest.raises(UsageError, match="R@100 looks further than the first 10"):
        Sweep(kept_index, ["RR@10,R@100"], SweepSettings(depth=10), device="cpu")


def test_questions_without_judgements_are_no_sweep(kept_index) -> None:
    sweep = Sweep(kept_index, ["RR@10"], SweepSettings(depth=10), device="cpu")
    with pytest.raises(InvalidInput, match="none of the topics is judged"):
        sweep.cross_validate(QuestionSet(TEXTS, Judgements({"else": {"d1": 1}})))


@pytest.mark.parametrize("dev", [True, False])
def test_hubness_reduction_alone_and_queries_alone_are_chosen_likewise(kept_index, questions, dev) -> None:
    settings = SweepSettings("mean", alphas=(0.0, 0.3, 0.8), hubness=(0.0, 0.4, 1.0), depth=DEPTH)
    sweep = Sweep(kept_index, ["RR@10"], settings, device="cpu")
    result = sweep.choose_and_test(questions, questions) if dev else sweep.cross_validate(questions, 3, 1)
    found = result.tests["RR@10"]
    assert list(found.macro) == [PLAIN_RUN, CHOSEN_RUN, HUBNESS_RUN, QUERIES_RUN]
    assert [each.control for each in found.controls[CHOSEN_RUN]] == [HUBNESS_RUN, QUERIES_RUN]
    points = result.grid.points
    for run, among in (
        (HUBNESS_RUN, [n for n, point in enumerate(points) if point.alpha == 0]),
        (QUERIES_RUN, [n for n, point in enumerate(points) if point.hubness == 0]),
    ):
        assert 1 < len(among) < len(points)
        values = result.grid.values["RR@10"]
        if dev:
            expected = max(result.grid.macro("RR@10")[number] for number in among)
        else:
            _, numbers = cross_validated(result.grid, "RR@10", 3, 1, among)
            expected = np.mean([values[la][of, range(len(of))].mean() for la, of in numbers.items()])
        assert found.macro[run] == pytest.approx(expected)
