"""SQuAD's JSON format: XQuAD (Artetxe et al., 2020), MLQA (Lewis et al., 2020) and relatives.

English contexts, questions in other languages: a question keeps its id in every language, which is how its English
paragraph is found.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from pyserini_xqg.collection.datasets.base import Question, RetrievalSet
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput, MissingInput

# MLQA has files of every pair of languages side by side; those with English contexts are taken.
LANGUAGE_IN_NAME = re.compile(r"(?:context-en-question-|\.)([a-z]{2,3})\.json$")


def read_squad_folder(folder: Path) -> RetrievalSet:
    """English paragraphs as passages, and the questions of every file of a folder.

    Parameters
    ----------
    folder : Path
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
    if not folder.is_dir():
        raise MissingInput(
            f"{folder}: no such folder; one with SQuAD-format files such as xquad.en.json and xquad.ar.json is expected"
        )
    files: dict[str, Path] = {}
    for file in sorted(folder.glob("*.json")):
        if found := LANGUAGE_IN_NAME.search(file.name):
            other = files.setdefault(found[1], file)
            if other != file:
                raise InvalidInput(f"{folder}: {other.name} and {file.name} have the same language; one is expected")
    if "en" not in files or len(files) < 2:
        raise MissingInput(
            f"{folder}: files for {', '.join(files) or 'no language'}; an English one (name.en.json) and others are "
            "expected"
        )
    passages: dict[str, Passage] = {}
    passage_of: dict[str, str] = {}
    answers: dict[str, tuple[str, ...]] = {}
    for asked in _questions(files.pop("en")):
        passage = passages.setdefault(asked.context, Passage(f"p{len(passages)}", asked.context, asked.title))
        passage_of[asked.id] = passage.id
        answers[asked.id] = asked.answers
    questions: dict[str, list[Question]] = {}
    for name, file in files.items():
        language = language_code(name)
        questions[language] = []
        for asked in _questions(file):
            if asked.id not in passage_of:
                raise InvalidInput(
                    f"{file}: question {asked.id} is not in the English file; parallel files are expected"
                )
            questions[language].append(
                Question(f"{language}-{asked.id}", asked.text, passage_of[asked.id], answers[asked.id])
            )
    return RetrievalSet(list(passages.values()), questions)


class _Asked(NamedTuple):
    """A question with its paragraph."""

    title: str
    context: str
    id: str
    text: str
    answers: tuple[str, ...]


def _questions(file: Path) -> list[_Asked]:
    try:
        return [
            _Asked(
                article.get("title", "").replace("_", " "),
                paragraph["context"].strip(),
                str(question["id"]),
                question["question"].strip(),
                tuple(answer["text"] for answer in question["answers"]),
            )
            for article in json.loads(file.read_text(encoding="utf-8"))["data"]
            for paragraph in article["paragraphs"]
            for question in paragraph["qas"]
        ]
    except OSError as error:
        raise MissingInput(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{file}: not in SQuAD's format ({type(error).__name__}: {error})") from error
