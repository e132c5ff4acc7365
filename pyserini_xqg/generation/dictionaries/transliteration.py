"""Names in another script, spelled as those are that are known in both.

A joint n-gram model of letters (Bisani and Ney 2008, https://doi.org/10.1016/j.specom.2008.01.002), by phonetisaurus
(Novak, Minematsu and Hirose 2016, https://doi.org/10.1017/S1351324915000315), which learns it in seconds.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from pyserini_xqg.collection.corpus import Corpus, sample_passages
from pyserini_xqg.errors import InvalidInput, MissingPrerequisite, XqgError, install_extra
from pyserini_xqg.generation.backends.lexicon.casing import is_capitalised
from pyserini_xqg.generation.backends.lexicon.dictionary import Dictionary
from pyserini_xqg.generation.backends.lexicon.terms import SAMPLE, DocumentFrequencies, lexicon_text, salient_terms
from pyserini_xqg.generation.dictionaries.base import Translation

LEAST_KNOWN = 1_000  # fewer names teach little
LEAST_LETTERS = 3
AT_ONCE = 10_000  # names in one call
LINES = 5  # of what went wrong
_LETTERS = re.compile("[a-z]+")


def unknown_names(dictionary: Dictionary, corpus: str | Path) -> Iterator[str]:
    """The names in a corpus that the lexicon would leave as they stand, for want of a headword, again and again.

    Words of Latin letters; abbreviations are none. The corpus is read when the first name is asked for.

    Parameters
    ----------
    dictionary : Dictionary
    corpus : Path
    """
    frequencies = DocumentFrequencies(map(lexicon_text, sample_passages(corpus, SAMPLE)))
    for _, passage in Corpus(corpus, 1 << 30).scan():
        for term, _ in salient_terms(lexicon_text(passage), frequencies, dictionary.headword, dictionary.cased):
            if term.headword is None and is_capitalised(term.text) and len(latin_letters(term.text)) >= LEAST_LETTERS:
                yield term.text


def spelled(known: Iterable[Translation], names: Iterable[str]) -> dict[str, str]:
    """Names as they would be written in another script.

    Parameters
    ----------
    known : iterable of Translation
        Names in both languages; those count that are as many words in both, word by word.
    names : iterable of str
        Each of them is in memory once, some 100 bytes; they are not looked at before there is a model that spells them.

    Returns
    -------
    dict
        Name to spelling; one that cannot be spelled is not in it.

    Raises
    ------
    MissingPrerequisite
        phonetisaurus is not installed, or does not run on this system.
    InvalidInput
        Fewer than a thousand names are known.
    """
    pairs = name_words(known)
    if len(pairs) < LEAST_KNOWN:
        raise InvalidInput(
            f"{len(pairs):,} words of names are known in both languages; to spell others {LEAST_KNOWN:,} are expected, "
            "of the sources cldr and gettext"
        )
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        model, lexicon = Path(scratch, "model.fst"), Path(scratch, "names.txt")
        lexicon.write_text("".join(f"{word} {' '.join(pairs[word])}\n" for word in sorted(pairs)), encoding="utf-8")
        _phonetisaurus("train", "--model", str(model), str(lexicon))
        by_letters: dict[str, list[str]] = {}
        for name in sorted(set(names)):
            by_letters.setdefault(latin_letters(name), []).append(name)
        words = [word for word in by_letters if word]
        for start in range(0, len(words), AT_ONCE):
            asked = "".join(f"{word}\n" for word in words[start : start + AT_ONCE])
            for line in _phonetisaurus("predict", "--model", str(model), given=asked).splitlines():
                word, _, letters = line.partition(" ")
                spelling = letters.replace(" ", "")
                found |= dict.fromkeys(by_letters.get(word, ()), spelling[:1].upper() + spelling[1:])
    return {name: spelling for name, spelling in found.items() if spelling}


def latin_letters(word: str) -> str:
    """A word in small letters from a to z, without their accents; empty where it has any other sign."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(sign))
    return bare if _LETTERS.fullmatch(bare) else ""


def name_words(known: Iterable[Translation]) -> dict[str, str]:
    """The words of names that have as many in both languages, by their Latin letters.

    Where a word is spelled in several ways it is the one that most names have, and of these the first by its letters.
    """
    spellings: dict[str, Counter[str]] = {}
    for name in known:
        ours, theirs = name.english.split(), name.foreign.split()
        if len(ours) == len(theirs):
            for word, foreign in zip(ours, theirs, strict=True):
                letters = latin_letters(word)
                if word[0].isupper() and len(letters) >= LEAST_LETTERS and _is_foreign_word(foreign):
                    spellings.setdefault(letters, Counter())[foreign.casefold()] += 1
    return {word: min(found, key=lambda spelling: (-found[spelling], spelling)) for word, found in spellings.items()}


def _is_foreign_word(word: str) -> bool:
    """Whether a word has letters and vowel signs only, and none of them Latin."""
    return not latin_letters(word) and all(unicodedata.category(sign)[0] in "LM" for sign in word)


def _phonetisaurus(*arguments: str, given: str = "") -> str:
    """What a command of it prints."""
    if find_spec("phonetisaurus") is None:
        raise MissingPrerequisite(f"names are spelled by phonetisaurus, for Linux: {install_extra('names')}")
    ended = subprocess.run(
        [sys.executable, "-m", "phonetisaurus", *arguments],
        input=given,
        capture_output=True,
        check=False,
        encoding="utf-8",
        errors="replace",
    )
    if ended.returncode:
        last = "\n".join(ended.stderr.strip().splitlines()[-LINES:])
        raise XqgError(
            f"phonetisaurus {arguments[0]} ended with {ended.returncode}. It is made for Linux, on x86-64 and ARM; "
            f"leave the names as they stand elsewhere. Its last lines:\n{last}"
        )
    return ended.stdout
