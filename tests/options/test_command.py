# No postponed annotations here: a command's are looked up in its module.

from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
from cyclopts import App, CycloptsError

from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result


@dataclass(frozen=True)
class Some:
    """Settings.

    Parameters
    ----------
    name : str
        What it is called.
    size : int
        How large.
    codes : tuple of str
        Which.
    on : bool
        Whether.
    recipe : str
        Where values come from.
    """

    name: str
    size: int = 3
    codes: tuple[str, ...] = field(default=(), metadata={"option": "--code", "comma": True})
    on: bool = False
    recipe: str = "plain"


def parsed(options: Options, *arguments: str) -> tuple[dict[str, Any], int]:
    """What a command gets of its settings and of a parameter of its own."""
    found: list[tuple[dict[str, Any], int]] = []

    @command
    def some(*, settings: Annotated[dict[str, Any], options], own: int = 7) -> Result:
        found.append((settings, own))
        return Result({})

    app = App(result_action="return_value")
    app.default(some)
    app(arguments, exit_on_error=False, print_error=False)
    return found[0]


def test_only_what_was_given_is_passed() -> None:
    assert parsed(Options(Some), "--name", "x") == ({"name": "x"}, 7)
    assert parsed(
        Options(Some), "--name=x", "--size", "3", "--code", "fi,sw", "--code", "en", "--on", "--own", "1"
    ) == (
        {"name": "x", "size": 3, "codes": ("fi", "sw", "en"), "on": True},
        1,
    )


def test_the_last_of_a_repeated_option_counts() -> None:
    assert parsed(Options(Some), "--name", "x", "--name", "y") == ({"name": "y"}, 7)


def test_layered_settings_need_nothing_and_switches_can_be_undone() -> None:
    assert parsed(Options(Some, layered=True), "--no-on") == ({"on": False}, 7)
    for arguments in (["--size", "1"], ["--name", "x", "--no-on"]):
        with pytest.raises(CycloptsError):
            parsed(Options(Some), *arguments)


def test_the_help_says_defaults_and_those_of_recipes() -> None:
    options = Options(Some, without=["on"], recipes={"plain": {}, "large": {"size": 9, "name": "y"}})
    assert {each.name: each.help for each in options} == {
        "name": "What it is called [large: y].",
        "size": "How large [3; large: 9].",
        "codes": "Which.",
        "recipe": "Where values come from [plain].",
    }


def test_a_parameter_can_be_given_without_a_name() -> None:
    found: list[tuple[str, int]] = []

    @command
    def some(what: Annotated[str, {"option": "WHAT"}], /, *, own: int = 7) -> Result:
        found.append((what, own))
        return Result({})

    app = App(result_action="return_value")
    app.default(some)
    app(["x", "--own", "2"], exit_on_error=False, print_error=False)
    assert found == [("x", 2)]
    with pytest.raises(CycloptsError, match="WHAT is missing"):
        app([], exit_on_error=False, print_error=False)
