"""How fast the lexicon writes: python benchmarks/lexicon.py --corpus FILE --language ar [--dictionaries FOLDER].

Passages per CPU-second of one process, on passages whose words it has met before (a first round is not counted): the
lexicon's five queries a passage, beside what indexing has to do with the same passages anyway, which is to encode them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from pyserini_xqg.collection.corpus import Corpus
from pyserini_xqg.collection.passages import passage_text
from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
from pyserini_xqg.encoding.folder import open_passage_encoder, read_encoder
from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER
from pyserini_xqg.generation.backends.lexicon.generator import LexiconGenerator

QUERIES = 5
ENCODED = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="passages, Pyserini's JSONL")
    parser.add_argument("--language", default="ar")
    parser.add_argument("--dictionaries", type=Path, default=FOLDER)
    parser.add_argument("--passages", type=int, default=1000)
    arguments = parser.parse_args()
    corpus = Corpus(arguments.corpus, arguments.passages, arguments.passages)
    for _ in corpus.scan():
        pass
    passages = [passage for passage in next(corpus.parts())[1] if not passage.is_empty]
    words = sum(len(passage.text.split()) for passage in passages) / len(passages)
    encoder = open_passage_encoder(read_encoder(str(multilingual_e5_small()), "passage")[0], None)
    texts = [passage_text(passage.title, passage.text) for passage in islice(passages, ENCODED)]
    print(f"{len(passages)} passages of {words:.0f} words on average, English to {arguments.language}")
    encoding = per_second(lambda: encoder.encode(texts, "passage"), len(texts))
    print(f"{'encoding the passages':44}{encoding:10.1f} passages per CPU-second")
    for name, chosen in (("lexicon, first translation", None), ("lexicon, translation by the encoder", encoder)):
        lexicon = LexiconGenerator(
            arguments.corpus, [arguments.language], encoder=chosen, dictionaries=arguments.dictionaries
        )
        rate = per_second(
            lambda made=lexicon: made.generate(passages, arguments.language, QUERIES, 0, lambda _: None), len(passages)
        )
        print(f"{name:44}{rate:10.1f} passages per CPU-second, {rate / encoding:.0f} times encoding")


def per_second(work: Callable[[], object], passages: int) -> float:
    """Passages per CPU-second of the second round."""
    work()
    start = time.process_time()
    work()
    return passages / (time.process_time() - start)


if __name__ == "__main__":
    main()
