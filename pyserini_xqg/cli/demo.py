"""``xqg demo``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pyserini_xqg.errors import UsageError


class CollectionName(StrEnum):
    """Choices of ``--collection``."""

    BUNDLED = "bundled"
    XQUAD = "xquad"


class DemoGenerator(StrEnum):
    """Choices of ``--generator``."""

    LEXICON = "lexicon"


def demo(
    collection: Annotated[
        CollectionName, typer.Option(help="The small one of this package, or a folder of SQuAD-format files.")
    ] = CollectionName.BUNDLED,
    path: Annotated[
        Path | None, typer.Option(help="The folder, with files such as xquad.en.json and xquad.ar.json.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Where all files go [indexes/demo-COLLECTION].")] = None,
    generator: Annotated[
        DemoGenerator | None, typer.Option(help="Write the queries now, instead of taking the collection's.")
    ] = None,
    dictionaries: Annotated[
        Path | None, typer.Option(help="Where the lexicon's dictionaries are [/usr/share/dictd].")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Another encoder than the multilingual-e5-small of the extra demo.")
    ] = None,
    alpha: Annotated[float, typer.Option(help="Weight of the mean of a passage's queries.")] = 0.3,
) -> None:
    """Build plain, augmented and control indexes of a small collection; search and score them by stock Pyserini."""
    from pyserini_xqg.demo.collections import bundled, squad
    from pyserini_xqg.demo.demo import run_demo
    from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
    from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER

    if dictionaries is not None and generator is None:
        raise UsageError("--dictionaries goes with --generator lexicon, which is not given")
    if (collection is CollectionName.XQUAD) != (path is not None):
        raise UsageError(
            "--collection xquad and --path go together: a folder with files such as xquad.en.json and xquad.ar.json"
        )
    data = bundled() if path is None else squad(path)
    model = encoder or str(multilingual_e5_small())
    name = f"demo-{collection.value}" + (f"-{generator.value}" if generator else "")
    looked_up = (dictionaries or FOLDER) if generator else None
    print(run_demo(data, model, output or Path("indexes") / name, alpha, looked_up))
