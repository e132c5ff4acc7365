from __future__ import annotations

from pyserini_xqg.indexing.settings import IndexSettings


def test_a_plan_knows_the_size_of_kept_sums(builder, corpus, queries, tmp_path) -> None:
    sizes = [
        builder(index=IndexSettings(keep_first=first, keep_vectors=True))
        .plan(corpus, queries, tmp_path / "out")
        .working_bytes
        for first in ((), (1, 2))
    ]
    assert sizes[1] - sizes[0] == 23 * 2 * 2 * 32 * 4


def test_a_plan_counts_and_writes_nothing(builder, corpus, queries, tmp_path) -> None:
    plan = builder().plan(corpus, queries, tmp_path / "out")
    assert (plan.passages, plan.passages_with_queries, plan.dimension) == (23, 22, 32)
    assert plan.index_bytes == 23 * 32 * 4
    assert plan.seconds > 0
    assert not (tmp_path / "out").exists() and not (tmp_path / "out.partial").exists()
