"""Encoded questions in the two forms that stock Pyserini reads."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from pyserini_xqg.collection.topics import read_topics
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.export.scaling import divisor_of
from pyserini_xqg.export.vector_parts import as_list
from pyserini_xqg.storage.files import write_atomically

FAISS, LUCENE = "encoded-queries", "topics"


def write_encoded_queries(
    topics: Mapping[str, Sequence[str | Path]], encoder: TextEncoder, folder: Path
) -> dict[str, int]:
    """Encode the questions of topics files.

    Parameters
    ----------
    topics : mapping of str to sequence of str or Path
        The files of each language.
    encoder : TextEncoder
        Of the users' questions.
    folder : Path
        Gets ``encoded-queries/embedding.pkl``, for ``pyserini.search.faiss --encoded-queries``, and a
        ``topics/LANGUAGE.tsv`` each for ``pyserini.search.lucene --dense --topics``, scaled as
        :mod:`pyserini_xqg.export.scaling` says.

    Returns
    -------
    dict of str to int
        How many questions each language has.
    """
    # Pyserini reads no other form than a pickled frame; nothing here reads one.
    import pandas as pd

    asked = {language: [pair for file in files for pair in read_topics(file)] for language, files in topics.items()}
    frames = []
    for name in (FAISS, LUCENE):
        (folder / name).mkdir(exist_ok=True)
    for language, pairs in asked.items():
        vectors = encoder.encode([text for _, text in pairs], "query")
        scaled = [vector / np.float32(divisor_of(float(np.linalg.norm(vector)))) for vector in vectors]
        lines = (f"{identifier}\t{as_list(vector)}\n" for (identifier, _), vector in zip(pairs, scaled, strict=True))
        write_atomically(folder / LUCENE / f"{language}.tsv", "".join(lines))
        frames.append(
            pd.DataFrame(
                {"id": [each for each, _ in pairs], "text": [each for _, each in pairs], "embedding": list(vectors)}
            )
        )
    pickled = io.BytesIO()
    pd.concat(frames, ignore_index=True).to_pickle(pickled)
    write_atomically(folder / FAISS / "embedding.pkl", pickled.getvalue())
    return {language: len(pairs) for language, pairs in asked.items()}
