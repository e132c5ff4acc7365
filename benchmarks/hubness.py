"""What taking the mean query direction out of an index gains on AfriQA dev: python benchmarks/hubness.py --afriqa
FOLDER.

For each language the direction comes from the train questions of the *other* languages, so neither the tested
questions nor any question of the tested language has a part in it. The passages are all gold passages of the folder's
files. Every figure is of an index built by the library, searched by faiss; tests and intervals go by clusters of
questions, as those of xqg evaluate.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import faiss
import ir_measures

from pyserini_xqg.collection.datasets.afriqa import read_afriqa_folder
from pyserini_xqg.collection.datasets.retrieval_set import RetrievalSet, write_corpus, write_topics
from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
from pyserini_xqg.evaluation.comparison.clusters import find_clusters
from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.measures.scores import score_run
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.plugin.encoders import XqgQueryEncoder
from pyserini_xqg.reporting.text import as_text

PLAIN = "plain"
STRENGTHS = (0.5, 1.0)
MEASURES = ("Success@1", "Success@10")
DEPTH = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--afriqa", type=Path, required=True, help="folder with gold_span_passages.afriqa.*.json")
    parser.add_argument("--encoder", default=None, help="model (multilingual-e5-small of the extra demo)")
    arguments = parser.parse_args()
    model = arguments.encoder or str(multilingual_e5_small())
    dev, train = read_afriqa_folder(arguments.afriqa, "dev"), read_afriqa_folder(arguments.afriqa, "train")
    with tempfile.TemporaryDirectory() as scratch:
        found = runs(model, Path(scratch), dev, train)
    qrels = {question.id: {question.passage_id: 1} for asked in dev.questions.values() for question in asked}
    languages = {language: [question.id for question in asked] for language, asked in dev.questions.items()}
    parsed = [ir_measures.parse_measure(measure) for measure in MEASURES]
    clusters = find_clusters(languages, qrels)
    scored = {run: score_run(of_run, qrels, parsed).values for run, of_run in found.items()}
    print(f"{len(dev.passages)} passages")
    reports = [
        MeasureReport.of(
            measure,
            compare_runs({run: of[measure] for run, of in scored.items()}, languages, PLAIN, clusters=clusters),
        )
        for measure in MEASURES
    ]
    print(as_text(reports))


def runs(model: str, folder: Path, dev: RetrievalSet, train: RetrievalSet) -> dict[str, dict[str, list[str]]]:
    """Plain and each strength to question to the ids of the passages found, the best first."""
    write_corpus(dev.passages, folder / "corpus.jsonl")
    plain = folder / PLAIN
    XqgIndexBuilder(model, AugmentationSettings(alpha=0), show_progress=True).build(
        folder / "corpus.jsonl", None, plain
    )
    encoder = XqgQueryEncoder(str(plain))
    found: dict[str, dict[str, list[str]]] = {}
    for language, questions in dev.questions.items():
        topics = folder / f"without-{language}.tsv"
        others = [question for other, asked in train.questions.items() if other != language for question in asked]
        write_topics(others, topics)
        vectors = encoder.encode_batch([question.text for question in questions])
        for strength in (0.0, *STRENGTHS):
            index = folder / f"{language}-{strength}" if strength else plain
            if strength:
                settings = AugmentationSettings(alpha=0, reduce_hubness=strength)
                XqgIndexBuilder(None, settings, hubness_topics=topics).augment(plain, None, index)
            ids = (index / "docid").read_text().split()
            _, rows = faiss.read_index(str(index / "index")).search(vectors, DEPTH)
            of_run = found.setdefault(f"B = {strength}" if strength else PLAIN, {})
            of_run |= {question.id: [ids[row] for row in best] for question, best in zip(questions, rows, strict=True)}
    return found


if __name__ == "__main__":
    main()
