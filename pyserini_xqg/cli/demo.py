"""``xqg demo``."""

from __future__ import annotations

from typing import Annotated, Any

from pyserini_xqg.demo.settings import DemoSettings
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result


@command
def demo(*, settings: Annotated[dict[str, Any], Options(DemoSettings)]) -> Result:
    """Build plain, augmented and control indexes of a small collection; search and score them by stock Pyserini.

    Examples
    --------
    $ xqg demo --output indexes/demo
    """
    from pyserini_xqg.demo.collections import bundled, squad
    from pyserini_xqg.demo.demo import run_demo
    from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
    from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER

    asked = DemoSettings(**settings)
    data = bundled() if asked.path is None else squad(asked.path)
    model = asked.encoder or str(multilingual_e5_small())
    looked_up = (asked.dictionaries or FOLDER) if asked.generator else None
    return Result({"folder": asked.folder}, run_demo(data, model, asked.folder, asked.alpha, looked_up))
