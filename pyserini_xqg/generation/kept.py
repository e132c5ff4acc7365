"""Queries that were kept: a finished folder without any is told."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from pyserini_xqg.errors import PartlyDone
from pyserini_xqg.storage.manifest import Manifest

log = logging.getLogger("pyserini_xqg")


def check_kept(
    made: Manifest, languages: Collection[str], dropped: Mapping[str, Mapping[str, int]], output: Path, advice: str
) -> None:
    """Look whether queries were kept; a language that has none, where others have some, is warned of.

    Parameters
    ----------
    made : Manifest
        Of a finished folder of queries.
    languages : collection of str
        Those that were asked for.
    dropped : mapping
        Language to reason to how many queries were not kept for it.
    output : Path
        The folder.
    advice : str
        What to do.

    Raises
    ------
    PartlyDone
        No query was kept in any of the languages.
    """
    queries: dict[str, int] = made.counts["queries"]
    without = [language for language in sorted(languages) if not queries.get(language)]
    found = f"{output} is finished, and for its {made.counts['passages']:,} passages it holds no query in"
    if len(without) == len(languages):
        named = ", ".join(without) or "any language"
        raise PartlyDone(f"{found} {named}: {_told(without, dropped)}. {advice}, with another output")
    for language in without:
        log.warning("%s %s: %s", found, language, _told([language], dropped))


def _told(languages: Iterable[str], dropped: Mapping[str, Mapping[str, int]]) -> str:
    """``dropped were fi (wrong_script 600)``, or that there was nothing to drop."""
    reasons = [
        f"{language} ({', '.join(f'{reason} {count:,}' for reason, count in counts.items())})"
        for language in languages
        if any((counts := dropped.get(language, {})).values())
    ]
    return f"dropped were {', '.join(reasons)}" if reasons else "none was written"
