"""Keyword queries from a bilingual dictionary, with no generating model.

A passage's most salient terms are looked up, names and numbers kept as they are. The first query has the weightiest few
terms; every further one has those of the one before and some more, so that the weightiest count most. Where a dictionary
has several translations, the one is taken whose vector is nearest to that of the passage's terms (by the encoder that
will search); vectors are those of words, computed once a word, so that passages cost next to nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from pyserini_xqg.collection import Passage
from pyserini_xqg.corpus import Corpus
from pyserini_xqg.encoding.text_encoder import TextEncoder, Vectors
from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.dictionary import FOLDER, Dictionary, find_dictionary
from pyserini_xqg.generation.generator import Progress
from pyserini_xqg.generation.terms import DocumentFrequencies, Term, salient_terms

TERMS = 4
TOPIC_TERMS = 20
MOST_SENSES = 8
SAMPLE = 20_000
