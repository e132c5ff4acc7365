"""What generated queries gain on trained retrievers: python benchmarks/training.py --data FOLDER --dictionaries FOLDER.

Starts from multilingual-e5-small (4-bit weights) and trains its last layers on MLQA dev and AfriQA train. One context
of MLQA dev in so many is trained on by nothing: on its questions the weight, unit length and hubness reduction are
chosen, anew for each model, by `xqg sweep`. What is chosen is reported on XQuAD: English paragraphs, questions in six
other languages, none of whose paragraphs is in the training data, which is checked. Both are in one corpus and one
index. Queries are the lexicon's, in the languages of XQuAD that have a dictionary in the folder. The controls (shuffled
queries, the mean query, hubness reduction alone) stand beside the gain, under the same settings. Start and trained
models read questions and passages at the same lengths, those of the training.

Each model is swept twice: as it is, and with the mean of a passage's queries brought to unit length before it is
weighed. What was trained and encoded stays in --work; a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from pyserini_xqg.collection.datasets.examples import TrainingExample, write_examples
from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.collection.datasets.retrieval_set import write_corpus, write_qrels, write_topics
from pyserini_xqg.collection.datasets.squad import read_squad_folder
from pyserini_xqg.encoding.bundled_model import PASSAGE_PREFIX, QUERY_PREFIX, multilingual_e5_small
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.evaluation import QuestionSet, Sweep, SweepSettings
from pyserini_xqg.generation.backends.by_name import make_generator
from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER, dictionaries
from pyserini_xqg.generation.builder import XqgQueryBuilder
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings, Control, IndexSettings
from pyserini_xqg.reporting.sweep.text import sweep_as_text
from pyserini_xqg.training.data.validation import check_examples
from pyserini_xqg.training.distillation.dr_decr import DrDecrTraining
from pyserini_xqg.training.distillation.settings import DR_DECR, DistillDataSettings, DrDecrSettings, distill_settings
from pyserini_xqg.training.retriever.settings import RetrieverDataSettings, RetrieverSettings
from pyserini_xqg.training.retriever.training import RetrieverTraining

MEASURE = "Success@1"
START, CONTRASTIVE = "start", "contrastive"
QUESTION_TOKENS, PASSAGE_TOKENS = 64, 96
# Of the base's twelve layers these are not trained, and neither are its embeddings.
FROZEN = 8
HELD_OUT, QUERIES, SHARE = 6, 1, 0.3
# Of XOR-TyDi's translations, those into languages that are tested.
PARALLEL = ("ar-en", "ru-en")
ENGLISH_OF_MLQA = "dev-context-en-question-en.json"
ALPHAS, HUBNESS = (0.05, 0.1, 0.2, 0.3, 0.4), (0.0, 0.5)
Item = TypeVar("Item")


@dataclass(frozen=True)
class Setting:
    """Where things are, and how much is trained."""

    data: Path
    dictionaries: Path
    work: Path
    steps: int
    batch_size: int
    every: int

    @property
    def questions(self) -> int:
        """Of a training."""
        return self.steps * self.batch_size

    def values(self) -> dict[str, Any]:
        """Settings of all trainings."""
        return {
            "base": str(multilingual_e5_small()),
            "epochs": 1,
            "batch_size": self.batch_size,
            "learning_rate": 1e-4,
            "query_max_length": QUESTION_TOKENS,
            "passage_max_length": PASSAGE_TOKENS,
            "query_prefix": QUERY_PREFIX,
            "passage_prefix": PASSAGE_PREFIX,
            "measures": ("RR@10",),
            "checkpoint_every": 8,
        }

    def write_queries(self, corpus: Path, output: Path, languages: Sequence[str]) -> None:
        """Dictionary queries in the languages that have a dictionary."""
        able = sorted(set(languages) & set(dictionaries(self.dictionaries)))
        made = make_generator("lexicon", corpus, able, dictionaries=self.dictionaries)
        XqgQueryBuilder(made, able, num_queries=QUERIES, show_progress=True).build(corpus, output)


def contrastive(setting: Setting, output: Path) -> None:
    """Questions and their passages, the batch's other passages as negatives."""
    train(setting, RetrieverDataSettings((str(setting.work / "train.jsonl"),)), output)


def generated(setting: Setting, output: Path) -> None:
    """Fewer of these questions, and the positives' dictionary queries beside them: as many steps."""
    work = setting.work
    corpus, queries, fewer = work / "train-corpus.jsonl", work / "train-queries", work / "train-fewer.jsonl"
    setting.write_queries(corpus, queries, tested_languages(setting))
    examples = read_examples(work / "train.jsonl")
    write_examples(evenly(examples, round(len(examples) * (1 - SHARE))), fewer)
    data = RetrieverDataSettings(
        (str(fewer),), generated=(str(queries),), generated_corpus=str(corpus), generated_share=SHARE
    )
    train(setting, data, output)


def zero_shot(setting: Setting, output: Path) -> None:
    """As many questions, all of them English: NQ's and MLQA's."""
    train(setting, RetrieverDataSettings((str(setting.work / "english.jsonl"),)), output)


def dr_decr(setting: Setting, output: Path) -> None:
    """The start reads the English question and teaches itself to read the original one."""
    values = {**setting.values(), "negatives": 1, "teacher": str(multilingual_e5_small()), "parallel_epochs": 1}
    settings = distill_settings(DR_DECR, values)
    assert isinstance(settings, DrDecrSettings)
    parallel = tuple(str(setting.data / "xor-tydi" / name) for name in PARALLEL)
    data = DistillDataSettings((str(setting.work / "train.jsonl"),), parallel=parallel)
    run_frozen(DrDecrTraining(data, settings, "cpu"), output)


RECIPES: dict[str, Callable[[Setting, Path], None]] = {
    CONTRASTIVE: contrastive,
    "generated": generated,
    "dr-decr": dr_decr,
    "zero-shot": zero_shot,
}


def train(setting: Setting, data: RetrieverDataSettings, output: Path) -> None:
    """By the contrastive loss."""
    run_frozen(RetrieverTraining(data, RetrieverSettings(**setting.values(), negatives=0), "cpu"), output)


def run_frozen(training: RetrieverTraining, output: Path) -> None:
    """Train the last layers only."""
    for name, parameter in training.model.named_parameters():
        layer = name.partition("encoder.layer.")[2].partition(".")[0]
        parameter.requires_grad_(layer.isdigit() and int(layer) >= FROZEN)
    training.run(output, show_progress=True)


def tested_languages(setting: Setting) -> list[str]:
    """The languages of XQuAD's questions but English."""
    return [language for language in read_squad_folder(setting.data / "xquad").questions if language != "en"]


def evenly(items: Sequence[Item], number: int) -> list[Item]:
    """So many of them, from the first to the last; all where there are no more."""
    return [items[place * len(items) // number] for place in range(number)] if number < len(items) else list(items)


def prepare(setting: Setting) -> None:
    """Write what is trained on, and one corpus of what settings are chosen on and what is reported on."""
    mlqa, xquad = read_squad_folder(setting.data / "mlqa"), read_squad_folder(setting.data / "xquad")
    held = mlqa.passages[::HELD_OUT]
    untouched = {passage.text for passage in (*held, *xquad.passages)}

    def usable(examples: Sequence[TrainingExample]) -> list[TrainingExample]:
        checked = check_examples(examples, "train").examples
        return [each for each in checked if untouched.isdisjoint(passage.text for passage in each.positives)]

    foreign = usable([*read_examples(setting.data / "mlqa"), *read_examples(setting.data / "afriqa")])
    train = evenly(foreign, setting.questions)
    english_files = setting.data / "nq" / "nq-open-oracle.jsonl.gz", setting.data / "mlqa" / ENGLISH_OF_MLQA
    english = usable([each for file in english_files for each in read_examples(file, language="en")])
    write_examples(train, setting.work / "train.jsonl")
    write_examples(evenly(english, setting.questions), setting.work / "english.jsonl")
    positives = {passage.text: passage for example in train for passage in example.positives}
    numbered = [replace(passage, id=f"t{number}") for number, passage in enumerate(positives.values())]
    write_corpus(numbered, setting.work / "train-corpus.jsonl")
    ids = {passage.id: f"m{passage.id}" for passage in held}
    searched = [*(replace(passage, id=ids[passage.id]) for passage in held), *xquad.passages]
    write_corpus(searched, setting.work / "corpus.jsonl")
    languages = tested_languages(setting)
    of_mlqa = {
        language: [
            replace(question, id=f"m-{language}-{question.id}", passage_id=ids[question.passage_id])
            for question in mlqa.questions.get(language, ())
            if question.passage_id in ids
        ]
        for language in languages
    }
    of_xquad = {language: xquad.questions[language][:: setting.every] for language in languages}
    for name, questions in (("dev", of_mlqa), ("test", of_xquad)):
        for language, asked in questions.items():
            write_topics(asked, setting.work / f"{name}.{language}.tsv")
        write_qrels([question for asked in questions.values() for question in asked], setting.work / f"{name}.qrels")
        print(name, {language: len(asked) for language, asked in questions.items()})


def report(setting: Setting, name: str, model: Path) -> None:
    """Choose on MLQA, report on XQuAD; as it is, and with mean queries of unit length."""
    encoder = EncoderSettings(
        str(model),
        query_prefix=QUERY_PREFIX,
        passage_prefix=PASSAGE_PREFIX,
        query_max_length=QUESTION_TOKENS,
        passage_max_length=PASSAGE_TOKENS,
    )
    index = setting.work / "indexes" / name
    keeping = IndexSettings(keep_vectors=True)
    builder = XqgIndexBuilder(encoder, AugmentationSettings(alpha=0), keeping, device="cpu", show_progress=True)
    builder.build(setting.work / "corpus.jsonl", setting.work / "queries", index)
    dev, test = (questions_of(setting, part) for part in ("dev", "test"))
    encoded: dict[str, Any] = {}
    for form, folder in (("", index), (", mean queries of unit length", with_unit_means(index))):
        for hubness in (HUBNESS, HUBNESS[:1]):
            settings = SweepSettings(
                "mean", alphas=ALPHAS, normalize=(False, True), hubness=hubness, num_queries=(None,), choose="best"
            )
            sweep = Sweep(folder, [MEASURE], settings, device="cpu")
            remember(sweep, encoded)
            print(f"\n## {name}{form}\n\n{sweep_as_text(sweep.choose_and_test(dev, test))}\n", flush=True)
        print_grid(sweep, dev, test)


def questions_of(setting: Setting, part: str) -> QuestionSet:
    """Those that settings are chosen on, or that are reported on, of the languages that have some."""
    files = [(file.suffixes[0][1:], file) for file in sorted(setting.work.glob(f"{part}.*.tsv")) if file.stat().st_size]
    return QuestionSet.read(files, setting.work / f"{part}.qrels")


def print_grid(sweep: Sweep, dev: QuestionSet, test: QuestionSet) -> None:
    """Every weight, with and without unit length, beside its controls."""
    columns: dict[str, tuple[QuestionSet, Control | None]] = {
        "MLQA": (dev, None),
        "XQuAD": (test, None),
        "shuffled": (test, "shuffled"),
        "mean": (test, "mean"),
    }
    found = {
        name: sweep.values(questions, sweep.grid, control).macro(MEASURE)
        for name, (questions, control) in columns.items()
    }
    for number, point in enumerate(sweep.grid.points):
        print(f"{point}: " + ", ".join(f"{name} {100 * values[number]:.1f}" for name, values in found.items()))


def with_unit_means(index: Path) -> Path:
    """A copy of an index in which the mean of all queries of a passage has unit length, as the sweep sees it."""
    output = index.with_name(f"{index.name}-unit-means")
    shutil.rmtree(output, ignore_errors=True)
    shutil.copytree(index, output)
    files = sorted((output / "vectors").glob("queries.*.npy"))
    sums = {file: np.load(file) for file in files}
    total = sum(sums.values())
    counts = sum(np.load(file) for file in (output / "vectors").glob("counts.*.npy"))
    lengths = np.maximum(np.linalg.norm(total, axis=1), np.finfo(np.float32).tiny)
    for file, of_language in sums.items():
        np.save(file, (of_language * (counts / lengths)[:, None]).astype(np.float32))
    return output


def remember(sweep: Sweep, encoded: dict[str, Any]) -> None:
    """Have a sweep encode each question once, whatever it is asked."""
    encode = sweep._encoder.encode

    def once(texts: Sequence[str], kind: Any) -> Any:
        if new := [text for text in texts if text not in encoded]:
            encoded.update(zip(new, encode(new, kind), strict=True))
        return np.stack([encoded[text] for text in texts])

    sweep._encoder.encode = once  # type: ignore[method-assign, assignment]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="with mlqa, afriqa, xquad, xor-tydi, nq")
    parser.add_argument("--dictionaries", type=Path, default=FOLDER, help="in DICT format [/usr/share/dictd]")
    parser.add_argument("--work", type=Path, default=Path("indexes/training"), help="for models, queries and indexes")
    parser.add_argument("--recipe", action="append", choices=RECIPES, help="may be repeated [all]")
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--every", type=int, default=6, help="of XQuAD's questions one in so many is asked [6]")
    given = parser.parse_args()
    setting = Setting(given.data, given.dictionaries, given.work, given.steps, given.batch_size, given.every)
    setting.work.mkdir(parents=True, exist_ok=True)
    prepare(setting)
    setting.write_queries(setting.work / "corpus.jsonl", setting.work / "queries", tested_languages(setting))
    report(setting, START, multilingual_e5_small())
    for recipe in given.recipe or RECIPES:
        model = setting.work / "models" / recipe
        RECIPES[recipe](setting, model)
        report(setting, recipe, model)


if __name__ == "__main__":
    main()
