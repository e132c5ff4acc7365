"""``xqg dictionary``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pyserini_xqg.options.command import command
from pyserini_xqg.options.result import Result


@command
def dictionary(
    *,
    language: str,
    sources: Annotated[tuple[str, ...], {"option": "--from", "metavar": "KIND=FILE"}],
    output: Path,
    frequencies: Path | None = None,
    names_in: Path | None = None,
) -> Result:
    """Make a dictionary for the lexicon of what can be got for a language.

    Parameters
    ----------
    language : str
        From English to this one: a code or a name.
    sources : tuple of str
        What it is made of, the better first; repeated. Kinds: dict (DICT format, from English), inverted (to English),
        pivot (two: from English to a third language, and from there), aligned (two: English sentences, and the same in
        the language line by line), cldr (CLDR's folder common), gettext (a .mo of names), cedict (CC-CEDICT), readings
        (two: CC-CEDICT, and Unihan_Readings.txt), edict, jamdict (JMdict and JMnedict), shobdo.
    output : Path
        The folder for the dictionary, which is what --dictionaries of xqg generate takes.
    frequencies : Path or None
        Words of the language with counts, a line each: what is common comes first among the translations of a source.
    names_in : Path or None
        Corpus whose names are spelled in the script of the language, where no source has them: as the names of cldr
        and gettext are, by phonetisaurus (extra names).

    Examples
    --------
    $ xqg dictionary --language zh --from cedict=cedict.txt --output dictionaries/
    """
    from pyserini_xqg.generation.dictionaries.builder import build_dictionary

    made = build_dictionary(language, sources, output, frequencies=frequencies, names_in=names_in)
    return Result(
        {
            "dictionary": made.index,
            "headwords": made.headwords,
            "translations": made.translations,
            "first_translations": dict(made.from_sources),
            **({"spelled_names": made.spelled_names} if names_in is not None else {}),
        }
    )
