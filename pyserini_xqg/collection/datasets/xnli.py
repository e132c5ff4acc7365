"""XNLI (Conneau et al., 2018): premises and hypotheses in 15 languages, sentence by sentence.

Read in three forms: the 15-way file (``xnli.15way.orig.tsv``, a column a language), the files of XNLI 1.0
(``xnli.dev.tsv``, all languages below each other) and a folder of files of one language each, as in XTREME
(``dev-ar.tsv``: premise, hypothesis, label).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pyserini_xqg.collection.datasets.line_aligned import read_lines
from pyserini_xqg.collection.datasets.parallel import ParallelText, parallel_text
from pyserini_xqg.collection.languages import language_code, one_a_language
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.storage.text_files import matching_files

PARTS = ("premise", "hypothesis")
FILE_NAME = re.compile(r"^(?P<split>.*?)[-.](?P<language>[a-z]{2})\.tsv$")
HEADERS = {"premise", "sentence1"}
ENGLISH = "en"

# (premise, hypothesis) of each row of a language.
Sentences = dict[str, list[tuple[str, str]]]


def read_xnli(path: str | Path, part: str = "premise", split: str | None = None) -> ParallelText:
    """The premises or the hypotheses of XNLI.

    Parameters
    ----------
    path : str or Path
        A file or a folder in one of the three forms.
    part : {"premise", "hypothesis"}
        Which sentences. With premises the hypotheses of each are :attr:`ParallelText.related`. The 15-way file has both
        mixed, and says of none which it is: all are taken.
    split : str, optional
        ``dev`` for the files ``dev-LANGUAGE.tsv``, where a folder has those of several splits.

    Raises
    ------
    MissingInput
        The path is not there, or holds no such files.
    InvalidInput
        A file is in none of the forms, or two languages have not the same number of rows.
    UsageError
        A folder has several splits and none is named.
    """
    if part not in PARTS:
        raise UsageError(f"part is {part!r}: premise or hypothesis is expected")
    path = Path(path)
    if path.is_dir():
        return _of_rows(_read_folder(path, split), path, part)
    lines = read_lines(path)
    header = lines[0].split("\t") if lines else []
    if "language" in header and {"sentence1", "sentence2", "pairID"} <= set(header):
        return _of_rows(_read_long(lines, header, path), path, part)
    return _read_wide(lines, header, path)


def _read_folder(folder: Path, split: str | None) -> Sentences:
    splits: dict[str, dict[str, Path]] = {}
    for found, file in matching_files(folder, FILE_NAME):
        splits.setdefault(found["split"], {})[found["language"]] = file
    if split is None and len(splits) > 1:
        raise UsageError(f"{folder} has files of {', '.join(splits)}: name one of them as the split")
    files = splits.get(split, {}) if split is not None else next(iter(splits.values()), {})
    chosen = {code: files[name] for code, name in one_a_language(files, folder).items()}
    if ENGLISH not in chosen or len(chosen) < 2:
        there = f"files of {', '.join(splits)}" if splits else "no such files"
        raise MissingInput(
            f"{folder}: {split or 'dev'}-en.tsv and files of other languages beside it are expected, {there} found "
            "(name the file itself where all languages are in one)"
        )
    return {language: _read_tsv(file) for language, file in chosen.items()}


def _read_tsv(file: Path) -> list[tuple[str, str]]:
    rows = []
    for number, line in enumerate(read_lines(file), start=1):
        cells = line.split("\t")
        if number == 1 and cells[0].strip().lower() in HEADERS:
            continue
        if len(cells) < 2:
            raise InvalidInput(f"{file}:{number}: premise, hypothesis and label with tabs between them are expected")
        rows.append((cells[0], cells[1]))
    return rows


def _read_long(lines: Sequence[str], header: Sequence[str], file: Path) -> Sentences:
    columns = [header.index(name) for name in ("language", "pairID", "sentence1", "sentence2")]
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) <= max(columns):
            raise InvalidInput(f"{file}:{number}: {len(cells)} columns; the {len(header)} of the header are expected")
        language, pair, premise, hypothesis = (cells[column] for column in columns)
        found.setdefault(language, {})[pair] = premise, hypothesis
    found = {code: found[name] for code, name in one_a_language(found, file).items()}
    english = found.get(ENGLISH, {})
    if unlike := [language for language, rows in found.items() if rows.keys() != english.keys()]:
        raise InvalidInput(f"{file}: {', '.join(unlike)} has not the pairs of English (column pairID)")
    return {language: [rows[pair] for pair in english] for language, rows in found.items()}


def _read_wide(lines: Sequence[str], header: Sequence[str], file: Path) -> ParallelText:
    try:
        languages = [language_code(cell) for cell in header]
    except InvalidInput:
        languages = []
    if ENGLISH not in languages or len(languages) < 2:
        raise InvalidInput(
            f"{file}: neither XNLI 1.0 (columns language, pairID, sentence1, sentence2) nor the 15-way file (a column "
            f"a language, en among them); its first line is {' '.join(header)[:60]!r}"
        )
    one_a_language(header, file)
    rows = [line.split("\t") for line in lines[1:]]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(languages):
            raise InvalidInput(f"{file}:{number}: {len(row)} columns; the header's {len(languages)} are expected")
    english = languages.index(ENGLISH)
    return parallel_text(
        {
            language: [(row[english], row[column]) for row in rows]
            for column, language in enumerate(languages)
            if column != english
        }
    )


def _of_rows(sentences: Sentences, path: Path, part: str) -> ParallelText:
    english = sentences.pop(ENGLISH, [])
    for language, rows in sentences.items():
        if len(rows) != len(english):
            raise InvalidInput(
                f"{path}: {len(rows):,} rows in {language} and {len(english):,} in English; as many are expected"
            )
    column = PARTS.index(part)
    text = parallel_text(
        {
            language: [(ours[column], theirs[column]) for ours, theirs in zip(english, rows, strict=True)]
            for language, rows in sentences.items()
        }
    )
    return replace(text, related=_hypotheses(text, english, sentences)) if part == "premise" else text


def _hypotheses(
    text: ParallelText, english: Sequence[tuple[str, str]], sentences: Sentences
) -> dict[str, dict[str, list[str]]]:
    """The hypotheses of each premise in the other languages, those that are the premise itself left out."""
    rows = {passage.text: row for row, passage in enumerate(text.english)}
    own = {(pair.row, language): pair.text for language, pairs in text.pairs.items() for pair in pairs}
    related: dict[str, dict[str, list[str]]] = {}
    for language, theirs in sentences.items():
        for (premise, _), (_, hypothesis) in zip(english, theirs, strict=True):
            row, hypothesis = rows.get(premise.strip()), hypothesis.strip()
            if row is not None and hypothesis and hypothesis != own.get((row, language)):
                of_premise = related.setdefault(text.english[row].id, {}).setdefault(language, [])
                if hypothesis not in of_premise:
                    of_premise.append(hypothesis)
    return related
