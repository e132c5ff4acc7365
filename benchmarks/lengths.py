"""What lengths of vectors do to R@1 on the demo's collection: python benchmarks/lengths.py.

Three tables, means of eight languages: passages stripped of their queries, with and without unit length afterwards;
hubness reduction, before and after unit length; and the shuffled control by seed. Everything is encoded once.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from pyserini_xqg.collection.query_numbers import QueryNumbers
from pyserini_xqg.demo.collections import bundled
from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.exchange import exchange
from pyserini_xqg.indexing.formula import augment, finish
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.plugin.encoders import XqgQueryEncoder

WEIGHTS, STRIPPED, DRAWS, SEEDS = (0.1, 0.3), (0.1, 0.5), 8, 20
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
UNIT = AugmentationSettings(normalize=True)


class Collection:
    """The demo's vectors, and what a matrix of passages reaches on its questions."""

    def __init__(self, folder: Path):
        data, model = bundled(), str(multilingual_e5_small())
        data.write(folder)
        builder = XqgIndexBuilder(model, AugmentationSettings(alpha=0), IndexSettings(keep_vectors=True))
        builder.build(folder / "corpus.jsonl", folder / "queries-0.jsonl", folder / "index")
        kept, rows = KeptVectors(folder / "index"), slice(None)
        self.passages = kept.passages(0, kept.rows)
        self.sums = kept.queries(kept.languages, None, rows)
        self.counts = kept.counts(kept.languages, None, rows)
        self.numbers = np.stack([kept.counts([language], None, rows) for language in kept.languages], axis=1)
        self.direction = kept.direction(kept.languages, None)
        place = {passage.id: row for row, passage in enumerate(data.passages)}
        encoder = XqgQueryEncoder(str(folder / "index"))
        self._asked = [
            (encoder.encode_batch([each.text for each in asked]), np.array([place[each.passage_id] for each in asked]))
            for asked in data.questions.values()
        ]

    def hits(self, vectors: np.ndarray, of: np.ndarray | None = None, depth: int = 1) -> float:
        """R@depth in per cent on the questions of some passages, the mean of the languages."""
        found = []
        for questions, right in self._asked:
            scores = questions @ vectors.T
            ranks = (scores > scores[np.arange(len(right)), right][:, None]).sum(axis=1)
            found.append((ranks < depth)[... if of is None else of[right]].mean())
        return 100 * float(np.mean(found))

    def augmented(self, weight: float, sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """The passages with the means of some queries."""
        return augment(self.passages, sums, counts, AugmentationSettings(alpha=weight, aggregate="mean"))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        collection = Collection(Path(folder))
    stripped(collection)
    hubness(collection)
    shuffled(collection)


def stripped(of: Collection) -> None:
    print("R@1 on questions of passages without queries / with queries")
    print(f"{'stripped':>9}{'w':>6}{'plain':>14}{'mean':>14}{'and unit':>14}")
    for share in STRIPPED:
        for weight in WEIGHTS:
            figures = []
            for draw in range(DRAWS):
                without = np.zeros(len(of.passages), dtype=bool)
                chosen = np.random.default_rng(draw).permutation(len(without))[: int(share * len(without))]
                without[chosen] = True
                vectors = of.augmented(weight, np.where(without[:, None], 0, of.sums), np.where(without, 0, of.counts))
                forms = (of.passages, vectors, finish(vectors, UNIT, None))
                figures.append([[of.hits(form, which) for which in (without, ~without)] for form in forms])
            cells = "".join(f"{one:7.1f} /{other:5.1f}" for one, other in np.mean(figures, axis=0))
            print(f"{share:>9.0%}{weight:>6}{cells}")


def hubness(of: Collection) -> None:
    print("\nR@1 / R@10 by share of the mean query direction taken out, no queries added")
    print(f"{'':24}" + "".join(f"{share:>14}" for share in SHARES))
    reduced = [
        finish(of.passages, AugmentationSettings(normalize=True, reduce_hubness=share), of.direction)
        for share in SHARES
    ]
    for name, forms in (
        ("unit length before", reduced),
        ("unit length after", [finish(form, UNIT, None) for form in reduced]),
    ):
        print(f"{name:24}" + "".join(f"{of.hits(form):7.1f} /{of.hits(form, depth=10):5.1f}" for form in forms))


def shuffled(of: Collection) -> None:
    numbers = QueryNumbers.of_counts(of.numbers)
    found = []
    for seed in range(SEEDS):
        partners = exchange(numbers, seed).partners
        found.append(of.hits(of.augmented(0.3, of.sums[partners], of.counts[partners])))
    own = of.hits(of.augmented(0.3, of.sums, of.counts))
    print(f"\nR@1 at 0.3: own queries {own:.1f}, shuffled {np.mean(found):.1f}, standard deviation {np.std(found):.1f}")


if __name__ == "__main__":
    main()
