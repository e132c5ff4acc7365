"""The demo's collections by weight of the queries: python benchmarks/demo_weight.py [--xquad FOLDER].

Hits at rank 1 for weights of the mean of a passage's queries, at unit length afterwards: of the question's language
alone, as in the demo, and of all languages. Scores are linear in the weight, so every passage and query is encoded
once. The demo's weight is the one that came out best on MLQA dev (docs/sweeps.md), not one of these.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from pyserini_xqg.demo.collections import DemoCollection, bundled, squad
from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.formula import augment, finish
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.plugin.encoders import XqgQueryEncoder

WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--xquad", type=Path, help="XQuAD as well: a folder with xquad.en.json, xquad.ar.json, ...")
    arguments = parser.parse_args()
    model = str(multilingual_e5_small())
    collections = {"bundled": bundled()} | ({"XQuAD": squad(arguments.xquad)} if arguments.xquad else {})
    for name, collection in collections.items():
        with tempfile.TemporaryDirectory() as folder:
            found = hits(model, collection, Path(folder))
        for whose, table in found.items():
            print(f"\n{name}, queries of {whose}, R@1 in % by weight")
            print(f"{'':8}" + "".join(f"{weight:7.1f}" for weight in WEIGHTS))
            for language, row in [*table.items(), ("mean", np.mean(list(table.values()), axis=0))]:
                print(f"{language:8}" + "".join(f"{100 * value:7.1f}" for value in row))


def hits(model: str, collection: DemoCollection, folder: Path) -> dict[str, dict[str, np.ndarray]]:
    """The share of questions whose passage comes first, by whose queries count and language: one value a weight."""
    collection.write(folder)
    found: dict[str, dict[str, list[np.ndarray]]] = {"the question's language": {}, "all languages": {}}
    for number, fold in enumerate(collection.folds):
        index = folder / f"index-{number}"
        builder = XqgIndexBuilder(model, AugmentationSettings(alpha=0), IndexSettings(keep_vectors=True))
        builder.build(folder / "corpus.jsonl", folder / f"queries-{number}.jsonl", index)
        kept = KeptVectors(index)
        passages = kept.passages(0, kept.rows)
        rows = {passage.id: row for row, passage in enumerate(collection.passages)}
        encoder = XqgQueryEncoder(str(index))
        for language, questions in fold.questions.items():
            asked = encoder.encode_batch([question.text for question in questions])
            right = np.array([rows[question.passage_id] for question in questions])
            for languages, table in zip(([language], kept.languages), found.values(), strict=True):
                sums, counts = (part(languages, None, slice(None)) for part in (kept.queries, kept.counts))
                by_weight = []
                for weight in WEIGHTS:
                    settings = AugmentationSettings(alpha=weight, aggregate="mean", normalize=True)
                    vectors = finish(augment(passages, sums, counts, settings), settings, None)
                    by_weight.append((asked @ vectors.T).argmax(axis=1) == right)
                table.setdefault(language, []).append(np.array(by_weight))
    return {
        whose: {language: np.concatenate(parts, axis=1).mean(axis=1) for language, parts in sorted(table.items())}
        for whose, table in found.items()
    }


if __name__ == "__main__":
    main()
