"""What taking the mean query direction out of an index gains on AfriQA dev: python benchmarks/hubness.py --afriqa
FOLDER.

For each language the direction comes from the train questions of the *other* languages, so neither the tested
questions nor any question of the tested language has a part in it. The passages are all gold passages of the folder's
files. Every figure is of an index built by the library, searched by faiss; p is the exact McNemar test on R@1 against
the plain index, Holm-corrected over the languages.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import faiss
import numpy as np

from pyserini_xqg.collection.datasets.afriqa import read_afriqa_folder
from pyserini_xqg.collection.datasets.retrieval_set import Question, write_corpus, write_topics
from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
from pyserini_xqg.evaluation.comparison.significance import holm, mcnemar
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.plugin.encoders import XqgQueryEncoder

STRENGTHS = (0.0, 0.5, 1.0)
DEPTH = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--afriqa", type=Path, required=True, help="folder with gold_span_passages.afriqa.*.json")
    parser.add_argument("--encoder", default=None, help="model (multilingual-e5-small of the extra demo)")
    arguments = parser.parse_args()
    model = arguments.encoder or str(multilingual_e5_small())
    dev, train = read_afriqa_folder(arguments.afriqa, "dev"), read_afriqa_folder(arguments.afriqa, "train")
    with tempfile.TemporaryDirectory() as scratch:
        ranks = measure(model, Path(scratch), dev.passages, dev.questions, train.questions)
    print(f"{len(dev.passages)} passages; R@1 / R@{DEPTH} in %, by strength of the reduction")
    compared = {
        strength: {language: mcnemar(ranks[language][0.0] == 0, ranks[language][strength] == 0) for language in ranks}
        for strength in STRENGTHS[1:]
    }
    corrected = {s: holm({language: c.p for language, c in by_language.items()}) for s, by_language in compared.items()}
    print(
        f"{'language':22}{'questions':>10}"
        + "".join(f"{f'b = {s}':>16}" + (f"{'p':>8}" if s else "") for s in STRENGTHS)
    )
    for language, by_strength in ranks.items():
        line = f"{f'{language_name(language)} ({language})':22}{len(by_strength[0.0]):10}"
        for strength, found in by_strength.items():
            line += f"{100 * np.mean(found == 0):9.1f} /{100 * np.mean(found < DEPTH):5.1f}"
            line += f"{corrected[strength][language]:8.3f}" if strength else ""
        print(line)
    means = [
        (
            np.mean([np.mean(ranks[la][s] == 0) for la in ranks]),
            np.mean([np.mean(ranks[la][s] < DEPTH) for la in ranks]),
        )
        for s in STRENGTHS
    ]
    print(
        f"{'mean of the languages':32}"
        + "".join(
            f"{100 * first:9.1f} /{100 * tenth:5.1f}" + (8 * " " if s else "")
            for s, (first, tenth) in zip(STRENGTHS, means, strict=True)
        )
    )


def measure(
    model: str,
    folder: Path,
    passages: list[object],
    asked: dict[str, list[Question]],
    known: dict[str, list[Question]],
) -> dict[str, dict[float, np.ndarray]]:
    """The rank of the right passage (`DEPTH` if it is not among the first), per language and strength."""
    write_corpus(passages, folder / "corpus.jsonl")
    plain = folder / "plain"
    XqgIndexBuilder(model, AugmentationSettings(alpha=0), show_progress=True).build(
        folder / "corpus.jsonl", None, plain
    )
    encoder = XqgQueryEncoder(str(plain))
    ranks: dict[str, dict[float, np.ndarray]] = {}
    for language, questions in asked.items():
        topics = folder / f"without-{language}.tsv"
        write_topics([question for other, theirs in known.items() if other != language for question in theirs], topics)
        vectors = encoder.encode_batch([question.text for question in questions])
        for strength in STRENGTHS:
            index = plain if strength == 0 else folder / f"{language}-{strength}"
            if strength:
                settings = AugmentationSettings(alpha=0, reduce_hubness=strength)
                XqgIndexBuilder(None, settings, hubness_topics=topics).augment(plain, None, index)
            ids = (index / "docid").read_text().split()
            _, found = faiss.read_index(str(index / "index")).search(vectors, DEPTH)
            right = np.array(
                [
                    [ids[row] == question.passage_id for row in rows]
                    for question, rows in zip(questions, found, strict=True)
                ]
            )
            ranks.setdefault(language, {})[strength] = np.where(right.any(axis=1), right.argmax(axis=1), DEPTH)
    return ranks


if __name__ == "__main__":
    main()
