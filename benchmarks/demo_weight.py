"""Where the demo's weight comes from: python benchmarks/demo_weight.py --xquad FOLDER.

Hits at rank 1 on the two collections of the demo, for weights of the mean of a passage's queries; all queries,
whatever their language, as in the demo. Scores are linear in the weight, so every passage and query is encoded once. A
weight is chosen on one collection and reported on the other.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from pyserini_xqg.demo.collections import DemoCollection, bundled, squad
from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.formula import augment
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.plugin.encoders import XqgQueryEncoder

WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--xquad", type=Path, required=True, help="folder with xquad.en.json, xquad.ar.json, ...")
    arguments = parser.parse_args()
    model = str(multilingual_e5_small())
    for name, collection in (("bundled", bundled()), ("XQuAD", squad(arguments.xquad))):
        with tempfile.TemporaryDirectory() as folder:
            table = hits(model, collection, Path(folder))
        print(f"\n{name}, R@1 in % by weight\n{'':8}" + "".join(f"{weight:7.1f}" for weight in WEIGHTS))
        for language, row in table.items():
            print(f"{language:8}" + "".join(f"{100 * value:7.1f}" for value in row))
        macro = np.mean(list(table.values()), axis=0)
        print(
            f"{'mean':8}"
            + "".join(f"{100 * value:7.1f}" for value in macro)
            + f"   best: {WEIGHTS[int(macro.argmax())]}"
        )


def hits(model: str, collection: DemoCollection, folder: Path) -> dict[str, np.ndarray]:
    """The share of questions whose passage comes first, per language: one value a weight."""
    collection.write(folder)
    found: dict[str, list[np.ndarray]] = {}
    for number, fold in enumerate(collection.folds):
        index = folder / f"index-{number}"
        builder = XqgIndexBuilder(model, AugmentationSettings(alpha=0), IndexSettings(keep_vectors=True))
        manifest = builder.build(folder / "corpus.jsonl", folder / f"queries-{number}.jsonl", index)
        passages = np.load(index / "vectors" / "passages.npy")
        languages = list(manifest.counts["queries"])
        sums = sum(np.load(index / "vectors" / f"queries.{language}.npy") for language in languages)
        counts = sum(np.load(index / "vectors" / f"counts.{language}.npy") for language in languages)
        rows = {identifier: row for row, identifier in enumerate((index / "docid").read_text().split())}
        encoder = XqgQueryEncoder(str(index))
        for language, questions in fold.questions.items():
            asked = encoder.encode_batch([question.text for question in questions])
            right = np.array([rows[question.passage_id] for question in questions])
            by_weight = [
                (asked @ augment(passages, sums, counts, AugmentationSettings(alpha=w, aggregate="mean")).T).argmax(
                    axis=1
                )
                == right
                for w in WEIGHTS
            ]
            found.setdefault(language, []).append(np.array(by_weight))
    return {language: np.concatenate(parts, axis=1).mean(axis=1) for language, parts in sorted(found.items())}


if __name__ == "__main__":
    main()
