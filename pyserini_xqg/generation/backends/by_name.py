"""Query generators by name."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.languages import canonical_code
from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.backends.base import Generator
from pyserini_xqg.generation.backends.sentences import SentenceGenerator

# Modules are imported when they are asked for: most need packages that take seconds to load, one that is an extra.
GENERATORS = {
    "seq2seq": ("seq2seq", "Seq2SeqGenerator"),
    "ctranslate2": ("ctranslate2", "CTranslate2Generator"),
    "causal": ("causal", "CausalGenerator"),
    "server": ("server.generator", "ServerGenerator"),
    "lexicon": ("lexicon.generator", "LexiconGenerator"),
}


def make_generator(
    name: str,
    corpus: str | Path,
    languages: Sequence[str],
    *,
    show_progress: bool = False,
    sentences: bool = False,
    **options: Any,
) -> Generator:
    """A generator, ready to write.

    Parameters
    ----------
    name : str
        One of `GENERATORS`.
    corpus : str or Path
        The passages that it will be asked about.
    languages : sequence of str
        The codes of the languages that it will be asked for.
    show_progress : bool
        Whether to show on standard error how far it is with making itself ready, if that takes long.
    sentences : bool
        One query from each of the first sentences of a passage, see
        :class:`pyserini_xqg.generation.backends.sentences.SentenceGenerator`.
    **options
        Keyword arguments of its class, apart from `corpus`, `languages` and `show_progress`; with `sentences` also
        `passage_language`.

    Raises
    ------
    UsageError
        There is no such generator, it has no such option, or lacks one that it needs.
    """
    if name not in GENERATORS:
        raise UsageError(f"no generator {name!r}: one of {', '.join(GENERATORS)} is expected")
    module, class_name = GENERATORS[name]
    make = getattr(import_module(f"{__package__}.{module}"), class_name)
    parameters = inspect.signature(make).parameters
    given = {"corpus": corpus, "languages": languages, "show_progress": show_progress}
    own = {key: value for key, value in given.items() if key in parameters}
    known = [parameter for parameter in parameters if parameter not in own]
    passage_language = canonical_code(options.get("passage_language") or "en")
    if sentences and "passage_language" not in known:
        options.pop("passage_language", None)
    if unknown := [option for option in options if option not in known]:
        raise UsageError(
            f"the generator {name} has no option {', '.join(map(_flag, unknown))}; it has "
            f"{', '.join(map(_flag, known))}"
        )
    needed = [key for key in known if parameters[key].default is inspect.Parameter.empty and key not in options]
    if needed:
        raise UsageError(f"the generator {name} needs {', '.join(map(_flag, needed))}")
    generator: Generator = make(**own, **options)
    return SentenceGenerator(generator, passage_language) if sentences else generator


def _flag(parameter: str) -> str:
    return "--" + parameter.replace("_", "-")
