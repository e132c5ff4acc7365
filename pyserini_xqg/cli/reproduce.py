"""``xqg reproduce``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli._printing import say
from pyserini_xqg.errors import MissingInput, MissingPrerequisite, PartlyDone, UsageError, XqgError
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.reproduction.places import PlaceSettings


@command
def reproduce(
    condition: Annotated[str | None, {"option": "CONDITION"}] = None,
    /,
    *,
    every: Annotated[bool, {"option": "--all"}] = False,
    list_all: Annotated[bool, {"option": "--list"}] = False,
    settings: Annotated[dict[str, Any], Options(PlaceSettings)],
    dry_run: bool = False,
    record: Path | None = None,
    page: bool = False,
) -> None:
    """Run the commands that lead to a published or measured result, and hold its scores against it.

    Parameters
    ----------
    condition : str or None
        The result, see --list.
    every : bool
        Run all conditions that can be run here.
    list_all : bool
        List the conditions, and when each was last run.
    dry_run : bool
        Print the commands, and what is missing, and end.
    record : Path or None
        Put the scores into a JSON file of those of all conditions, with date and commit.
    page : bool
        Print docs/reproductions.md.

    Examples
    --------
    $ xqg reproduce xquad-e5 --local xquad=xquad/
    """
    import shlex

    from pyserini_xqg.reproduction import conditions as known
    from pyserini_xqg.reproduction.page import last_runs, listed, scores_as_text
    from pyserini_xqg.reproduction.page import page as as_page
    from pyserini_xqg.reproduction.places import Places, check_given
    from pyserini_xqg.reproduction.running import commands_of, run_condition
    from pyserini_xqg.reproduction.running import record as put

    if list_all or page:
        say(listed(last_runs()) if list_all else as_page(last_runs()), end="\n" if list_all else "")
        return
    if every == (condition is not None):
        raise UsageError("give one CONDITION (--list lists them), or --all")
    asked = [*known.conditions().values()] if condition is None else [known.condition(condition)]
    where = PlaceSettings(**settings)
    check_given(asked, where)
    lacking, broken = [], []
    for each in asked:
        if dry_run:
            places = Places(each, where)
            say("\n".join(f"$ {shlex.join(words)}" for words in commands_of(each, places)))
            say("\n".join(f"missing: {what}" for what in places.missing()) or "nothing that can be seen is missing")
            continue
        try:
            scores = run_condition(each, where, say)
        except (MissingPrerequisite, MissingInput) as error:
            if not every:
                raise
            say(f"{each.name}: not run: {error}")
            lacking.append(each.name)
            continue
        say(scores_as_text(scores))
        if record is not None:
            put(record, each.name, where.output / each.name)
        broken += [each.name] * any(not score.holds for score in scores)
    if broken:
        raise XqgError(f"scores that do not hold: {', '.join(broken)}; see above")
    if lacking:
        raise PartlyDone(f"{len(lacking)} of {len(asked)} conditions were not run: {', '.join(lacking)}; see above")
