"""Questions that are evaluated, by language, and which of them are judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.collection.topics import read_topics
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.files.xor_retrieve import GoldQuestion
from pyserini_xqg.evaluation.measures.recall_at_tokens import officially_counted

# The one group of questions whose languages are not given.
ALL = "all"


def languages_of_topics(files: Iterable[tuple[str, str | Path]]) -> dict[str, list[str]]:
    """The ids of each language's questions.

    Parameters
    ----------
    files : iterable of (str, str or Path)
        Language, by code or English name, and topics file; a language may have several files.

    Raises
    ------
    MissingInput
        A file cannot be read.
    InvalidInput
        An unknown language, a file that is no topics file, or an id that is there twice.
    """
    languages: dict[str, list[str]] = {}
    seen: dict[str, str | Path] = {}
    for language, file in files:
        asked = languages.setdefault(language_code(language), [])
        for identifier, _ in read_topics(file):
            if identifier in seen:
                raise InvalidInput(
                    f"{file}: the question {identifier} was there before, in {seen[identifier]}; ids must be unique "
                    "over all languages (put the language before the id, in the runs and the qrels too)"
                )
            seen[identifier] = file
            asked.append(identifier)
    return languages


def languages_of_gold(gold: Mapping[str, GoldQuestion]) -> dict[str, list[str]]:
    """The ids of each language's questions that R@kt counts, languages as the gold file writes them."""
    languages: dict[str, list[str]] = {}
    for identifier, question in gold.items():
        if officially_counted(question.answers):
            languages.setdefault(question.language, []).append(identifier)
    return languages


def judged(languages: Mapping[str, Sequence[str]] | None, questions: Iterable[str]) -> dict[str, list[str]]:
    """Those of each language's questions that are judged; languages without any are left out.

    Parameters
    ----------
    languages : mapping or None
        Language to questions; None puts all into one group, ``all``.
    questions : iterable of str
        What is judged.
    """
    if languages is None:
        return {ALL: list(questions)}
    known = set(questions)
    found = {language: [each for each in asked if each in known] for language, asked in languages.items()}
    return {language: asked for language, asked in found.items() if asked}
