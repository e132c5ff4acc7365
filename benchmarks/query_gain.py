"""What generated queries gain on real questions: python benchmarks/query_gain.py --xquad FOLDER NAME=FOLDER ...

Each NAME is a folder of dictionaries, as `xqg generate --dictionaries` takes it: those of FreeDict, those that `xqg
dictionary` made; or a folder of queries that `xqg generate` has made for the corpus in --work (which --corpus-only
writes); or several, whose queries are put together: NAME=FOLDER,FOLDER. English paragraphs with their titles, questions
in other languages, multilingual-e5-small (4-bit weights); each language's queries alone; of dictionaries five a
passage, with their first translations. R@1 at three settings, which were not tuned here: weight 0.3 of the queries'
mean, and 0.2 and 0.3 with unit length afterwards. Beside each stand its controls under the same setting (another
passage's queries; the mean query vector), and human questions: those of the same paragraph in the same language, half
of them added while the other half is asked.

With --translated, what the best of dictionaries and translators could do: queries of the paragraphs as people have
translated them, which XQuAD has. "translation, keywords" has their weightiest words in growing numbers, as the lexicon
has its translations (in languages with blanks between words); "translation, sentences" their first sentences.

p is of a randomisation test against plain and both controls, the largest of the three; it exchanges all questions of a
paragraph, with their translations, as one, and is Holm-corrected over the languages. What was encoded stays in --work,
but for what --translated makes.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from pyserini_xqg.collection.datasets.retrieval_set import RetrievalSet, write_corpus
from pyserini_xqg.collection.datasets.squad import read_squad_folder
from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.collection.query_numbers import QueryNumbers
from pyserini_xqg.demo.collections import squad
from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
from pyserini_xqg.evaluation.comparison.clusters import find_clusters
from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.generation.backends.by_name import make_generator
from pyserini_xqg.generation.backends.lexicon.dictionary import dictionaries
from pyserini_xqg.generation.builder import XqgQueryBuilder
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.exchange import exchange
from pyserini_xqg.indexing.formula import augment, finish
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.plugin.encoders import XqgQueryEncoder
from pyserini_xqg.storage.manifest import MANIFEST, Manifest

SETTINGS = {
    "w 0.3": AugmentationSettings(alpha=0.3, aggregate="mean"),
    "w 0.2, unit length": AugmentationSettings(alpha=0.2, aggregate="mean", normalize=True),
    "w 0.3, unit length": AugmentationSettings(alpha=0.3, aggregate="mean", normalize=True),
}
CONTROLS = ("own", "shuffled", "mean")
SEED = 0
NUMBER = 5  # of queries, each of so many words more than the one before
WORDS = 4
UNSPACED = ("zh", "vi")  # has no blanks between words, or has them within
WORD = r"[^\W\d_](?:[^\W_]|[\u064b-\u0652\u0900-\u0903\u093a-\u094f])+"  # with the vowel signs of Hindi
SENTENCE_END = re.compile(r"(?<=[.!?\u061f\u0964])\s+|(?<=[\u3002\uff01\uff1f])")
SHORTEST = 6  # characters of a sentence
LEVEL = 0.05

Sums = tuple[np.ndarray, np.ndarray]  # of each passage's query vectors, and how many they are


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--xquad", type=Path, required=True, help="folder with xquad.en.json, xquad.ar.json, ...")
    parser.add_argument("--work", type=Path, default=Path("indexes/query-gain"), help="for queries and vectors")
    parser.add_argument("--corpus-only", action="store_true", help="write the corpus, and end")
    parser.add_argument("--translated", action="store_true", help="queries of the translated paragraphs, too")
    parser.add_argument("sources", nargs="*", help="NAME=FOLDER of dictionaries or queries, or NAME=FOLDER,FOLDER")
    arguments = parser.parse_args()
    data = read_squad_folder(arguments.xquad)
    arguments.work.mkdir(parents=True, exist_ok=True)
    corpus = arguments.work / "corpus.jsonl"
    write_corpus(data.passages, corpus)
    if arguments.corpus_only:
        return
    plain = arguments.work / "plain"
    kept = IndexSettings(keep_vectors=True)
    XqgIndexBuilder(str(multilingual_e5_small()), AugmentationSettings(alpha=0), kept).build(corpus, None, plain)
    passages = KeptVectors(plain).passages(0, len(data.passages))
    asked = encoded(data, plain, arguments.work)
    rows = {identifier: row for row, identifier in enumerate((plain / "docid").read_text().split())}
    names = dict(each.split("=", 1) for each in arguments.sources)
    hits: dict[str, dict[str, np.ndarray]] = {"plain": found(data, rows, asked, {}, passages, None, "own")}
    kinds = {
        name: together(generated(Path(folder), data, arguments.work) for folder in folders.split(","))
        for name, folders in names.items()
    }
    if arguments.translated:
        kinds |= translated(data, arguments.xquad, rows, plain)
    for name, sums in kinds.items():
        for setting, formula in SETTINGS.items():
            for control in CONTROLS:
                hits[f"{name} {setting} {control}"] = found(data, rows, asked, sums, passages, formula, control)
    for setting, formula in SETTINGS.items():
        for control in CONTROLS:
            hits[f"human {setting} {control}"] = human(data, arguments.xquad, rows, asked, passages, formula, control)
    for setting in SETTINGS:
        report(data, setting, [*kinds, "human"], hits)


def encoded(data: RetrievalSet, plain: Path, work: Path) -> dict[str, np.ndarray]:
    """The questions' vectors by language, which are kept."""
    vectors = {}
    for language, questions in data.questions.items():
        file = work / f"questions-{language}.npy"
        if not file.exists():
            np.save(file, XqgQueryEncoder(str(plain)).encode_batch([question.text for question in questions]))
        vectors[language] = np.load(file)
    return vectors


def generated(folder: Path, data: RetrievalSet, work: Path) -> dict[str, Sums]:
    """The sums of a folder's queries, or of the lexicon's by its dictionaries, by language, each of which is kept."""
    sums = {}
    made_already = (folder / MANIFEST).exists()
    codes = Manifest.read(folder).settings["languages"] if made_already else dictionaries(folder)
    name = "-".join(folder.resolve().parts[-2:])
    for code in sorted(set(data.questions) & set(codes)):
        queries, index = work / f"queries-{name}-{code}", work / f"vectors-{name}-{code}"
        if not made_already:
            made = make_generator("lexicon", work / "corpus.jsonl", [code], dictionaries=folder)
            XqgQueryBuilder(made, [code]).build(work / "corpus.jsonl", queries)
        settings = AugmentationSettings(alpha=1, aggregate="mean", languages=(code,))
        builder = XqgIndexBuilder(None, settings, IndexSettings(keep_vectors=True))
        builder.augment(work / "plain", folder if made_already else queries, index)
        kept, every = KeptVectors(index), slice(0, len(data.passages))
        sums[code] = kept.queries([code], None, every), kept.counts([code], None, every)
    return sums


def together(of: Iterable[Mapping[str, Sums]]) -> dict[str, Sums]:
    """The sums of all queries."""
    found: dict[str, Sums] = {}
    for sums in of:
        for code, (vectors, counts) in sums.items():
            others, their_counts = found.get(code, (0, 0))
            found[code] = vectors + others, counts + their_counts
    return found


def translated(data: RetrievalSet, xquad: Path, rows: Mapping[str, int], plain: Path) -> dict[str, dict[str, Sums]]:
    """The sums of queries that are made of each paragraph's translations, by kind and language."""
    kinds: dict[str, dict[str, Sums]] = {"translation, keywords": {}, "translation, sentences": {}}
    encoder = XqgQueryEncoder(str(plain))

    def summed(queries: Sequence[Sequence[str]]) -> Sums:
        counts = np.array([len(of) for of in queries])
        vectors = encoder.encode_batch([query for of in queries for query in of])
        sums = np.zeros((len(queries), vectors.shape[1]), dtype=np.float32)
        np.add.at(sums, np.repeat(np.arange(len(queries)), counts), vectors)
        return sums, counts

    for code in data.questions:
        texts = translations(data, xquad, rows, code)
        sentences = [[each for each in SENTENCE_END.split(text) if len(each) >= SHORTEST] for text in texts]
        kinds["translation, sentences"][code] = summed([of[:NUMBER] for of in sentences])
        if code not in UNSPACED:
            vectorizer = TfidfVectorizer(sublinear_tf=True, token_pattern=WORD)
            weights, words = vectorizer.fit_transform(texts), vectorizer.get_feature_names_out()
            ranked = [words[row.indices[row.data.argsort(kind="stable")[::-1]]] for row in weights]
            keywords = [[" ".join(of[: WORDS * number]) for number in range(1, NUMBER + 1)] for of in ranked]
            kinds["translation, keywords"][code] = summed(keywords)
    return kinds


def translations(data: RetrievalSet, xquad: Path, rows: Mapping[str, int], code: str) -> list[str]:
    """The paragraphs as people have translated them, in the order of the rows."""
    published = json.loads((xquad / f"xquad.{code}.json").read_text("utf-8"))["data"]
    paragraphs = [paragraph for article in published for paragraph in article["paragraphs"]]
    of_question = {each["id"]: paragraph["context"] for paragraph in paragraphs for each in paragraph["qas"]}
    texts = {rows[each.passage_id]: of_question[each.id.removeprefix(f"{code}-")] for each in data.questions[code]}
    return [texts[row] for row in range(len(rows))]


def found(
    data: RetrievalSet,
    rows: Mapping[str, int],
    asked: Mapping[str, np.ndarray],
    sums: Mapping[str, Sums],
    passages: np.ndarray,
    formula: AugmentationSettings | None,
    control: str,
) -> dict[str, np.ndarray]:
    """Whether each question's paragraph comes first, by language."""
    right = {code: np.array([rows[each.passage_id] for each in of]) for code, of in data.questions.items()}
    hits = {}
    for code in asked:
        if formula is None:
            vectors = passages
        elif code in sums:
            vectors = finish(augment(passages, *controlled(*sums[code], control), formula), formula, None)
        else:
            continue
        hits[code] = (asked[code] @ vectors.T).argmax(axis=1) == right[code]
    return hits


def controlled(sums: np.ndarray, counts: np.ndarray, control: str) -> Sums:
    """The passages' own sums, or those of a control."""
    if control == "shuffled":
        partners = exchange(QueryNumbers.of_counts(counts[:, None]), SEED).partners
        return sums[partners], counts[partners]
    if control == "mean":
        mean = sums.sum(axis=0) / counts.sum()
        return np.where(counts[:, None] > 0, mean * counts[:, None], 0).astype(np.float32), counts
    return sums, counts


def human(
    data: RetrievalSet,
    xquad: Path,
    rows: Mapping[str, int],
    asked: Mapping[str, np.ndarray],
    passages: np.ndarray,
    formula: AugmentationSettings,
    control: str,
) -> dict[str, np.ndarray]:
    """Human questions as queries, each asked of the vectors that were made from the others."""
    hits = {code: np.zeros(len(of), dtype=bool) for code, of in data.questions.items()}
    for fold in squad(xquad).folds:
        for code, questions in data.questions.items():
            chosen = {each.id for each in fold.questions[code]}
            sums, counts = np.zeros_like(passages), np.zeros(len(passages), dtype=np.int64)
            for each, vector in zip(questions, asked[code], strict=True):
                if each.id not in chosen:
                    sums[rows[each.passage_id]] += vector
                    counts[rows[each.passage_id]] += 1
            of_fold = found(
                RetrievalSet(data.passages, {code: questions}),
                rows,
                {code: asked[code]},
                {code: (sums, counts)},
                passages,
                formula,
                control,
            )[code]
            judged = np.array([each.id in chosen for each in questions])
            hits[code][judged] = of_fold[judged]
    return hits


def report(
    data: RetrievalSet, setting: str, names: Sequence[str], hits: Mapping[str, Mapping[str, np.ndarray]]
) -> None:
    """Print a table, a line a language and kind of queries."""
    qrels = {each.id: {each.passage_id: 1} for of in data.questions.values() for each in of}
    print(f"\n{setting}\n{'R@1 (%)':24}{'plain':>8}{'own':>8}{'shuffled':>10}{'mean':>8}{'p':>8}   share of human gain")
    human_gain = {
        code: gained(hits[f"human {setting} own"][code], hits["plain"][code]) for code in hits[f"human {setting} own"]
    }
    for name in names:
        runs = {"plain": hits["plain"], **{each: hits[f"{name} {setting} {each}"] for each in CONTROLS}}
        languages = {code: [each.id for each in data.questions[code]] for code in runs["own"]}
        values = {
            run: {
                question: float(hit)
                for code in languages
                for question, hit in zip(languages[code], of[code], strict=True)
            }
            for run, of in runs.items()
        }
        clusters = find_clusters(languages, qrels, "passage")
        controls = [("shuffled", "own"), ("mean", "own")]
        compared = compare_runs(values, languages, "plain", controls, clusters=clusters)
        against = [compared.differences["own"], *(each.difference for each in compared.controls["own"])]
        for code in languages:
            p = max(each.at(code).p if each.at(code).difference > 0 else 1.0 for each in against)
            figures = "".join(
                f"{100 * float(runs[run][code].mean()):{width}.1f}"
                for run, width in zip(("plain", *CONTROLS), (8, 8, 10, 8), strict=True)
            )
            share = f"{100 * gained(runs['own'][code], runs['plain'][code]) / human_gain[code]:12.0f} %"
            print(f"{f'{language_name(code)}, {name}':24}{figures}{p:8.4f}{'*' if p < LEVEL else ' '}{share}")
        p = max(each.overall.p if each.overall.difference > 0 else 1.0 for each in against)
        of_mean = "".join(
            f"{100 * compared.macro[run]:{width}.1f}"
            for run, width in zip(("plain", *CONTROLS), (8, 8, 10, 8), strict=True)
        )
        gain = sum(human_gain[code] for code in languages) / len(languages)
        share = f"{100 * (compared.macro['own'] - compared.macro['plain']) / gain:12.0f} %"
        print(f"{f'mean, {name}':24}{of_mean}{p:8.4f}{'*' if p < LEVEL else ' '}{share}")


def gained(found: np.ndarray, plain: np.ndarray) -> float:
    return float(found.mean() - plain.mean())


if __name__ == "__main__":
    main()
