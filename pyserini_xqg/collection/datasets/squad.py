"""SQuAD's JSON format: XQuAD (Artetxe et al., 2020), MLQA (Lewis et al., 2020) and relatives.

English contexts, questions in other languages: a question keeps its id in every language, which is how its English
paragraph is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pyserini_xqg.collection.datasets.base import ExampleFormat
from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE, TrainingExample, content_id
from pyserini_xqg.collection.datasets.records import whole_json
from pyserini_xqg.collection.datasets.retrieval_set import Question, RetrievalSet
from pyserini_xqg.collection.languages import language_code, one_a_language
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.storage.text_files import matching_files

# MLQA has files of every pair of languages side by side; those with English contexts are taken.
LANGUAGE_IN_NAME = re.compile(r"(?:context-en-question-|\.)([a-z]{2,3})\.json$")


class _Asked(NamedTuple):
    """A question with its paragraph."""

    title: str
    context: str
    id: str
    text: str
    answers: tuple[str, ...]


def read_squad_folder(folder: str | Path) -> RetrievalSet:
    """English paragraphs as passages, and the questions of every file of a folder.

    Parameters
    ----------
    folder : str or Path
        With files named by language, ``xquad.ar.json`` or ``dev-context-en-question-ar.json``; the English one gives
        the passages.

    Returns
    -------
    RetrievalSet
        Question ids get the language as a prefix, so that all can be searched in one run. The language ``en`` is left
        out.

    Raises
    ------
    MissingInput
        No folder, or no English file in it.
    InvalidInput
        A file is not in SQuAD's format, or has questions that the English one does not; or two files have the same
        language.
    """
    asked_in_english, others = _read_folder(Path(folder))
    english = {asked.id: asked for asked in asked_in_english}
    passages: dict[str, Passage] = {}
    for asked in asked_in_english:
        passages.setdefault(asked.context, Passage(f"p{len(passages)}", asked.context, asked.title))
    questions = {
        language: [
            Question(
                f"{language}-{each.id}", each.text, passages[english[each.id].context].id, english[each.id].answers
            )
            for each in own
        ]
        for language, own in others.items()
    }
    return RetrievalSet(list(passages.values()), questions)


def read_squad(path: Path, language: str = UNKNOWN_LANGUAGE, split: str = "train") -> Iterator[TrainingExample]:
    """Examples of a folder with parallel files, of which the English one gives passages, answers and English questions,
    or of one file with its own contexts.

    Raises
    ------
    MissingInput, InvalidInput
        See :func:`read_squad_folder`.
    """
    if not path.is_dir():
        found = LANGUAGE_IN_NAME.search(path.name.removesuffix(".gz"))
        code = language_code(found[1]) if found else language
        for asked in _questions(path):
            yield TrainingExample(f"{code}-{asked.id}", asked.text, code, (_passage(asked),), (), asked.answers)
        return
    asked_in_english, others = _read_folder(path)
    english = {asked.id: asked for asked in asked_in_english}
    passages: dict[str, Passage] = {}
    for asked in asked_in_english:
        passages.setdefault(asked.context, _passage(asked))
    for code, questions in others.items():
        for asked in questions:
            same = english[asked.id]
            positives = (passages[same.context],)
            yield TrainingExample(f"{code}-{asked.id}", asked.text, code, positives, (), same.answers, same.text)


def _read_folder(folder: Path) -> tuple[list[_Asked], dict[str, list[_Asked]]]:
    """The English questions, and those of the other languages by code."""
    if not folder.is_dir():
        raise MissingInput(
            f"{folder}: no such folder; one with SQuAD-format files such as xquad.en.json and xquad.ar.json is expected"
        )
    files: dict[str, Path] = {}
    for found, file in matching_files(folder, LANGUAGE_IN_NAME):
        other = files.setdefault(found[1], file)
        if other != file:
            raise InvalidInput(f"{folder}: {other.name} and {file.name} have the same language; one is expected")
    files = {code: files[name] for code, name in one_a_language(files, folder).items()}
    if "en" not in files or len(files) < 2:
        raise MissingInput(
            f"{folder}: files for {', '.join(files) or 'no language'}; an English one (name.en.json) and others are "
            "expected"
        )
    english = _questions(files.pop("en"))
    known = {asked.id for asked in english}
    others: dict[str, list[_Asked]] = {}
    for code, file in files.items():
        asked = others[code] = _questions(file)
        if lacking := next((each for each in asked if each.id not in known), None):
            raise InvalidInput(f"{file}: question {lacking.id} is not in the English file; parallel files are expected")
    return english, others


def _questions(file: Path) -> list[_Asked]:
    try:
        return [
            _Asked(
                article.get("title", "").replace("_", " "),
                paragraph["context"].strip(),
                str(question["id"]),
                question["question"].strip(),
                tuple(str(answer["text"]) for answer in question.get("answers", ())),
            )
            for article in whole_json(file)["data"]
            for paragraph in article["paragraphs"]
            for question in paragraph["qas"]
        ]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{file}: not in SQuAD's format ({type(error).__name__}: {error})") from error


def _passage(asked: _Asked) -> Passage:
    return Passage(content_id(asked.title, asked.context), asked.context, asked.title)


FORMAT = ExampleFormat(read_squad, "SQuAD's (data)", ("data",), LANGUAGE_IN_NAME)
