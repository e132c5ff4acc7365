"""Line-aligned files: sentences of Tatoeba, NTREX and FLORES, and parallel questions of XOR-TyDi.

Parallel questions are folders ``{L}-en`` with ``{L}.txt`` and ``en.txt``. They have no ids and no passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pyserini_xqg.collection.datasets.parallel import ParallelQuestion, ParallelText, parallel_text
from pyserini_xqg.collection.languages import language_code, one_a_language
from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.storage.text_files import matching_files, read_text

QUESTION_FOLDER = re.compile(r"^([a-z]{2,3})-en$")


def read_line_aligned(english: Mapping[str | None, Path], texts: Iterable[tuple[str, Path]]) -> ParallelText:
    """Parallel text from files whose lines go together, such as those of Tatoeba, NTREX and FLORES.

    Parameters
    ----------
    english : mapping
        Language to the English file that goes with its own, or None to the one that goes with all others.
    texts : iterable of (str, Path)
        Language and file.

    Raises
    ------
    MissingInput
        A file cannot be read.
    InvalidInput
        A language is there twice or has no English file, or two files that go together have not as many lines.
    """
    own = {code: english[name] for code, name in one_a_language(filter(None, english)).items()}
    texts = list(texts)
    codes = one_a_language(name for name, _ in texts)
    lines: dict[Path, list[str]] = {}

    def lines_of(file: Path) -> list[str]:
        if file not in lines:
            lines[file] = read_lines(file)
        return lines[file]

    rows: dict[str, list[tuple[str, str]]] = {}
    for language, (_, file) in zip(codes, texts, strict=True):
        original = own.get(language, english.get(None))
        if original is None:
            raise InvalidInput(f"{file}: no English file goes with {language}; give one, of it or of all languages")
        ours, theirs = lines_of(original), lines_of(file)
        if len(ours) != len(theirs):
            raise InvalidInput(
                f"{file} has {len(theirs):,} lines and {original} has {len(ours):,}; files whose lines go together "
                "are expected"
            )
        rows[language] = list(zip(ours, theirs, strict=True))
    return parallel_text(rows)


def read_parallel_questions(folder: Path) -> list[ParallelQuestion]:
    """The pairs of a folder ``{L}-en``, or of all such folders in `folder`; lines that are empty on a side too.

    Raises
    ------
    MissingInput
        There is no such folder or file.
    InvalidInput
        The two files have different numbers of lines, or are not UTF-8.
    """
    if not folder.is_dir():
        raise MissingInput(f"{folder}: no such folder; one with parallel questions is expected (fi-en/fi.txt, en.txt)")
    inner = sorted(each for each in folder.iterdir() if each.is_dir() and QUESTION_FOLDER.match(each.name))
    folders = [folder] if QUESTION_FOLDER.match(folder.resolve().name) else inner
    if not folders:
        raise MissingInput(f"{folder}: no folder of parallel questions in it; fi-en with fi.txt and en.txt is one")
    return [pair for each in folders for pair in _read_question_folder(each)]


def read_lines(file: Path) -> list[str]:
    """The lines of a file, gzipped or not, empty ones too. Only line feeds end them.

    Raises
    ------
    MissingInput
        It cannot be read.
    InvalidInput
        It is not UTF-8, or a damaged gzip file.
    """
    lines = read_text(file).split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _read_question_folder(folder: Path) -> Iterator[ParallelQuestion]:
    found = QUESTION_FOLDER.match(folder.resolve().name)
    assert found is not None
    files = {side[1]: file for side, file in matching_files(folder, re.compile(rf"^({found[1]}|en)\.txt$"))}
    sides = [read_lines(files.get(name, folder / f"{name}.txt")) for name in (found[1], "en")]
    if len(sides[0]) != len(sides[1]):
        raise InvalidInput(
            f"{folder}: {found[1]}.txt has {len(sides[0]):,} lines and en.txt {len(sides[1]):,}; the same number is "
            "expected, line by line the same question"
        )
    language = language_code(found[1])
    for question, english in zip(*sides, strict=True):
        yield ParallelQuestion(question.strip(), english.strip(), language)
