"""SQuAD's JSON format: XQuAD (Artetxe et al., 2020), MLQA (Lewis et al., 2020) and relatives.

English contexts, questions in other languages: a question keeps its id in every language, which is how its English
paragraph is found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyserini_xqg.collection import Passage
from pyserini_xqg.datasets import Question, RetrievalSet
from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.languages import language_code

LANGUAGE_IN_NAME = re.compile(r"(?:question-|\.)([a-z]{2,3})\.json$")


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
        A file is not in SQuAD's format, or has questions that the English one does not.
    """
    if not folder.is_dir():
        raise MissingInput(
            f"{folder}: no such folder; one with SQuAD-format files such as xquad.en.json and xquad.ar.json is expected"
        )
    files = {found[1]: file for file in sorted(folder.glob("*.json")) if (found := LANGUAGE_IN_NAME.search(file.name))}
    if "en" not in files or len(files) < 2:
        raise MissingInput(
            f"{folder}: files for {', '.join(files) or 'no language'}; an English one (name.en.json) and others are "
            "expected"
        )
    passages: dict[str, Passage] = {}
    passage_of: dict[str, str] = {}
    answers: dict[str, tuple[str, ...]] = {}
    for title, context, question in _questions(files.pop("en")):
        passage = passages.setdefault(context, Passage(f"p{len(passages)}", context, title))
        passage_of[question["id"]] = passage.id
        answers[question["id"]] = tuple(answer["text"] for answer in question["answers"])
    questions: dict[str, list[Question]] = {}
    for name, file in files.items():
        language = language_code(name)
        questions[language] = []
        for _, _, question in _questions(file):
            if question["id"] not in passage_of:
                raise InvalidInput(
                    f"{file}: question {question['id']} is not in the English file; parallel files are expected"
                )
            identifier = question["id"]
            questions[language].append(
                Question(f"{language}-{identifier}", question["question"], passage_of[identifier], answers[identifier])
            )
    return RetrievalSet(list(passages.values()), questions)


def _questions(file: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Title, paragraph and question, question by question."""
    try:
        articles = json.loads(file.read_text(encoding="utf-8"))["data"]
        for article in articles:
            for paragraph in article["paragraphs"]:
                for question in paragraph["qas"]:
                    yield article.get("title", "").replace("_", " "), paragraph["context"].strip(), question
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{file}: not in SQuAD's format ({type(error).__name__}: {error})") from error
