"""Files of XOR-Retrieve: gold questions as JSON lines, predictions as one JSON array."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import InvalidInput, XqgError
from pyserini_xqg.storage.jsonl import read_records
from pyserini_xqg.storage.text_files import read_text

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question and its answers, as the file has them (the language too: the training file says " ar")."""

    id: str
    question: str
    answers: tuple[str, ...]
    language: str
    split: str = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a system retrieved for a question: the passages' texts, best first."""

    id: str
    language: str
    passages: Sequence[str]


def read_gold(file: str | Path) -> dict[str, GoldQuestion]:
    """The questions of a gold file by id: ``{"id", "question", "answers": [...], "lang", "split"}`` a line.

    Raises
    ------
    MissingInput
        The file cannot be read.
    InvalidInput
        A line is not JSON, a field is missing or of another kind, or an id is there twice.
    """
    questions: dict[str, GoldQuestion] = {}
    for record in read_records(file):
        value, place = record.value, f"{file}:{record.line}"
        texts = {field: _text(value, field, place) for field in ("id", "lang")}
        rest = {field: _text(value, field, place) if field in value else "" for field in ("question", "split")}
        answers = tuple(_texts(value, "answers", place))
        question = GoldQuestion(texts["id"], rest["question"], answers, texts["lang"], rest["split"])
        if questions.setdefault(question.id, question) is not question:
            raise record.invalid(f"the id {question.id!r} was there before; ids must be unique")
    return questions


def read_predictions(file: str | Path) -> list[Prediction]:
    """The predictions of a file in their order: one JSON array of ``{"id", "lang", "ctxs": ["text", ...]}``.

    An id may be there more than once; the measure counts it as often.

    Raises
    ------
    MissingInput
        The file cannot be read.
    InvalidInput
        It is not such an array.
    """
    try:
        values = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{file}: no JSON array of predictions ({error})") from error
    if not isinstance(values, list):
        raise InvalidInput(
            f'{file}: a JSON {type(values).__name__}: one array [{{"id": ..., "lang": ..., "ctxs": [...]}}, ...] is '
            "expected"
        )
    return [_prediction(value, f"{file}: prediction {number}") for number, value in enumerate(values, start=1)]


def write_predictions(predictions: Iterable[Prediction], file: str | Path) -> None:
    """Write predictions for the official script; `file` appears, or is replaced, once all of them are written.

    Raises
    ------
    XqgError
        The file cannot be written.
    """
    file = Path(file)
    unfinished = file.with_name(f"{file.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as handle:
            separator = "[\n"
            for each in predictions:
                value = {"id": each.id, "lang": each.language, "ctxs": list(each.passages)}
                handle.write(separator + json.dumps(value, ensure_ascii=False))
                separator = ",\n"
            handle.write("\n]\n" if separator == ",\n" else "[]\n")
        unfinished.replace(file)
    except OSError as error:
        raise XqgError(f"{file} cannot be written ({error})") from error
    finally:
        unfinished.unlink(missing_ok=True)


def predictions_of_run(
    run: Mapping[str, Sequence[str]], texts: Mapping[str, str], gold: Mapping[str, GoldQuestion]
) -> Iterator[Prediction]:
    """The predictions that a run makes, in the order of its questions.

    Parameters
    ----------
    run : mapping
        Question id to passage ids, best first (see :func:`pyserini_xqg.evaluation.read_run`).
    texts : mapping
        Passage id to text (see :func:`pyserini_xqg.evaluation.read_texts`).
    gold : mapping
        Gives the language of a question.

    Raises
    ------
    InvalidInput
        A question of the run is not in `gold`. (The script would pass over it; here its language is unknown.)
    """
    if unknown := [identifier for identifier in run if identifier not in gold]:
        raise InvalidInput(
            f"{len(unknown)} of the run's {len(run)} questions are not in the gold file, "
            f"{', '.join(unknown[:EXAMPLES])} among them; a run of the same questions is expected"
        )
    for identifier, ranked in run.items():
        yield Prediction(identifier, gold[identifier].language, [texts[passage] for passage in ranked])


def _prediction(value: object, place: str) -> Prediction:
    if not isinstance(value, dict):
        raise InvalidInput(f"{place}: a JSON object is expected, found {type(value).__name__}")
    return Prediction(_text(value, "id", place), _text(value, "lang", place), _texts(value, "ctxs", place))


def _text(value: Mapping[str, Any], field: str, place: str) -> str:
    text = value.get(field)
    if not isinstance(text, str):
        raise InvalidInput(f"{place}: {field} is {text!r}: text is expected")
    return text


def _texts(value: Mapping[str, Any], field: str, place: str) -> list[str]:
    texts = value.get(field)
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidInput(f"{place}: {field} is no list of texts")
    return texts
