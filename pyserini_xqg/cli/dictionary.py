"""``xqg dictionary``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pyserini_xqg.cli._printing import print_values
from pyserini_xqg.options.command import command


@command
def dictionary(
    *,
    language: str,
    sources: Annotated[tuple[str, ...], {"option": "--from", "metavar": "KIND=FILE"}],
    output: Path,
    frequencies: Path | None = None,
) -> None:
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

    Examples
    --------
    $ xqg dictionary --language zh --from cedict=cedict.txt --output dictionaries/
    """
    from pyserini_xqg.generation.dictionaries.builder import build_dictionary

    made = build_dictionary(language, sources, output, frequencies=frequencies)
    first = "; ".join(f"{count:,} from {source}" for source, count in made.from_sources.items())
    print_values({"dictionary": made.index, "headwords": made.headwords, "translations": made.translations})
    print_values({"first translations": first})
