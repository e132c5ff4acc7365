"""A dictionary of several sources: translations ranked, and written in DICT format."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iso639 import Lang

from pyserini_xqg.collection.languages import language_code, language_name
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.generation.backends.lexicon.dict_files import DIGITS
from pyserini_xqg.generation.backends.lexicon.dictionary import CASED, Dictionary
from pyserini_xqg.generation.backends.lexicon.entries import folded, translations, unpointed
from pyserini_xqg.generation.dictionaries.base import Translation
from pyserini_xqg.generation.dictionaries.frequencies import read_frequencies
from pyserini_xqg.generation.dictionaries.sources import KINDS, Source
from pyserini_xqg.generation.dictionaries.transliteration import spelled, unknown_names
from pyserini_xqg.generation.scripts import scripts
from pyserini_xqg.storage.files import write_atomically

MOST_SENSES = 12


@dataclass(frozen=True)
class MadeDictionary:
    """A dictionary that was made.

    Attributes
    ----------
    index : Path
    headwords, translations : int
    from_sources : mapping
        How many headwords have their first translation from each source.
    spelled_names : int
        How many headwords are names of a corpus, in no source.
    """

    index: Path
    headwords: int
    translations: int
    from_sources: Mapping[str, int]
    spelled_names: int = 0


def build_dictionary(
    language: str,
    sources: Sequence[Source | str],
    output: str | Path,
    *,
    frequencies: str | Path | None = None,
    names_in: str | Path | None = None,
) -> MadeDictionary:
    """Make the dictionary from English to a language that the lexicon reads.

    Translations are ranked by the order of the sources. Those of one source are ranked by how often they occur in the
    language, a translation that stands at place n for the n-th part of the n-th part as often; where that is not known,
    or is the same, by how far in front they stand, and then by how common they are in that source.

    Parameters
    ----------
    language : str
        Code or name.
    sources : sequence of Source or str
        The better ones first; texts as on the command line, ``cedict=FILE``.
    output : str or Path
        The folder to put ``xqg-eng-XXX.index`` and ``xqg-eng-XXX.dict.gz`` into; what is there of that name is
        replaced.
    frequencies : str or Path, optional
        A list of words of the language with counts, see
        :func:`~pyserini_xqg.generation.dictionaries.frequencies.read_frequencies`. Of a source that guesses, only the
        words of the list are taken.
    names_in : str or Path, optional
        A corpus, in Pyserini's JSONL, whose names are spelled in the script of the language where no source has them:
        as the names are that the sources ``cldr`` and ``gettext`` have, see
        :func:`~pyserini_xqg.generation.dictionaries.transliteration.spelled`.

    Returns
    -------
    MadeDictionary

    Raises
    ------
    UsageError
        No source, or one of another language; names are to be spelled in Latin letters, which they have.
    MissingPrerequisite
        The package that spells names is not installed.
    MissingInput, InvalidInput
        A file is not there, or damaged; no translation was found, or too few names to learn from.
    """
    code = language_code(language)
    opened = [source if isinstance(source, Source) else Source.parse(source) for source in sources]
    if not opened:
        raise UsageError("no source: a dictionary is made of one at least")
    for source in opened:
        source.check_language(code)
    if names_in is not None and "Latn" in scripts(code):
        raise UsageError(f"names are written in {language_name(code)} as they are in English: none are to be spelled")
    counts = read_frequencies(frequencies) if frequencies is not None else {}
    names: list[Translation] = []
    ranks: dict[str, dict[str, tuple[int, float, int, int]]] = {}
    for number, source in enumerate(opened):
        judged = counts and KINDS[source.kind].guesses
        for found in source.read(code):
            if KINDS[source.kind].names and names_in is not None:
                names.append(found)
            foreign = unpointed(found.foreign)
            word = foreign.casefold()
            if judged and word not in counts:
                continue
            often = counts.get(word, 0.0) / (1 + found.position) ** 2
            rank = (number, -often, found.position, -found.frequency)
            known = ranks.setdefault(found.english, {})
            known[foreign] = min(rank, known.get(foreign, rank))
    entries: dict[str, list[str]] = {}
    first = dict.fromkeys(range(len(opened)), 0)
    for english in sorted(ranks):
        known = ranks[english]
        # What the lexicon would not read back as it is would only look like a translation.
        readable = [
            word for word in sorted(known, key=lambda word: (known[word], word)) if translations([word]) == [word]
        ]
        if folded(english) and readable:
            entries[english] = readable[:MOST_SENSES]
            first[known[readable[0]][0]] += 1
    if not entries:
        raise InvalidInput(f"no translation from English to {language_name(code)} in {', '.join(map(_named, opened))}")
    about = [f"English-{language_name(code)}, made by xqg dictionary of:", *(source.origin() for source in opened)]
    spellings: dict[str, list[str]] = {}
    if names_in is not None:
        spellings = {name: [spelling] for name, spelling in _spelled(entries, names, names_in).items()}
        about.append(f"Names of {Path(names_in).name}, spelled by phonetisaurus as those of the sources are.")
    index = Path(output) / f"xqg-eng-{Lang(code).pt3}.index"
    _write(index, spellings | entries, "\n".join(about))
    from_sources = {_named(source): first[number] for number, source in enumerate(opened)}
    return MadeDictionary(
        index,
        len(entries) + len(spellings),
        sum(map(len, entries.values())) + len(spellings),
        from_sources,
        len(spellings),
    )


def _spelled(entries: Mapping[str, Sequence[str]], known: Iterable[Translation], corpus: str | Path) -> dict[str, str]:
    """The names in a corpus that entries do not have, and how they are spelled."""
    with tempfile.TemporaryDirectory() as scratch:
        index = Path(scratch) / "entries.index"
        _write(index, entries, "")
        return spelled(known, unknown_names(Dictionary(index), corpus))


def _named(source: Source) -> str:
    return f"{source.kind}={','.join(map(str, source.files))}"


def _write(index: Path, entries: Mapping[str, Sequence[str]], about: str) -> None:
    """Write both files; the same entries are the same bytes."""
    texts = {"00databaseinfo": about, "00databaseutf8": "", CASED: ""}
    for english, senses in entries.items():
        texts[english] = "\n".join(f"{number}. {sense}" for number, sense in enumerate(senses, start=1))
    body, lines = bytearray(), []
    for headword, text in texts.items():
        entry = f"{headword}\n{text}\n".encode()
        key = headword if headword.startswith("00database") else folded(headword)
        lines.append(f"{key}\t{_base64(len(body))}\t{_base64(len(entry))}\n")
        body += entry
    index.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(index.with_suffix(".dict.gz"), gzip.compress(bytes(body), mtime=0))
    write_atomically(index, "".join(sorted(lines)))


def _base64(number: int) -> str:
    digits = [*DIGITS]
    written = digits[number % 64]
    while number := number // 64:
        written = digits[number % 64] + written
    return written
