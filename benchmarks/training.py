"""What each training recipe gains on real questions: python benchmarks/training.py --data FOLDER.

Starts from multilingual-e5-small (4-bit weights) and trains on MLQA dev and AfriQA train, chooses the checkpoint on
AfriQA dev, and reports on XQuAD: English paragraphs, questions in six other languages. XQuAD's paragraphs are none of
MLQA's or AfriQA's, which is checked. Each recipe stands beside the starting model, and then both with generated
queries on top (dictionary queries in the languages that have a dictionary, weight 0.3 of their mean, not tuned; with
--generated also those of the generator that is quick's teacher) beside the queries of other passages. Searched by stock
Pyserini.

sentri and dr-decr have a quarter of the questions, because theirs have hard negatives. quick and cora go on training
the contrastive model, which is their control; they have a sixteenth and a quarter of that, because a language model
reads all their candidates.

What was trained stays in --work; a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from gemma import gemma3_270m
from ir_measures import RR, Success
from pyserini.search.faiss import FaissSearcher

from pyserini_xqg.collection.datasets.examples import write_examples
from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.collection.datasets.retrieval_set import RetrievalSet, write_corpus
from pyserini_xqg.collection.datasets.squad import read_squad_folder
from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.measures.scores import score_run
from pyserini_xqg.evaluation.measures.tokens_measure import RTokens, passages_and_answers
from pyserini_xqg.generation.backends.by_name import make_generator
from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER, dictionaries
from pyserini_xqg.generation.builder import XqgQueryBuilder
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings, Control
from pyserini_xqg.plugin.encoders import XqgQueryEncoder
from pyserini_xqg.reporting.text import as_text
from pyserini_xqg.storage.files import write_atomically
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.training.common.curves import LOSS
from pyserini_xqg.training.data.leaks import settle_leaks
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.data.validation import check_examples
from pyserini_xqg.training.distillation.dr_decr import distill_dr_decr
from pyserini_xqg.training.distillation.quick import distill_quick
from pyserini_xqg.training.distillation.settings import (
    DR_DECR,
    QUICK,
    DistillDataSettings,
    DrDecrSettings,
    QuickSettings,
    distill_settings,
)
from pyserini_xqg.training.generator.settings import generator_settings
from pyserini_xqg.training.generator.training import train_generator
from pyserini_xqg.training.mining.mining import DATA_FILE
from pyserini_xqg.training.mining.recipes import mine_negatives, mine_sentri
from pyserini_xqg.training.mining.rounds import run_rounds
from pyserini_xqg.training.mining.settings import MiningInputs, mining_settings
from pyserini_xqg.training.retriever.settings import RetrieverSettings
from pyserini_xqg.training.retriever.training import train_retriever

MEASURES = [Success @ 1, RR @ 10, RTokens @ 2000]
DEPTH = 50
WEIGHT = 0.3
TESTED = ("ar", "es", "hi", "ru", "vi", "zh")
WEAKEST = ("ar", "vi", "zh")  # where the starting model's R@1 is lowest
TRAINED_LENGTH, PARAGRAPH = 128, 512  # tokens of a passage
BASE, CONTRASTIVE = "base", "contrastive"
# One question of so many is taken: for recipes with hard negatives, for those in which a language model reads the
# candidates, and of these for the reader, which writes; of dev to choose a retriever, and a generator.
SOME, FEW, READ, OF_DEV, FEW_OF_DEV = 4, 16, 4, 3, 18
# Of XOR-TyDi's translations, those into languages that are tested.
PARALLEL = ("ar-en", "ru-en")
READER_PROMPT = "{title}\n{passage}\n\nQuestion: {english}\nAnswer in a few words of the text above:"
# Who writes queries; of the trained generator so many a passage and language.
LEXICON, TRAINED, GENERATED = "lexicon", "generated", 2
# Measure to question to value.
Values = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Setting:
    """Where things are, and what is trained."""

    data: Path
    work: Path
    base: str
    language_model: str
    batch_size: int

    def mined(self, questions: str) -> MiningInputs:
        """Questions, and all passages of train and dev in an index of the starting model."""
        pool, index = self.work / "pool.jsonl", self.work / "pool-index"
        build(self.base, TRAINED_LENGTH, pool, index)
        return MiningInputs(questions=(str(self.work / f"{questions}.jsonl"),), corpus=str(pool), index=str(index))

    def model(self, recipe: str) -> Path:
        """Where a recipe's model goes."""
        return self.work / "models" / recipe

    def of(self, train: Path) -> TrainingDataSettings:
        """A training set, and the questions that choose the checkpoint."""
        return TrainingDataSettings((str(train),), (str(self.work / "dev.jsonl"),))

    def common(self, negatives: int, epochs: int) -> dict[str, Any]:
        """Settings of the student in all recipes."""
        return {
            "base": self.base,
            "epochs": epochs,
            "batch_size": self.batch_size,
            "passage_max_length": TRAINED_LENGTH,
            "negatives": negatives,
            "learning_rate": 2e-5,
            "measures": ("RR@10",),
        }


def contrastive(setting: Setting) -> Path:
    """Questions and their passages, the batch's other passages as negatives."""
    output = setting.model(CONTRASTIVE)
    settings = RetrieverSettings(**setting.common(negatives=0, epochs=1), checkpoint_every=19)
    train_retriever(setting.of(setting.work / "train.jsonl"), output, settings, show_progress=True)
    return output


def with_negatives(setting: Setting, name: str) -> Path:
    """A training set with hard negatives that the starting model finds."""
    output = setting.work / f"{name}-negatives"
    mine_negatives(setting.mined(name), output, negatives=3, show_progress=True)
    return output / DATA_FILE


def dr_decr(setting: Setting) -> Path:
    """The starting model reads the English question and teaches itself to read the original one."""
    output = setting.model("dr-decr")
    values = {**setting.common(negatives=1, epochs=1), "teacher": setting.base, "parallel_epochs": 1}
    settings = distill_settings(DR_DECR, values)
    assert isinstance(settings, DrDecrSettings)
    data = setting.of(with_negatives(setting, "some"))
    parallel = tuple(str(setting.data / "xor-tydi" / name) for name in PARALLEL)
    distill_dr_decr(DistillDataSettings(data.train, data.dev, parallel=parallel), output, settings, show_progress=True)
    return output


def sentri(setting: Setting) -> Path:
    """The same questions without their passages: those with the answer are looked for with the starting model."""
    mined, output = setting.work / "sentri", setting.model("sentri")
    mine_sentri(setting.mined("asked"), mined, depth=10, positives=1, negatives=3, show_progress=True)
    print_quality(mined / DATA_FILE, setting.work / "some.jsonl")
    settings = RetrieverSettings(**setting.common(negatives=1, epochs=1))
    train_retriever(setting.of(mined / DATA_FILE), output, settings, show_progress=True)
    return output


def generator(setting: Setting) -> Path:
    """A language model that learns to write questions, which is quick's teacher."""
    output = setting.model("generator")
    values = {"recipe": "lora", "base": setting.language_model, "steps": 12}
    settings = generator_settings(values, {"checkpoint_every": 6})
    data = TrainingDataSettings((str(setting.work / "train.jsonl"),), (str(setting.work / "dev-few.jsonl"),))
    train_generator(data, output, settings, show_progress=True)
    return output


def quick(setting: Setting) -> Path:
    """The trained generator's log P(question | passage) on few questions; queries of dictionaries take part."""
    output, corpus, queries = setting.model("quick"), setting.work / "few-corpus.jsonl", setting.work / "few-queries"
    write_lexicon(TESTED, corpus, queries)
    values = {
        **setting.common(negatives=2, epochs=2),
        "mini_batch": 16,  # 256 texts a step
        "base": str(contrastive(setting)),
        "teacher": str(generator(setting)),
        "temperature": 5.0,
    }
    settings = distill_settings(QUICK, values)
    assert isinstance(settings, QuickSettings)
    data = setting.of(with_negatives(setting, "few"))
    given = DistillDataSettings(data.train, data.dev, queries=(str(queries),), queries_corpus=str(corpus))
    distill_quick(given, output, settings, show_progress=True)
    return output


def cora(setting: Setting) -> Path:
    """A language model answers from what the contrastive model finds for a quarter of those questions; two rounds."""
    output = setting.model("cora")
    settings = mining_settings(
        {
            "recipe": "cora",
            "depth": 3,
            "negatives": 2,
            "reader": setting.language_model,
            "reader_prompt": READER_PROMPT,
            "reader_output_length": 12,
        }
    )
    corpus = str(setting.work / "few-corpus.jsonl")
    inputs = MiningInputs(questions=(str(setting.work / "read.jsonl"),), corpus=corpus)
    retriever = {**setting.common(negatives=2, epochs=1), "mini_batch": 16, "base": None}
    dev = {"dev": (str(setting.work / "dev.jsonl"),)}
    run_rounds(2, inputs, output, settings, str(contrastive(setting)), retriever, dev, show_progress=True)
    for number in (1, 2):
        print(f"cora, round {number}: {Manifest.read(output / f'round-{number}' / 'data').counts}")
    return output / "round-2" / "model"


RECIPES: dict[str, Callable[[Setting], Path]] = {
    CONTRASTIVE: contrastive,
    "dr-decr": dr_decr,
    "sentri": sentri,
    "quick": quick,
    "cora": cora,
}


def print_quality(mined: Path, train: Path) -> None:
    """In how many questions the best passage that was taken for a positive is the one that people chose."""
    own = {example.id: example.positives[0].text for example in read_examples(train)}
    found = list(read_examples(mined))
    right = sum(example.positives[0].text == own[example.id] for example in found)
    print(f"{mined}: {len(found)} of {len(own)} questions; the positive is the human's in {right / len(found):.1%}")


def build(model: str, length: int, corpus: Path, index: Path) -> None:
    """A plain index, passages cut at so many tokens, whatever the model was trained on."""
    encoder = replace(read_encoder(model, "passage"), passage_max_length=length)
    XqgIndexBuilder(encoder, AugmentationSettings(alpha=0), show_progress=True).build(corpus, None, index)


def write_lexicon(languages: Iterable[str], corpus: Path, output: Path) -> list[str]:
    """Dictionary queries in the languages that have a dictionary here, which are returned."""
    able = sorted(set(languages) & set(dictionaries(FOLDER)))
    written = make_generator(LEXICON, corpus, able, encoder=str(multilingual_e5_small()))
    XqgQueryBuilder(written, able, show_progress=True).build(corpus, output)
    return able


def write_generated(languages: Iterable[str], corpus: Path, output: Path, model: Path) -> list[str]:
    """Queries of the trained generator in all languages, which are returned."""
    asked = sorted(languages)
    written = make_generator("causal", corpus, asked, model=str(model))
    XqgQueryBuilder(written, asked, num_queries=GENERATED, show_progress=True).build(corpus, output)
    return asked


class XQuAD:
    """The questions that are reported on, and queries for their paragraphs: those of each source."""

    def __init__(self, data: RetrievalSet, folder: Path, generator: Path | None):
        self._data = data
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.corpus = folder / "corpus.jsonl"
        write_corpus(data.passages, self.corpus)
        self.sources = {LEXICON: write_lexicon(TESTED, self.corpus, folder / "queries" / LEXICON)}
        if generator is not None:
            self.sources[TRAINED] = write_generated(TESTED, self.corpus, folder / "queries" / TRAINED, generator)

    def values(self, name: str, model: str) -> dict[str, Values]:
        """What a model reaches plain, with the queries of each source, and with those of other passages."""
        plain = self._folder / "indexes" / name / "plain"
        build(model, PARAGRAPH, self.corpus, plain)
        asked = None
        found: dict[str, Values] = {}
        conditions: list[tuple[str, str, Control | None]] = [("", "", None)]
        for source in self.sources:
            conditions += [(f" + {source}", source, None), (f" + {source}, shuffled", source, "shuffled")]
        for condition, source, control in conditions:
            file = self._folder / "values" / f"{name}{condition}.json".replace(" ", "")
            if not file.exists():
                index = plain
                if source:
                    index = plain.with_name(condition[3:].replace(", ", "-"))
                    settings = AugmentationSettings(alpha=WEIGHT, aggregate="mean", control=control)
                    builder = XqgIndexBuilder(None, settings, show_progress=True)
                    builder.augment(plain, self._folder / "queries" / source, index)
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
        groups = {"weakest": WEAKEST, "with a dictionary": self.sources[LEXICON]}
        return as_text(
            [
                MeasureReport.of(
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
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--base", help="another model to start from [multilingual-e5-small]")
    parser.add_argument("--language-model", help="teacher of quick, reader of cora [gemma-3-270m, see gemma.py]")
    parser.add_argument("--generated", action="store_true", help="queries of the trained generator too")
    parser.add_argument("--limit", type=int, help="so many questions only, to try the script")
    arguments = parser.parse_args()
    base = arguments.base or str(multilingual_e5_small())
    recipes = arguments.recipe or list(RECIPES)
    is_needed = arguments.generated or {"quick", "cora"} & set(recipes)
    language_model = arguments.language_model or (str(gemma3_270m()) if is_needed else "")
    setting = Setting(arguments.data, arguments.work, base, language_model, arguments.batch_size)
    setting.work.mkdir(parents=True, exist_ok=True)
    tested = read_squad_folder(arguments.data / "xquad")
    prepare(setting, tested, arguments.limit)
    xquad = XQuAD(tested, setting.work / "xquad", generator(setting) if arguments.generated else None)
    values = xquad.values(BASE, setting.base)
    for recipe in recipes:
        model = RECIPES[recipe](setting)
        print_loss(recipe, model)
        values |= xquad.values(recipe, str(model))
    plain = {name: of for name, of in values.items() if "+" not in name}
    print("Each recipe beside the starting model\n")
    controls = [(CONTRASTIVE, recipe) for recipe in ("quick", "cora") if {CONTRASTIVE, recipe} <= set(plain)]
    print(xquad.report(plain, BASE, controls))
    for name in plain:
        of_name = {run: of for run, of in values.items() if run.split(" + ")[0] == name}
        print(f"\nGenerated queries on top of {name}\n")
        controls = [(f"{name} + {source}, shuffled", f"{name} + {source}") for source in xquad.sources]
        print(xquad.report(of_name, name, controls))


def print_loss(recipe: str, model: Path) -> None:
    """The mean of the first and of the last tenth of the steps."""
    for file in (model / "parallel" / LOSS, model / LOSS):  # stage 1 of dr-decr, and what all have
        if file.exists():
            names, *rows = [line.split("\t") for line in file.read_text().splitlines()]
            tenth = -(-len(rows) // 10)
            for term in ("loss", *names[5:]):
                values = [float(row[names.index(term)]) for row in rows]
                first, last = fmean(values[:tenth]), fmean(values[-tenth:])
                where = f" ({file.parent.name})" if file.parent != model else ""
                print(f"{recipe}{where}: {term} {first:.4g} -> {last:.4g} in {len(values)} steps")


def prepare(setting: Setting, tested: RetrievalSet, limit: int | None) -> None:
    """Write what is trained on, what chooses the checkpoint, and what is searched; no question is in two of them."""
    afriqa = setting.data / "afriqa"
    checked = check_examples([*read_examples(setting.data / "mlqa"), *read_examples(afriqa)], "train")
    of_dev = check_examples(read_examples(afriqa, split="dev"), "dev")
    train, dev = settle_leaks(checked, of_dev, "drop")[0].examples, of_dev.examples
    known = {" ".join(passage.text.split()) for passage in tested.passages}
    pool = {passage.text: passage for example in (*train, *dev) for passage in example.positives}
    assert not known & {" ".join(text.split()) for text in pool}, "paragraphs of XQuAD are in the training data"
    if limit is not None:
        train, dev = train[:: len(train) // limit], dev[:limit]
    some, few = train[::SOME], train[::FEW]
    sets = {
        "train": train,
        "some": some,
        "asked": [replace(example, positives=()) for example in some],
        "few": few,
        "read": few[::READ],
        "dev": dev[::OF_DEV],
        "dev-few": dev[::FEW_OF_DEV],
    }
    for name, examples in sets.items():
        write_examples(examples, setting.work / f"{name}.jsonl")
    positives = {passage.text: passage for example in few for passage in example.positives}
    for name, passages in (("pool", pool), ("few-corpus", positives)):
        numbered = [replace(passage, id=f"p{number}") for number, passage in enumerate(passages.values())]
        write_corpus(numbered, setting.work / f"{name}.jsonl")


if __name__ == "__main__":
    main()
