"""What a small translator is trained on: python benchmarks/translator.py --aligned FOLDER --base MODEL --output FILE

Sentences that have been translated by people, in folders fi-en with fi.txt and en.txt, which go together line by line
(`xqg data ntrex` and `flores` leave such text under parallel/). The English sentence stands in the place of a passage,
its translation in that of the question: what `xqg train generator` learns from them is to translate, and `xqg generate
--sentences` then gives it the first sentences of each passage. Left out are sentences of few words, which say little,
and those with more tokens of the base, on either side, than go through it in training.

The commands that follow stand in docs/training-generator.md.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from transformers import AutoTokenizer

from pyserini_xqg.collection.datasets.examples import TrainingExample, write_examples
from pyserini_xqg.collection.datasets.line_aligned import read_parallel_questions
from pyserini_xqg.collection.passages import Passage

Pair = tuple[str, str]


def examples(pairs: dict[str, list[Pair]], tokenizer: Any, given: argparse.Namespace) -> Iterator[TrainingExample]:
    """Some of the pairs of each language, in an order of chance."""
    for language, own in sorted(pairs.items()):
        words = [pair for pair in own if given.words <= len(pair[0].split()) <= given.most_words and pair[1]]
        read, written = (tokenizer([pair[side] for pair in words])["input_ids"] for side in (0, 1))
        # What is written has one more token, which ends it.
        usable = [
            pair
            for pair, *of in zip(words, read, written, strict=True)
            if len(of[0]) < given.tokens and len(of[1]) + 1 < given.tokens
        ]
        Random(language).shuffle(usable)
        chosen = usable[: given.most]
        print(f"{language}: {len(chosen)} of {len(own)} sentences")
        for number, (english, text) in enumerate(chosen):
            passage = Passage(f"{language}-{number}", english)
            yield TrainingExample(f"{language}{number}", text, language, (passage,), (), ())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--aligned", type=Path, action="append", required=True, help="may be repeated")
    parser.add_argument("--base", required=True, help="the model that is to be trained: its tokens are counted")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--language", action="append", help="may be repeated [all]")
    parser.add_argument("--most", type=int, default=2400, help="sentences of a language [%(default)s]")
    parser.add_argument("--words", type=int, default=9, help="fewest words of an English sentence [%(default)s]")
    parser.add_argument("--most-words", type=int, default=40, help="most words of one [%(default)s]")
    parser.add_argument("--tokens", type=int, default=64, help="there are fewer of either sentence [%(default)s]")
    given = parser.parse_args()
    pairs: dict[str, list[Pair]] = defaultdict(list)
    for folder in given.aligned:
        for pair in read_parallel_questions(folder):
            if not given.language or pair.language in given.language:
                pairs[pair.language].append((pair.english, pair.question))
    write_examples(examples(pairs, AutoTokenizer.from_pretrained(given.base), given), given.output)


if __name__ == "__main__":
    main()
