"""What each training recipe gains on real questions: python benchmarks/training.py --data FOLDER.

Starts from multilingual-e5-small (4-bit weights) and trains on MLQA dev and AfriQA train, chooses the checkpoint on
AfriQA dev, and reports on XQuAD: English paragraphs, questions in six other languages. XQuAD's paragraphs are none of
MLQA's or AfriQA's, which is checked. Each recipe stands beside the starting model, and then both with generated
queries on top (dictionary queries in the languages that have a dictionary, weight 0.3 of their mean, not tuned) beside
the queries of other passages. Searched by stock Pyserini.

What was trained stays in --work; a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ir_measures import RR, Success
from pyserini.search.faiss import FaissSearcher

from pyserini_xqg.artifact import write_atomically
from pyserini_xqg.augmentation import AugmentationSettings
from pyserini_xqg.bundled_model import multilingual_e5_small
from pyserini_xqg.datasets import RetrievalSet, write_corpus
from pyserini_xqg.datasets.squad import read_squad_folder
from pyserini_xqg.encoding.pyserini_encoders import XqgQueryEncoder
from pyserini_xqg.evaluation.comparison import compare_runs
from pyserini_xqg.evaluation.measures import RTokens, passages_and_answers
from pyserini_xqg.evaluation.report import MeasureReport
from pyserini_xqg.evaluation.scores import score_run
from pyserini_xqg.evaluation.text_report import as_text
from pyserini_xqg.generation.dictionary import FOLDER, dictionaries
from pyserini_xqg.generation.generators import make_generator
from pyserini_xqg.generation.query_builder import XqgQueryBuilder
from pyserini_xqg.indexing import XqgIndexBuilder
from pyserini_xqg.training.checks import find_leaks
from pyserini_xqg.training.data import read_examples
from pyserini_xqg.training.distillation_settings import DR_DECR, DistillDataSettings, DrDecrSettings, distill_settings
from pyserini_xqg.training.dr_decr import distill_dr_decr
from pyserini_xqg.training.examples import write_examples
from pyserini_xqg.training.mining import MiningInputs
from pyserini_xqg.training.recipes import mine_sentri
from pyserini_xqg.training.retriever import train_retriever
from pyserini_xqg.training.settings import RetrieverSettings, TrainingDataSettings

MEASURES = [Success @ 1, RR @ 10, RTokens @ 2000]
DEPTH = 50
WEIGHT = 0.3
CANDIDATES = 3
BASE = "base"
XOR_TYDI = "xor_train_retrieve_eng_span.jsonl"
# Measure to question to value.
Values = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Setting:
    """Where things are, and how long is trained."""

    data: Path
    work: Path
    base: str
    epochs: int
    batch_size: int

    def training_data(self) -> TrainingDataSettings:
        """Train, and the questions that choose the checkpoint."""
        return TrainingDataSettings((str(self.work / "train.jsonl"),), (str(self.work / "dev.jsonl"),))

    def common(self) -> dict[str, object]:
        """Settings of all recipes."""
        return {
            "base": self.base,
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "mini_batch": 16,
            "negatives": 0,
            "learning_rate": 2e-5,
            "measures": ("RR@10",),
        }


def contrastive(setting: Setting) -> Path:
    """Questions and their passages, the batch's other passages as negatives."""
    output = setting.work / "models" / "contrastive"
    train_retriever(setting.training_data(), output, RetrieverSettings(**setting.common()), show_progress=True)
    return output


def dr_decr(setting: Setting) -> Path:
    """The starting model reads the English question and teaches itself to read the original one."""
    output = setting.work / "models" / "dr-decr"
    common = {**setting.common(), "teacher": setting.base, "negatives": CANDIDATES}
    settings = distill_settings(DR_DECR, {**common, "parallel_epochs": 1, "parallel_batch_size": setting.batch_size})
    assert isinstance(settings, DrDecrSettings)
    data = setting.training_data()
    of_parallel = DistillDataSettings(data.train, data.dev, parallel=(str(setting.data / "xor-tydi"),))
    distill_dr_decr(of_parallel, output, settings, show_progress=True)
    return output


def sentri(setting: Setting) -> Path:
    """Passages with the answer, found by the starting model for questions of XOR-TyDi, and then as contrastive."""
    mined, output = setting.work / "mined", setting.work / "models" / "sentri"
    inputs = MiningInputs((str(setting.work / "questions.jsonl"),), str(setting.work / "pool.jsonl"))
    mine_sentri(inputs, mined, setting.base, depth=20, show_progress=True)
    data = TrainingDataSettings((str(mined / "train.jsonl"),), setting.training_data().dev)
    settings = RetrieverSettings(**{**setting.common(), "negatives": 1})
    train_retriever(data, output, settings, show_progress=True)
    return output


RECIPES: dict[str, Callable[[Setting], Path]] = {"contrastive": contrastive, "dr-decr": dr_decr, "sentri": sentri}


class XQuAD:
    """The questions that are reported on."""

    def __init__(self, data: RetrievalSet, folder: Path):
        self._data = data
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.corpus = folder / "corpus.jsonl"
        write_corpus(data.passages, self.corpus)
        able = sorted(set(data.questions) & set(dictionaries(FOLDER)))
        self.queries = folder / "queries"
        self.queried = able
        generator = make_generator("lexicon", self.corpus, able, encoder=str(multilingual_e5_small()))
        XqgQueryBuilder(generator, able, show_progress=True).build(self.corpus, self.queries)

    def values(self, name: str, model: str) -> dict[str, Values]:
        """What a model reaches plain, with queries, and with those of other passages."""
        plain = self._folder / "indexes" / name / "plain"
        XqgIndexBuilder(model, AugmentationSettings(alpha=0), show_progress=True).build(self.corpus, None, plain)
        asked = None
        found: dict[str, Values] = {}
        for condition in ("", " + queries", " + shuffled"):
            file = self._folder / "values" / f"{name}{condition}.json".replace(" ", "")
            if not file.exists():
                index = plain
                if condition:
                    index = plain.with_name(condition[3:])
                    control = "shuffled" if condition == " + shuffled" else None
                    settings = AugmentationSettings(alpha=WEIGHT, aggregate="mean", control=control)
                    XqgIndexBuilder(None, settings, show_progress=True).augment(plain, self.queries, index)
                asked = asked or self._asked(plain)
                file.parent.mkdir(exist_ok=True)
                write_atomically(file, json.dumps(self._search(index, *asked)))
            found[f"{name}{condition}"] = json.loads(file.read_text())
        return found

    def _asked(self, index: Path) -> tuple[XqgQueryEncoder, object, list[str]]:
        encoder = XqgQueryEncoder(str(index))
        questions = [question for of in self._data.questions.values() for question in of]
        return encoder, encoder.encode_batch([question.text for question in questions]), [q.id for q in questions]

    def _search(self, index: Path, encoder: XqgQueryEncoder, vectors: object, ids: list[str]) -> Values:
        found = FaissSearcher(str(index), encoder).batch_search(vectors, ids, DEPTH, 2)
        run = {question: [hit.docid for hit in found[question]] for question in ids}
        questions = [question for of in self._data.questions.values() for question in of]
        qrels = {question.id: {question.passage_id: 1} for question in questions}
        texts = {passage.id: passage.text for passage in self._data.passages}
        with passages_and_answers(texts, {question.id: list(question.answers) for question in questions}):
            return score_run(run, qrels, MEASURES).values

    def report(self, values: Mapping[str, Values], baseline: str, controls: list[tuple[str, str]]) -> str:
        """Runs beside the first one of them."""
        languages = {language: [q.id for q in of] for language, of in self._data.questions.items()}
        groups = {"with a dictionary": self.queried}
        return as_text(
            [
                MeasureReport(
                    str(measure),
                    compare_runs(
                        {run: of[str(measure)] for run, of in values.items()}, languages, baseline, controls, groups
                    ),
                )
                for measure in MEASURES
            ]
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="with the folders mlqa, afriqa, xquad, xor-tydi")
    parser.add_argument("--work", type=Path, default=Path("indexes/training"), help="for models, queries and indexes")
    parser.add_argument("--recipe", action="append", choices=RECIPES, help="may be repeated [all]")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--base", help="another model to start from [multilingual-e5-small]")
    parser.add_argument("--limit", type=int, help="so many questions only, to try the script")
    arguments = parser.parse_args()
    base = arguments.base or str(multilingual_e5_small())
    setting = Setting(arguments.data, arguments.work, base, arguments.epochs, arguments.batch_size)
    setting.work.mkdir(parents=True, exist_ok=True)
    tested = read_squad_folder(arguments.data / "xquad")
    prepare(setting, tested, arguments.limit)
    xquad = XQuAD(tested, setting.work / "xquad")
    values = xquad.values(BASE, setting.base)
    for recipe in arguments.recipe or RECIPES:
        model = RECIPES[recipe](setting)
        values |= xquad.values(recipe, str(model))
    plain = {name: of for name, of in values.items() if "+" not in name}
    print("Each recipe beside the starting model\n")
    print(xquad.report(plain, BASE, []))
    for name in plain:
        of_name = {run: of for run, of in values.items() if run.split(" + ")[0] == name}
        print(f"\nGenerated queries on top of {name}\n")
        print(xquad.report(of_name, name, [(f"{name} + shuffled", f"{name} + queries")]))


def prepare(setting: Setting, tested: RetrievalSet, limit: int | None) -> None:
    """Write what is trained on, what chooses the checkpoint, and what is mined; no question is in two of them."""
    train = [*read_examples(setting.data / "mlqa"), *read_examples(setting.data / "afriqa")]
    dev = list(read_examples(setting.data / "afriqa", split="dev"))
    questions = list(read_examples(setting.data / "xor-tydi" / XOR_TYDI))
    known = {" ".join(passage.text.split()) for passage in tested.passages}
    pool = {passage.text: passage for example in (*train, *dev) for passage in example.positives}
    assert not known & {" ".join(text.split()) for text in pool}, "paragraphs of XQuAD are in the training data"
    if limit is not None:
        train, dev, questions = train[:: len(train) // limit], dev[:limit], questions[:: len(questions) // limit]
    for some in (train, questions):
        while leaks := find_leaks(some, dev):
            leaked = {identifier for identifier, _ in (*leaks.ids, *leaks.questions)}
            some[:] = [example for example in some if example.id not in leaked]
    write_corpus([replace(p, id=f"p{n}") for n, p in enumerate(pool.values())], setting.work / "pool.jsonl")
    for name, examples in (("train", train), ("dev", dev), ("questions", questions)):
        write_examples(examples, setting.work / f"{name}.jsonl")


if __name__ == "__main__":
    main()
