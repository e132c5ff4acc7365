"""What dictionaries translate to: python benchmarks/dictionaries.py [--dictionaries FOLDER] [--language de,tr].

For each dictionary from English in a folder: its headwords, those with a translation, and the share of these whose
first translation is a word of the language: one that the language's spelling dictionary knows, as it is or with a
capital. A phrase is one if all its words are. Then the same for ordinary headwords: one word in small letters.

Spelling dictionaries are asked through `enchant-2 -l`: hunspell's, and voikko for Finnish (Debian's packages enchant-2,
hunspell-*, voikko-fi and libenchant-2-voikko). Languages without one are named and left out. --show prints what is no
word.
"""

from __future__ import annotations

import argparse
import random
import subprocess
from pathlib import Path

from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER, Dictionary
from pyserini_xqg.generation.backends.lexicon.dictionary import dictionaries as find_dictionaries


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dictionaries", type=Path, default=FOLDER)
    parser.add_argument("--language", help="codes, separated by commas; default: all that are there")
    parser.add_argument("--show", type=int, default=0, help="so many that are no words, by chance")
    arguments = parser.parse_args()
    found = find_dictionaries(arguments.dictionaries)
    unspelled = []
    print(f"{'language':20}{'headwords':>11}{'translated':>12}{'words':>9}{'ordinary':>11}{'words':>9}")
    for code in arguments.language.split(",") if arguments.language else sorted(found):
        if (unknown := speller(code)) is None:
            unspelled.append(language_name(code))
            continue
        entries = dict(Dictionary(found[code]).entries())
        first = {headword: senses[0] for headword, senses in entries.items() if senses}
        wrong = unknown({word for sense in first.values() for word in sense.split()})
        bad = {headword for headword, sense in first.items() if not known(sense, wrong)}
        ordinary = [headword for headword in first if headword.isalpha() and headword.islower()]
        print(
            f"{language_name(code):20}{len(entries):11,}{len(first):12,}{100 * (1 - len(bad) / len(first)):8.1f}%"
            f"{len(ordinary):11,}{100 * (1 - sum(word in bad for word in ordinary) / len(ordinary)):8.1f}%",
            flush=True,
        )
        for headword in random.Random(0).sample(sorted(bad), min(arguments.show, len(bad))):
            print(f"    {headword}: {first[headword]}")
    if unspelled:
        print("without a spelling dictionary:", ", ".join(unspelled))


def known(sense: str, wrong: set[str]) -> bool:
    """Whether all words of a translation are words of the language."""
    return wrong.isdisjoint(sense.split())


def speller(code: str):
    """What says which words are not of a language, or None where there is no spelling dictionary."""
    listed = subprocess.run(["enchant-lsmod-2", "-list-dicts"], capture_output=True, text=True, check=True).stdout
    tags = sorted(line.split()[0] for line in listed.splitlines() if line.split("_")[0].split()[0] == code)
    if not tags:
        return None

    def unknown(words: set[str]) -> set[str]:
        wrong = ask(tags[0], words)
        capital = {word: word[0].upper() + word[1:] for word in wrong}
        still = ask(tags[0], set(capital.values()))
        return {word for word in wrong if capital[word] in still}

    return unknown


def ask(tag: str, words: set[str]) -> set[str]:
    text = "\n".join(sorted(words)) + "\n"
    done = subprocess.run(["enchant-2", "-l", "-d", tag], input=text, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


if __name__ == "__main__":
    main()
