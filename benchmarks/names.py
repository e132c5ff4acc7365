"""How well names are spelled in another script: python benchmarks/names.py --language hi --from gettext=FILE.mo ...

Of the names of the sources, words that are known in both languages, one in thirty is kept aside; the others teach how
they are spelled, as `xqg dictionary --names-in` does. Printed are the share of those kept aside that are spelled as the
source has them, and the mean similarity (twice the letters in common, over all letters: difflib's ratio).
"""

from __future__ import annotations

import argparse
from difflib import SequenceMatcher

from pyserini_xqg.collection.languages import language_code, language_name
from pyserini_xqg.generation.dictionaries.base import Translation
from pyserini_xqg.generation.dictionaries.sources import Source
from pyserini_xqg.generation.dictionaries.transliteration import name_words, spelled

KEPT_ASIDE = 30
SHOWN = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", required=True)
    parser.add_argument("--from", dest="sources", action="append", required=True, metavar="KIND=FILE")
    arguments = parser.parse_args()
    code = language_code(arguments.language)
    words = name_words(found for source in arguments.sources for found in Source.parse(source).read(code))
    names = sorted(words)
    aside = {name.title() for name in names[::KEPT_ASIDE]}
    known = [Translation(name.title(), words[name], 0) for name in names if name.title() not in aside]
    found = spelled(known, aside)
    pairs = [(found.get(name, "").casefold(), words[name.casefold()]) for name in sorted(aside)]
    right = sum(ours == theirs for ours, theirs in pairs) / len(pairs)
    alike = sum(SequenceMatcher(None, ours, theirs).ratio() for ours, theirs in pairs) / len(pairs)
    print(f"{language_name(code)}: of {len(known):,}, {len(pairs)} aside: {right:.1%} right, {alike:.1%} alike")
    print("  spelled (source):", ", ".join(f"{ours} ({theirs})" for ours, theirs in pairs[:SHOWN]))


if __name__ == "__main__":
    main()
