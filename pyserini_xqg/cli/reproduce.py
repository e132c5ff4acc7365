"""``xqg reproduce``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli._printing import print_result, say
from pyserini_xqg.errors import MissingInput, MissingPrerequisite, PartlyDone, UsageError, XqgError
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result
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
    as_json: bool = False,
) -> Result:
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

    if list_all:
        last = last_runs()
        titles = {name: {"title": each.title, "last run": last.get(name)} for name, each in known.conditions().items()}
        return Result(titles, listed(last))
    if page:
        return Result({"page": as_page(last_runs())}, as_page(last_runs()))
    if every == (condition is not None):
        raise UsageError("give one CONDITION (--list lists them), or --all")
    asked = [*known.conditions().values()] if condition is None else [known.condition(condition)]
    where = PlaceSettings(**settings)
    check_given(asked, where)
    lacking, broken = [], []
    found: dict[str, Any] = {}

    def tell(text: str) -> None:
        if not as_json:
            say(text)

    for each in asked:
        if dry_run:
            places = Places(each, where)
            commands, missing = [shlex.join(words) for words in commands_of(each, places)], places.missing()
            tell("\n".join(f"$ {line}" for line in commands))
            tell("\n".join(f"missing: {what}" for what in missing) or "nothing that can be seen is missing")
            found[each.name] = {"commands": commands, "missing": missing}
            continue
        try:
            scores = run_condition(each, where, tell)
        except (MissingPrerequisite, MissingInput) as error:
            if not every:
                raise
            tell(f"{each.name}: not run: {error}")
            lacking.append(each.name)
            found[each.name] = {"not run": str(error)}
            continue
        tell(scores_as_text(scores))
        found[each.name] = {"scores": [{**asdict(score), "holds": score.holds} for score in scores]}
        if record is not None:
            put(record, each.name, where.output / each.name)
        broken += [each.name] * any(not score.holds for score in scores)
    result = Result(found, "", as_json=as_json)
    if broken or lacking:
        print_result(result)
    if broken:
        raise XqgError(f"scores that do not hold: {', '.join(broken)}; see above")
    if lacking:
        raise PartlyDone(f"{len(lacking)} of {len(asked)} conditions were not run: {', '.join(lacking)}; see above")
    return result
