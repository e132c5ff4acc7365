"""The demo's indexes scored by mteb: python benchmarks/mteb_demo.py --demo indexes/demo (extra mteb; after xqg demo).

The demo's collection is a task of mteb with a subset for each language; its indexes are searched by
:class:`pyserini_xqg.mteb.XqgRetriever` and scored by mteb's own measures.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import mteb
from mteb.abstasks.retrieval import AbsTaskRetrieval
from mteb.abstasks.task_metadata import TaskMetadata

from pyserini_xqg.collection.topics import read_topics
from pyserini_xqg.demo.conditions import PLAIN
from pyserini_xqg.evaluation.files.trec import read_qrels
from pyserini_xqg.mteb import XqgRetriever

MEASURES = {"recall_at_1": "R@1", "ndcg_at_10": "nDCG@10"}
# mteb's codes of languages and scripts.
LANGUAGES = {
    "ar": "ara-Arab",
    "bn": "ben-Beng",
    "fi": "fin-Latn",
    "ja": "jpn-Jpan",
    "ko": "kor-Hang",
    "ru": "rus-Cyrl",
    "sw": "swa-Latn",
    "te": "tel-Telu",
}
UNSAID = ("reference", "date", "domains", "task_subtypes", "license", "annotations_creators", "dialect")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", type=Path, required=True, help="what xqg demo made")
    folder = parser.parse_args().demo
    found: dict[str, dict[str, dict[str, float]]] = {}
    for condition in (PLAIN, "augmented", "shuffled", "mean"):
        indexes = {language: index_of(folder, condition, language) for language in LANGUAGES}
        retriever = XqgRetriever(indexes, f"demo/{condition}")
        result = mteb.evaluate(retriever, task(folder), cache=None).task_results[0]
        found[condition] = {each["hf_subset"]: each for each in result.scores["test"]}
    for measure, name in MEASURES.items():
        print(f"\n| {name} (%) | {' | '.join(found)} |\n|---|{'---|' * len(found)}")
        means = [sum(of[language][measure] for language in LANGUAGES) / len(LANGUAGES) for of in found.values()]
        for language in LANGUAGES:
            print(f"| {language} | {' | '.join(f'{100 * of[language][measure]:.1f}' for of in found.values())} |")
        print(f"| mean | {' | '.join(f'{100 * mean:.1f}' for mean in means)} |")


def index_of(folder: Path, condition: str, language: str) -> Path:
    """The demo's index of a condition: one for all languages where it has no queries."""
    own = folder / "indexes" / f"{condition}-{language}-0"
    return own if own.exists() else folder / "indexes" / f"{condition}-0"


def task(folder: Path) -> Any:
    """The demo's collection as a task of mteb."""

    class Demo(AbsTaskRetrieval):
        metadata = TaskMetadata(
            name="XqgDemo",
            description="The bundled collection of pyserini-xqg, which is made up.",
            dataset={"path": str(folder), "revision": "1"},
            type="Retrieval",
            category="t2t",
            modalities=["text"],
            eval_splits=["test"],
            eval_langs={language: [code, "eng-Latn"] for language, code in LANGUAGES.items()},
            main_score="ndcg_at_10",
            sample_creation=None,
            bibtex_citation=None,
            **dict.fromkeys(UNSAID),
        )

        def load_data(self, num_proc: int | None = None, **_: Any) -> None:
            lines = (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
            passages = {
                each["id"]: {"title": each.get("title", ""), "text": each["text"]} for each in map(json.loads, lines)
            }
            qrels = read_qrels(folder / "qrels.txt")
            asked = {language: dict(read_topics(folder / f"topics-0-{language}.tsv")) for language in LANGUAGES}
            self.corpus = {language: {"test": passages} for language in LANGUAGES}
            self.queries = {language: {"test": topics} for language, topics in asked.items()}
            self.relevant_docs = {
                language: {"test": {each: dict(qrels[each]) for each in topics}} for language, topics in asked.items()
            }
            self.data_loaded = True

    return Demo()


if __name__ == "__main__":
    main()
