"""``xqg demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pyserini_xqg.errors import UsageError
from pyserini_xqg.options.command import command


@command
def demo(
    *,
    collection: Literal["bundled", "xquad"] = "bundled",
    path: Path | None = None,
    output: Path | None = None,
    generator: Literal["lexicon"] | None = None,
    dictionaries: Path | None = None,
    encoder: str | None = None,
    alpha: float = 0.3,
) -> None:
    """Build plain, augmented and control indexes of a small collection; search and score them by stock Pyserini.

    Parameters
    ----------
    collection : {"bundled", "xquad"}
        The small one of this package, or a folder of SQuAD-format files.
    path : Path or None
        The folder, with files such as xquad.en.json and xquad.ar.json.
    output : Path or None
        Where all files go; None: indexes/demo-COLLECTION.
    generator : {"lexicon"} or None
        Write the queries now, instead of taking the collection's.
    dictionaries : Path or None
        Where the lexicon's dictionaries are; None: /usr/share/dictd.
    encoder : str or None
        Another encoder than the multilingual-e5-small of the extra demo.
    alpha : float
        Weight of the mean of a passage's queries.
    """
    from pyserini_xqg.demo.collections import bundled, squad
    from pyserini_xqg.demo.demo import run_demo
    from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
    from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER

    if dictionaries is not None and generator is None:
        raise UsageError("--dictionaries goes with --generator lexicon, which is not given")
    if (collection == "xquad") != (path is not None):
        raise UsageError(
            "--collection xquad and --path go together: a folder with files such as xquad.en.json and xquad.ar.json"
        )
    data = bundled() if path is None else squad(path)
    model = encoder or str(multilingual_e5_small())
    name = f"demo-{collection}" + (f"-{generator}" if generator else "")
    looked_up = (dictionaries or FOLDER) if generator else None
    print(run_demo(data, model, output or Path("indexes") / name, alpha, looked_up))
