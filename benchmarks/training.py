"""What generated queries gain on trained retrievers: python benchmarks/training.py --data FOLDER --dictionaries FOLDER.

Starts from multilingual-e5-small (4-bit weights) and trains its last layers on questions of MLQA dev and AfriQA train
(zero-shot: on English ones of NQ and MLQA). One context of MLQA dev in so many is trained on by nothing: on its
questions weight, unit length and hubness reduction are chosen, anew for each model. What is chosen is reported on
XQuAD: English paragraphs, questions in six other languages, none of whose paragraphs is in the training data, which is
checked. Both are in one corpus and one index. See retriever_gain.py for queries, controls and tests.

With --text-only the text is written that dictionaries can be learned from (see parallel_text.py): make those with
`xqg dictionary`, and give their folder then. So is the corpus, for which any generator can write queries: they are
reported on with --queries.

Start and trained models read questions and passages at the same lengths. All is computed in bfloat16, with weights in
float32, on one thread; the layers that are not trained are computed once for all models. What was trained and encoded
stays in --work; a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

from frozen_layers import FrozenLayers
from gemma import gemma3_270m
from parallel_text import write_parallel_text
from retriever_gain import LANGUAGES, QUESTION_TOKENS, RetrieverGain, write_queries

from pyserini_xqg.collection.datasets.examples import TrainingExample, write_examples
from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.collection.datasets.line_aligned import read_lines
from pyserini_xqg.collection.datasets.retrieval_set import write_corpus
from pyserini_xqg.collection.datasets.squad import read_squad_folder
from pyserini_xqg.encoding.bundled_model import PASSAGE_PREFIX, QUERY_PREFIX, multilingual_e5_small
from pyserini_xqg.training.data.validation import check_examples
from pyserini_xqg.training.distillation.dr_decr import DrDecrTraining
from pyserini_xqg.training.distillation.quick import QuickTraining
from pyserini_xqg.training.distillation.settings import DR_DECR, QUICK, DistillDataSettings, distill_settings
from pyserini_xqg.training.retriever.settings import RetrieverDataSettings, RetrieverSettings
from pyserini_xqg.training.retriever.training import RetrieverTraining

START = "start"
# Of the base's twelve layers these are not trained, and neither are its embeddings.
FROZEN = 8
# Passages in training have so many words, in which an answer has to be; in search they have PASSAGE_TOKENS.
WORDS, TRAINING_TOKENS = 60, 112
HELD_OUT, SHARE = 6, 0.3
# A teacher has so many passages a question, which take more time: it teaches two questions of fifteen.
CANDIDATES, TAUGHT, TAUGHT_OF = 4, 2, 15
# Of XOR-TyDi's translations, those into languages that are tested.
PARALLEL, TRANSLATIONS = ("ar-en", "ru-en"), 500
ENGLISH_OF_MLQA = "dev-context-en-question-en.json"
Item = TypeVar("Item")


@dataclass(frozen=True)
class Setting:
    """Where things are, and how much is trained."""

    data: Path
    dictionaries: Path
    work: Path
    steps: int
    batch_size: int
    learning_rate: float
    teacher: str | None

    @property
    def questions(self) -> int:
        """Of a training."""
        return self.steps * self.batch_size

    @cached_property
    def lower(self) -> FrozenLayers:
        """Of all models."""
        return FrozenLayers(multilingual_e5_small(), FROZEN, self.work / "frozen-layers.sqlite")

    def values(self) -> dict[str, Any]:
        """Settings of all trainings."""
        return {
            "base": str(multilingual_e5_small()),
            "epochs": 1,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "query_max_length": QUESTION_TOKENS,
            "passage_max_length": TRAINING_TOKENS,
            "query_prefix": QUERY_PREFIX,
            "passage_prefix": PASSAGE_PREFIX,
            "precision": "bf16",
            "measures": ("RR@10",),
            "checkpoint_every": 50,
        }


def contrastive(setting: Setting, output: Path) -> None:
    """Questions and their passages, the batch's other passages as negatives."""
    train(setting, RetrieverDataSettings((str(setting.work / "train.jsonl"),)), output)


def generated(setting: Setting, output: Path) -> None:
    """Fewer of these questions, and the positives' dictionary queries beside them: as many steps."""
    work = setting.work
    corpus, queries, beside = work / "train-corpus.jsonl", work / "train-queries", work / "train-beside.jsonl"
    write_queries(corpus, queries, setting.dictionaries)
    examples = read_examples(work / "train.jsonl")
    write_examples(evenly(examples, round(len(examples) * (1 - SHARE))), beside)
    data = RetrieverDataSettings(
        (str(beside),), generated=(str(queries),), generated_corpus=str(corpus), generated_share=SHARE
    )
    train(setting, data, output)


def zero_shot(setting: Setting, output: Path) -> None:
    """As many questions, all of them English: NQ's and MLQA's."""
    train(setting, RetrieverDataSettings((str(setting.work / "english.jsonl"),)), output)


def dr_decr(setting: Setting, output: Path) -> None:
    """The start reads the English question and teaches itself to read the original one."""
    values = {
        **setting.values(),
        "negatives": CANDIDATES - 1,
        "teacher": str(multilingual_e5_small()),
        "teacher_dtype": "bfloat16",
        "parallel_epochs": 1,
        "parallel_batch_size": 4 * setting.batch_size,
        "parallel_learning_rate": 2 * setting.learning_rate,
    }
    settings = distill_settings(DR_DECR, values)
    parallel = [parallel_questions(setting, name) for name in PARALLEL]
    data = DistillDataSettings((str(taught(setting)),), parallel=tuple(parallel))
    training = DrDecrTraining(data, settings, "cpu")
    for teacher in {training._teacher, training._question_teacher}:
        setting.lower.use_in(teacher._model)
    run_frozen(setting, training, output)


def quick(setting: Setting, output: Path, weight: float) -> None:
    """A language model teaches which of four passages a question was asked of; with weight 0 it does not."""
    values = {
        **setting.values(),
        "negatives": CANDIDATES - 1,
        "teacher": setting.teacher or str(gemma3_270m()),
        "teacher_dtype": "bfloat16",
        "teacher_input_length": TRAINING_TOKENS,
        "temperature": 5.0,
        "weight": weight,
    }
    settings = distill_settings(QUICK, values)
    data = DistillDataSettings((str(taught(setting)),))
    run_frozen(setting, QuickTraining(data, settings, "cpu"), output)


def taught(setting: Setting) -> Path:
    """The questions that a teacher teaches: some of those that have an English form."""
    examples = [each for each in read_examples(setting.work / "train.jsonl") if each.english]
    file = setting.work / "train-taught.jsonl"
    write_examples(evenly(examples, setting.questions * TAUGHT // TAUGHT_OF), file)
    return file


def parallel_questions(setting: Setting, name: str) -> str:
    """A folder with some of XOR-TyDi's translations."""
    folder = setting.work / "parallel" / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in (setting.data / "xor-tydi" / name).glob("*.txt"):
        lines = read_lines(file)
        (folder / file.name).write_text("\n".join(evenly(lines, TRANSLATIONS)) + "\n", encoding="utf-8")
    return str(folder)


RECIPES: dict[str, Callable[[Setting, Path], None]] = {
    "contrastive": contrastive,
    "zero-shot": zero_shot,
    "dr-decr": dr_decr,
    "generated": generated,
    "quick": partial(quick, weight=1.0),
    "quick-weight-0": partial(quick, weight=0.0),
}


def train(setting: Setting, data: RetrieverDataSettings, output: Path) -> None:
    """By the contrastive loss."""
    settings = RetrieverSettings(**setting.values(), negatives=0)
    run_frozen(setting, RetrieverTraining(data, settings, "cpu"), output)


def run_frozen(setting: Setting, training: RetrieverTraining, output: Path) -> None:
    """Train the last layers only."""
    for name, parameter in training.model.named_parameters():
        layer = name.partition("encoder.layer.")[2].partition(".")[0]
        parameter.requires_grad_(layer.isdigit() and int(layer) >= FROZEN)
    setting.lower.use_in(training.model)
    training.run(output, show_progress=True)


def evenly(items: Sequence[Item], number: int) -> list[Item]:
    """So many of them, from the first to the last; all where there are no more."""
    return [items[place * len(items) // number] for place in range(number)] if number < len(items) else list(items)


def prepare(setting: Setting, gain: RetrieverGain) -> None:
    """Write what is trained on, which has nothing of what settings are chosen on and of what is reported on."""
    untouched = {passage.text for passage in gain.passages}

    def usable(examples: Sequence[TrainingExample]) -> list[TrainingExample]:
        checked = check_examples(examples, "train").examples
        own = [each for each in checked if untouched.isdisjoint(passage.text for passage in each.positives)]
        return [each for each in map(shortened, own) if has_answer(each)]

    foreign = usable([*read_examples(setting.data / "mlqa"), *read_examples(setting.data / "afriqa")])
    train = evenly(foreign, setting.questions)
    english_files = setting.data / "nq" / "nq-open-oracle.jsonl.gz", setting.data / "mlqa" / ENGLISH_OF_MLQA
    english = usable([each for file in english_files for each in read_examples(file, language="en")])
    write_examples(train, setting.work / "train.jsonl")
    write_examples(evenly(english, setting.questions), setting.work / "english.jsonl")
    positives = {passage.text: passage for example in train for passage in example.positives}
    numbered = [replace(passage, id=f"t{number}") for number, passage in enumerate(positives.values())]
    write_corpus(numbered, setting.work / "train-corpus.jsonl")
    print(f"{len(train)} of {len(foreign)} questions, {min(len(english), setting.questions)} of {len(english)} English")


def shortened(example: TrainingExample) -> TrainingExample:
    """With the first words of its passages."""
    cut = [replace(passage, text=" ".join(passage.text.split()[:WORDS])) for passage in example.positives]
    return replace(example, positives=tuple(cut))


def has_answer(example: TrainingExample) -> bool:
    texts = [passage.text.casefold() for passage in example.positives]
    return any(answer.casefold() in text for answer in example.answers if answer for text in texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="with mlqa, afriqa, xquad, xor-tydi, xnli, nq")
    parser.add_argument("--dictionaries", type=Path, help=f"in DICT format, of {', '.join(LANGUAGES)}")
    parser.add_argument("--work", type=Path, default=Path("indexes/training"), help="for models, queries and vectors")
    parser.add_argument("--recipe", action="append", choices=[START, *RECIPES], help="may be repeated [all]")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--batch-size", type=int, default=24)
    parser.add_argument("--learning-rate", type=float, default=2e-5)
    parser.add_argument(
        "--queries",
        action="append",
        default=[],
        metavar="NAME=FOLDER,...",
        help="of a generator, for the corpus.jsonl that --text-only writes; may be repeated",
    )
    parser.add_argument(
        "--teacher",
        help="of quick: one of `xqg train generator` needs no worked examples [gemma-3-270m]",
    )
    parser.add_argument("--text-only", action="store_true", help="write what dictionaries are learned from, and end")
    given = parser.parse_args()
    setting = Setting(
        data=given.data,
        dictionaries=given.dictionaries,
        work=given.work,
        steps=given.steps,
        batch_size=given.batch_size,
        learning_rate=given.learning_rate,
        teacher=given.teacher,
    )
    setting.work.mkdir(parents=True, exist_ok=True)
    mlqa, xquad = read_squad_folder(setting.data / "mlqa"), read_squad_folder(setting.data / "xquad")
    held = mlqa.passages[::HELD_OUT]
    named = (each.partition("=") for each in given.queries)
    generated = {name: [Path(folder) for folder in folders.split(",")] for name, _, folders in named}
    gain = RetrieverGain(mlqa, held, xquad, setting.work, setting.lower, generated)
    write_corpus(gain.passages, setting.work / "corpus.jsonl")
    write_parallel_text(setting.data, setting.work, LANGUAGES, {passage.text for passage in held})
    if given.text_only:
        return
    if given.dictionaries is None:
        parser.error("--dictionaries is missing: the folder of those that were made of the text of --text-only")
    prepare(setting, gain)
    for recipe in given.recipe or [START, *RECIPES]:
        model = multilingual_e5_small() if recipe == START else setting.work / "models" / recipe
        if recipe != START:
            RECIPES[recipe](setting, model)
        gain.report(recipe, model, given.dictionaries)


if __name__ == "__main__":
    main()
