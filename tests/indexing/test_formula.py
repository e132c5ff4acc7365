from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.formula import augment, augment_by_language, finish, unit
from pyserini_xqg.indexing.settings import AugmentationSettings

Array = npt.NDArray[np.float32]
NUMBERS = st.floats(-8, 8, width=32)
SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 9))


@st.composite
def parts(draw: st.DrawFn) -> tuple[Array, list[Array]]:
    """Passage vectors, and for each passage its query vectors."""
    rows, dimension = draw(SHAPES)
    passages = draw(arrays(np.float32, (rows, dimension), elements=NUMBERS))
    queries = [draw(arrays(np.float32, (draw(st.integers(0, 5)), dimension), elements=NUMBERS)) for _ in range(rows)]
    return passages, queries


def summed(queries: list[Array], dimension: int) -> tuple[Array, npt.NDArray[np.int64]]:
    sums = np.stack(
        [own.sum(axis=0, dtype=np.float32) if len(own) else np.zeros(dimension, np.float32) for own in queries]
    )
    return sums, np.array([len(own) for own in queries], dtype=np.int64)


@settings(deadline=None)
@given(data=parts(), alpha=st.floats(0, 1), aggregate=st.sampled_from(["sum", "mean"]))
def test_augmented_vectors_are_the_formula(data: tuple[Array, list[Array]], alpha: float, aggregate: Any) -> None:
    passages, queries = data
    sums, counts = summed(queries, passages.shape[1])
    found = augment(passages, sums, counts, AugmentationSettings(alpha=alpha, aggregate=aggregate))
    assert found.dtype == np.float32
    for row, own in enumerate(queries):
        for column in range(passages.shape[1]):
            added = sum(float(query[column]) for query in own)
            if aggregate == "mean":
                added = added / len(own) if len(own) else float(passages[row, column])
            expected = (1 - alpha) * float(passages[row, column]) + alpha * added
            # float32 has 24 bits; the terms are at most 8 and 40.
            assert found[row, column] == pytest.approx(expected, rel=1e-6, abs=1e-6 * 48)


@settings(deadline=None)
@given(data=parts(), weights=st.tuples(st.floats(0, 1), st.floats(0, 1)), aggregate=st.sampled_from(["sum", "mean"]))
def test_each_language_can_have_a_weight(
    data: tuple[Array, list[Array]], weights: tuple[float, float], aggregate: Any
) -> None:
    passages, queries = data
    languages = ("fi", "ru")
    # The first query of each passage is Finnish, the others are Russian.
    by_language = [[own[:1] for own in queries], [own[1:] for own in queries]]
    sums, counts = map(np.stack, zip(*(summed(own, passages.shape[1]) for own in by_language), strict=True))
    chosen = AugmentationSettings(aggregate=aggregate, alphas=dict(zip(languages, weights, strict=True)))
    found = augment_by_language(passages, sums, counts, languages, chosen)
    assert found.dtype == np.float32
    for row, own in enumerate(queries):
        of_query = [weights[place > 0] for place in range(len(own))]
        passage = passages[row].astype(np.float64)
        added = sum((a * q.astype(np.float64) for a, q in zip(of_query, own, strict=True)), np.zeros_like(passage))
        if aggregate == "sum":
            expected = (1 - sum(weights) / 2) * passage + added
        else:
            expected = passage if not len(own) else (1 - np.mean(of_query)) * passage + added / len(own)
        np.testing.assert_allclose(found[row], expected, rtol=1e-5, atol=1e-4)


@settings(deadline=None)
@given(data=parts(), alpha=st.floats(0, 1), aggregate=st.sampled_from(["sum", "mean"]))
def test_one_weight_for_all_languages_is_the_formula(
    data: tuple[Array, list[Array]], alpha: float, aggregate: Any
) -> None:
    passages, queries = data
    sums, counts = (each[None] for each in summed(queries, passages.shape[1]))
    one, named = (
        AugmentationSettings(aggregate=aggregate, **given) for given in ({"alpha": alpha}, {"alphas": {"fi": alpha}})
    )
    plain = augment_by_language(passages, sums, counts, ["fi"], one)
    np.testing.assert_array_equal(plain, augment(passages, sums[0], counts[0], one))
    np.testing.assert_allclose(augment_by_language(passages, sums, counts, ["fi"], named), plain, rtol=1e-5, atol=1e-5)


@settings(deadline=None)
@given(data=parts())
def test_alpha_0_is_the_passages_and_alpha_1_the_sums(data: tuple[Array, list[Array]]) -> None:
    passages, queries = data
    sums, counts = summed(queries, passages.shape[1])
    np.testing.assert_array_equal(augment(passages, sums, counts, AugmentationSettings(alpha=0)), passages)
    np.testing.assert_array_equal(augment(passages, sums, counts, AugmentationSettings(alpha=1)), sums)


@pytest.mark.parametrize(("aggregate", "share"), [("sum", 0.75), ("mean", 1.0)])
def test_a_passage_without_queries_keeps_its_share_of_a_sum_and_all_of_a_mean(aggregate: Any, share: float) -> None:
    passages = np.ones((1, 3), dtype=np.float32)
    chosen = AugmentationSettings(alpha=0.25, aggregate=aggregate)
    found = augment(passages, np.zeros_like(passages), np.zeros(1, dtype=np.int64), chosen)
    np.testing.assert_array_equal(found, share * passages)


@settings(deadline=None)
@given(
    vectors=SHAPES.flatmap(lambda shape: arrays(np.float32, shape, elements=NUMBERS)),
    share=st.floats(0, 1),
    seed=st.integers(0, 10**6),
)
def test_hubness_reduction_takes_its_share_of_the_direction_out(vectors: Array, share: float, seed: int) -> None:
    direction = unit(np.random.default_rng(seed).standard_normal(vectors.shape[1]))
    given_vectors = vectors.copy()
    found = finish(vectors, AugmentationSettings(reduce_hubness=share), direction)
    before = vectors.astype(np.float64) @ direction.astype(np.float64)
    after = found.astype(np.float64) @ direction.astype(np.float64)
    np.testing.assert_allclose(after, (1 - share) * before, rtol=1e-5, atol=1e-4)
    # Nothing changes across the direction.
    across = vectors - before[:, None] * direction, found - after[:, None] * direction
    np.testing.assert_allclose(across[0], across[1], rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(vectors, given_vectors)


@settings(deadline=None)
@given(vectors=SHAPES.flatmap(lambda shape: arrays(np.float32, shape, elements=NUMBERS)))
def test_with_nothing_asked_for_vectors_stay_as_they_are(vectors: Array) -> None:
    found = finish(vectors, AugmentationSettings(), None)
    assert found.dtype == np.float32
    assert found.tobytes() == vectors.tobytes()


@settings(deadline=None)
@given(
    vectors=SHAPES.flatmap(
        lambda shape: arrays(np.float32, shape, elements=st.floats(0.125, 1000, width=32) | st.just(0.0))
    ),
    share=st.sampled_from([0.0, 0.5]),
)
def test_normalised_vectors_have_unit_length_of_which_hubness_is_reduced_and_zero_stays_zero(
    vectors: Array, share: float
) -> None:
    direction = unit(np.arange(1, vectors.shape[1] + 1, dtype=np.float64))
    found = finish(vectors, AugmentationSettings(normalize=True), direction)
    assert found.dtype == np.float32
    zero = ~vectors.any(axis=1)
    np.testing.assert_array_equal(found[zero], 0)
    np.testing.assert_allclose(np.linalg.norm(found[~zero].astype(np.float64), axis=1), 1, rtol=1e-6)
    both = finish(vectors, AugmentationSettings(normalize=True, reduce_hubness=share), direction)
    reduced = finish(found, AugmentationSettings(reduce_hubness=share), direction)
    np.testing.assert_allclose(both, reduced, atol=1e-6)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75, 1.0])
def test_a_share_of_hubness_taken_out_at_unit_length_never_ranks_hubs_higher(share: float) -> None:
    """Of two passages equally near to a question but for the common direction, the hub gains nothing on the other."""
    direction = np.array([1, 0, 0], dtype=np.float32)

    def lead(normalize: bool, reduce_hubness: float) -> float:
        angles = np.array([0.85, 0.8])  # cosines with the direction, as strong as multilingual-e5-small has them
        sines = np.sqrt(1 - angles**2)
        vectors = np.stack([angles, 0.6 * sines, 0.8 * sines], axis=1).astype(np.float32)
        given = AugmentationSettings(normalize=normalize, reduce_hubness=reduce_hubness)
        first, second = finish(vectors, given, direction) @ direction
        return float(first - second)

    assert lead(True, share) == pytest.approx((1 - share) * lead(False, 0), abs=1e-6)


def test_a_direction_has_unit_length() -> None:
    np.testing.assert_allclose(unit(np.array([3.0, 4.0])), [0.6, 0.8], rtol=1e-7)
    assert unit(np.array([3.0, 4.0])).dtype == np.float32


@pytest.mark.parametrize("vector", [[0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0]])
def test_what_has_no_direction_is_a_usage_error(vector: list[float]) -> None:
    with pytest.raises(UsageError, match="is no direction"):
        unit(np.array(vector))
