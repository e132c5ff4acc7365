from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.evaluation.comparison.clusters import find_clusters
from pyserini_xqg.evaluation.sweep.chooser import CHOSEN_RUN, HUBNESS_RUN, ONE_WEIGHT_RUN, PLAIN_RUN, QUERIES_RUN
from pyserini_xqg.evaluation.sweep.compared import comparison_of
from pyserini_xqg.evaluation.sweep.grid import PLAIN, Point, SweepSettings
from pyserini_xqg.evaluation.sweep.selection import choose, cross_validated, folds_of
from pyserini_xqg.evaluation.sweep.sweep import Sweep
from pyserini_xqg.evaluation.sweep.values import Judgements, QuestionSet
from pyserini_xqg.indexing import query_mean
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.plugin.encoders import XqgQueryEncoder
from pyserini_xqg.storage.manifest import Manifest
from tests.evaluation.sweep.conftest import DEPTH, TEXTS, augmented, by_hand
from tests.indexing.helpers import vectors_of


@pytest.mark.parametrize("control", [None, "shuffled"])
def test_the_direction_is_that_of_the_same_sample_as_the_builders(
    plain, queries, tmp_path, monkeypatch, control
) -> None:
    monkeypatch.setattr(query_mean, "SAMPLED_PASSAGES", 5)
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
    control = AugmentationSettings(alpha=0.2, control="shuffled")
    made = augmented(plain, queries, tmp_path / "old", control, index=IndexSettings(keep_vectors=True))
    assert KeptVectors(made).rows == 23
    manifest = Manifest.read(made)
    del manifest.settings["augmentation"]["control_seed"]
    manifest.write(made)
    with pytest.raises(UsageError, match="a shuffled control of an earlier version"):
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

    settings = SweepSettings("mean", alphas=(0.05, 0.2, 0.7, 0.95), subsets=("all", "own"), depth=DEPTH, choose="best")
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
    settings = SweepSettings("mean", alphas=(0.05, 0.2, 0.7), depth=DEPTH, choose="best")
    result = Sweep(kept_index, ["Success@1"], settings, device="cpu").cross_validate(questions, folds=3, seed=4)
    assert len(result.chosen) == 3
    assert result.tests["Success@1"].questions == {"fi": 12, "ru": 12, "sw": 12}
    clusters = find_clusters(result.grid.questions, questions.judgements.qrels)
    assert clusters.sizes(result.grid.questions) == result.tests["Success@1"].clusters
    chosen, of_questions = cross_validated(result.grid, "Success@1", 3, 4, clusters=clusters)
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
    settings = SweepSettings("mean", alphas=(0.0, 0.3, 0.8), hubness=(0.0, 0.4, 1.0), depth=DEPTH, choose="best")
    sweep = Sweep(kept_index, ["RR@10"], settings, device="cpu")
    result = sweep.choose_and_test(questions, questions) if dev else sweep.cross_validate(questions, 3, 1)
    found = result.tests["RR@10"]
    controls = [HUBNESS_RUN, QUERIES_RUN, "chosen shuffled", "chosen mean"]
    assert list(found.macro) == [PLAIN_RUN, CHOSEN_RUN, *controls]
    assert [each.control for each in found.controls[CHOSEN_RUN]] == controls
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
            clusters = find_clusters(result.grid.questions, questions.judgements.qrels)
            _, numbers = cross_validated(result.grid, "RR@10", 3, 1, among, clusters)
            expected = np.mean([values[la][of, range(len(of))].mean() for la, of in numbers.items()])
        assert found.macro[run] == pytest.approx(expected)


@pytest.mark.parametrize("dev", [True, False])
def test_what_is_reported_is_kept_question_by_question(kept_index, questions, dev) -> None:
    settings = SweepSettings("mean", alphas=(0.0, 0.3, 0.8), hubness=(0.0, 0.4), depth=DEPTH)
    sweep = Sweep(kept_index, ["RR@10"], settings, device="cpu")
    result = sweep.choose_and_test(questions, questions) if dev else sweep.cross_validate(questions, 3, 1)
    tested = result.values["RR@10"]
    controls = [f"{CHOSEN_RUN} shuffled", f"{CHOSEN_RUN} mean"]
    assert list(tested.runs) == [PLAIN_RUN, CHOSEN_RUN, HUBNESS_RUN, QUERIES_RUN, *controls]
    assert comparison_of(tested, result.clusters) == result.tests["RR@10"]
    assert result.clusters == result.grid_clusters  # of the same questions


@pytest.mark.parametrize(("other", "shared"), [("", 3), ("else ", 0)])
def test_a_direction_from_the_tested_questions_is_said(kept_index, questions, tmp_path, other, shared, caplog) -> None:
    file = tmp_path / "topics.tsv"
    texts = list(TEXTS["fi"].values())[:3]
    file.write_text("".join(f"x{number}\t{other}{text}\n" for number, text in enumerate(texts)), encoding="utf-8")
    settings = SweepSettings("mean", alphas=(0.0, 0.3), hubness=(0.0, 0.5), depth=DEPTH)
    sweep = Sweep(kept_index, ["RR@10"], settings, hubness_topics=file, device="cpu")
    sweep.cross_validate(questions, 3)
    said = [message for message in caplog.messages if "--hubness-topics" in message]
    assert len(said) == (shared > 0)
    assert all(message.startswith("3 of the 36 questions that are tested are among") for message in said)
    assert sweep.described(3, 0, questions)["hubness_topics_tested"] == shared
    caplog.clear()
    half = replace(questions, texts={"fi": TEXTS["fi"]})
    sweep.choose_and_test(half, replace(questions, texts={"ru": TEXTS["ru"]}))  # dev questions may be among them
    assert not [message for message in caplog.messages if "--hubness-topics" in message]
    without = Sweep(kept_index, ["RR@10"], replace(settings, hubness=(0.0,)), hubness_topics=file, device="cpu")
    assert "hubness_topics_tested" not in without.described(3, 0, questions)


def reached(index: Path, asked: dict[str, np.ndarray], qrels: dict[str, dict[str, int]]) -> float:
    """Success@1 of an index on questions, the mean of the languages."""
    ids, vectors = (index / "docid").read_text().split(), vectors_of(index)
    means = []
    for language, questions in asked.items():
        best = (questions @ vectors.T).argmax(axis=1)
        means.append(np.mean([ids[row] in qrels[each] for each, row in zip(TEXTS[language], best, strict=True)]))
    return float(np.mean(means))


def asked_of(index: Path) -> dict[str, np.ndarray]:
    encoder = XqgQueryEncoder(str(index), device="cpu")
    return {language: encoder.encode_batch(list(texts.values())) for language, texts in TEXTS.items()}


@pytest.mark.parametrize("normalize", [False, True])
def test_what_is_chosen_is_built_with_its_controls_and_reaches_what_the_sweep_says(
    kept_index, questions, plain, queries, tmp_path, normalize
) -> None:
    settings = SweepSettings(
        "mean", alphas=(0.2,), num_queries=(None,), normalize=(normalize,), depth=DEPTH, choose="best"
    )
    sweep = Sweep(kept_index, ["Success@1"], settings, device="cpu")
    result = sweep.choose_and_test(questions, questions)
    assert (result.overall.alpha, result.overall.normalize) == (0.2, normalize)
    made = sweep.build(result, tmp_path / "best", {"dev.tsv": "0" * 64})
    assert made == [tmp_path / name for name in ("best", "best-shuffled", "best-mean")]
    asked, macro = asked_of(kept_index), result.tests["Success@1"].macro
    for folder, control in zip(made, (None, "shuffled", "mean"), strict=True):
        run = CHOSEN_RUN if control is None else f"chosen {control}"
        assert reached(folder, asked, questions.judgements.qrels) == pytest.approx(macro[run])
        of_point = sweep.values(questions, sweep.grid.only([result.overall]), control).macro("Success@1")
        assert of_point[-1] == pytest.approx(macro[run])
        of_texts = AugmentationSettings(alpha=0.2, aggregate="mean", normalize=normalize, control=control)
        built = augmented(plain, queries, tmp_path / f"built-{control}", of_texts)
        np.testing.assert_allclose(vectors_of(folder), vectors_of(built), atol=1e-6)
        manifest = Manifest.read(folder)
        assert manifest.settings == Manifest.read(built).settings
        assert manifest.details["chosen"] == {
            "settings": str(result.overall),
            "rule": "best",
            "points": len(result.grid.points),
            "measure": "Success@1",
            "questions": {"fi": 12, "ru": 12, "sw": 12},
            "files": {"dev.tsv": "0" * 64},
        }
    # The same choice on other questions: the indexes stay, and what they were chosen on is said anew.
    sweep.build(result, tmp_path / "best", {"other.tsv": "1" * 64})
    assert Manifest.read(made[1]).details["chosen"]["files"] == {"other.tsv": "1" * 64}


def test_a_plain_choice_is_built_without_controls(kept_index, questions, tmp_path) -> None:
    sweep = Sweep(kept_index, ["Success@1"], SweepSettings("mean", alphas=(1.0,), depth=DEPTH), device="cpu")
    result = replace(sweep.choose_and_test(questions, questions), overall=PLAIN)
    assert sweep.build(result, tmp_path / "best") == [tmp_path / "best"]
    np.testing.assert_array_equal(vectors_of(tmp_path / "best"), np.load(kept_index / "vectors" / "passages.npy"))


def test_each_language_gets_its_own_weight_on_its_own_questions_and_an_index(kept_index, questions, tmp_path) -> None:
    """Finnish questions whose passages weight 0.8 of their own queries puts first, and Russian ones 0.2."""
    encoder, kept = XqgQueryEncoder(str(kept_index), device="cpu"), KeptVectors(kept_index)
    ids = (kept_index / "docid").read_text().split()
    qrels = {}
    for language, weight in (("fi", 0.8), ("ru", 0.2), ("sw", 0.0)):
        vectors = by_hand(kept, Point(alpha=weight), (language,) if weight else (), "mean")
        for identifier, text in TEXTS[language].items():
            qrels[identifier] = {ids[int((encoder.encode(text) @ vectors.T).argmax())]: 1}
    of_weights = QuestionSet(TEXTS, Judgements(qrels))
    settings = SweepSettings(
        "mean", alphas=(0.0, 0.2, 0.8), num_queries=(None,), depth=DEPTH, choose="best", alpha_per_language=True
    )
    sweep = Sweep(kept_index, ["Success@1"], settings, device="cpu")
    result = sweep.choose_and_test(of_weights, of_weights)
    assert dict(result.overall.alphas) == {"fi": 0.8, "ru": 0.2}
    macro = result.tests["Success@1"].macro
    assert macro[CHOSEN_RUN] == pytest.approx(1) and macro[ONE_WEIGHT_RUN] < 1
    # Each fold's weights, taken question by question from the grid, are what a search of their points finds.
    folds = sweep.cross_validate(of_weights, 3, 1, "question")
    again = sweep.values(of_weights, sweep.grid.only(folds.chosen))
    fold_of = folds_of(folds.grid, 3, 1, find_clusters(folds.grid.questions, by="question"))
    for language, own in fold_of.items():
        numbers = [again.points.index(folds.chosen[fold]) for fold in own]
        values = again.values["Success@1"][language]
        expected = np.mean([values[number, column] for column, number in enumerate(numbers)])
        assert folds.tests["Success@1"].means[CHOSEN_RUN][language] == pytest.approx(expected)
    made = sweep.build(result, tmp_path / "best")
    names = [f"best-{language}{control}" for language in ("fi", "ru") for control in ("", "-shuffled", "-mean")]
    assert [folder.name for folder in made] == [*names, "best-sw"]
    asked = asked_of(kept_index)
    for language in TEXTS:
        assert reached(tmp_path / f"best-{language}", {language: asked[language]}, qrels) == 1
    assert Manifest.read(tmp_path / "best-fi").settings["augmentation"]["alphas"] == {"fi": 0.8}


def test_an_index_that_is_a_control_is_swept_without_controls(plain, queries, questions, tmp_path) -> None:
    control = AugmentationSettings(alpha=0.2, control="shuffled")
    made = augmented(plain, queries, tmp_path / "shuffled", control, index=IndexSettings(keep_vectors=True))
    sweep = Sweep(made, ["Success@1"], SweepSettings("mean", alphas=(0.2,), depth=DEPTH), device="cpu")
    assert list(sweep.cross_validate(questions, 3).tests["Success@1"].macro) == [PLAIN_RUN, CHOSEN_RUN]


def test_sweeps_can_share_an_encoder(kept_index, questions) -> None:
    opened: list[TextEncoder] = []

    def once(*given) -> TextEncoder:
        if not opened:
            opened.append(TextEncoder(*given))
        return opened[0]

    for alpha in (0.3, 0.6):
        settings = SweepSettings("mean", alphas=(alpha,), depth=DEPTH)
        found = Sweep(kept_index, ["RR@10"], settings, device="cpu", open_encoder=once).values(questions)
        expected = Sweep(kept_index, ["RR@10"], settings, device="cpu").values(questions)
        for language, values in expected.values["RR@10"].items():
            np.testing.assert_array_equal(found.values["RR@10"][language], values)
    assert len(opened) == 1


def test_the_values_of_a_control_are_those_of_the_index_of_that_control(plain, queries, questions, tmp_path) -> None:
    own = augmented(plain, queries, tmp_path / "own", AugmentationSettings(), index=IndexSettings(keep_vectors=True))
    shuffled = AugmentationSettings(control="shuffled")
    made = augmented(plain, queries, tmp_path / "made", shuffled, index=IndexSettings(keep_vectors=True))
    settings = SweepSettings("mean", alphas=(0.3, 0.6), normalize=(False, True), depth=DEPTH)
    found = Sweep(own, ["RR@10"], settings, device="cpu").values(questions, control="shuffled")
    expected = Sweep(made, ["RR@10"], settings, device="cpu").values(questions)
    for language, values in expected.values["RR@10"].items():
        np.testing.assert_array_equal(found.values["RR@10"][language], values)
