"""Options of commands, made from the fields of settings: name, type, default and help are written once, at the field.

A command takes settings as ``Annotated[dict[str, Any], Options(SomeSettings)]``, and gets those that were given. Its
other keyword parameters are options as well, with their help in its docstring. What a type and a docstring do not say is
in the metadata of a field, or in an annotation ``Annotated[int, {"metavar": "K"}]``:

=========== ==============================================================
``option``   its name on the command line
``comma``    values can be separated by commas, beside being repeated
``path``     the text is a path
``choices``  what the text can be
``metavar``  what stands for the value in the help
``panel``    the heading that it is under in the help
``help``     the help, where several commands have the parameter in common
=========== ==============================================================
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from cyclopts import Group, Parameter

from pyserini_xqg.cli._docstrings import help_texts, with_default
from pyserini_xqg.cli._values import converter, is_several, plain_type
from pyserini_xqg.errors import UsageError

GENERAL = "Options"
METAVARS = {int: "<int>", float: "<float>", Path: "<path>"}


class Options:
    """The settings whose fields are options of a command.

    Parameters
    ----------
    *settings : type
        Dataclasses. A field that several have is one option.
    without : iterable of str
        Fields that are no options here.
    recipes : mapping
        Name of a recipe to the values that it gives: choices of the field `recipe`, and said in the help.
    layered : bool
        Whether the settings can come from a file as well: no option has to be given, and all switches can be undone.
    panel : str or None
        The heading of these options in the help; None: by the class that has the field.
    """

    def __init__(
        self,
        *settings: type[Any],
        without: Iterable[str] = (),
        recipes: Mapping[str, Mapping[str, Any]] | None = None,
        layered: bool = False,
        panel: str | None = None,
    ):
        self._settings, self._without, self._recipes = settings, set(without), recipes or {}
        self._layered, self._panel = layered, panel

    def options(self) -> Iterator[_Option]:
        """An option a field."""
        seen = {*self._without}
        for settings in self._settings:
            hints, texts = get_type_hints(settings), help_texts(settings)
            for each in fields(settings):
                if each.name in seen:
                    continue
                seen.add(each.name)
                metadata = {"panel": self._panel or _panel(settings, each.name), **each.metadata}
                if each.name == "recipe":
                    metadata |= {"panel": GENERAL, "choices": tuple(self._recipes or self._defaults("recipe"))}
                yield _Option(
                    each.name,
                    hints[each.name],
                    with_default(texts.get(each.name, ""), self._said(each.name)),
                    needed=_default(each) is MISSING and not self._layered,
                    undo=self._layered or hints[each.name] is not bool,
                    metadata=metadata,
                )

    def _defaults(self, name: str) -> dict[str, Any]:
        """The default of each class that has the field, by the recipe that the class is for."""
        having = [(each, own) for each in self._settings for own in fields(each) if own.name == name]
        return {str(getattr(each, "recipe", "")): _default(own) for each, own in having}

    def _said(self, name: str) -> str:
        """The default for the help, and the recipes' where it is another one."""
        said = {recipe: _text(value) for recipe, value in self._defaults(name).items()}
        if len(set(said.values())) == 1:
            said = {"": next(iter(said.values()))}
        elif name == "recipe":
            said = {}
        said |= {recipe: _text(values[name]) for recipe, values in self._recipes.items() if name in values}
        return "; ".join(f"{recipe}: {text}" if recipe else text for recipe, text in said.items() if text)


def command(function: Callable[..., None]) -> Callable[..., None]:
    """A function as a command, with an option for each field of its settings and each other parameter."""
    signature = inspect.signature(function, eval_str=True)
    texts = help_texts(function)
    groups: dict[str, Group] = {}
    parameters: list[inspect.Parameter] = []
    owners: dict[str, str] = {}
    needed: dict[str, str] = {}
    for each in signature.parameters.values():
        hint, *said = get_args(each.annotation) if get_origin(each.annotation) is Annotated else (each.annotation,)
        if said and isinstance(said[0], Options):
            options = list(said[0].options())
            owners |= {option.name: each.name for option in options}
        else:
            metadata = said[0] if said else {}
            text = with_default(metadata.get("help") or texts.get(each.name, ""), _text(each.default))
            no_default = each.default is inspect.Parameter.empty
            options = [_Option(each.name, hint, text, needed=no_default, undo=hint is not bool, metadata=metadata)]
        parameters += [option.parameter(groups, each.kind) for option in options]
        needed |= {option.name: option.option for option in options if option.needed}

    @wraps(function)
    def run(*values: Any, **given: Any) -> None:
        for name, option in needed.items():
            if name not in given:
                raise UsageError(f"{option} is missing")
        settings: dict[str, dict[str, Any]] = {owner: {} for owner in owners.values()}
        for name in [name for name in given if name in owners]:
            settings[owners[name]][name] = given.pop(name)
        function(*values, **settings, **given)

    del run.__wrapped__  # type: ignore[attr-defined]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


@dataclass(frozen=True)
class _Option:
    name: str
    hint: Any
    help: str
    needed: bool
    undo: bool
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def option(self) -> str:
        """Its name on the command line."""
        return str(self.metadata.get("option", "--" + self.name.replace("_", "-")))

    def parameter(self, groups: dict[str, Group], kind: Any = inspect.Parameter.KEYWORD_ONLY) -> inspect.Parameter:
        """As the parameter of a function that the library makes an option of."""
        hint = plain_type(self.hint)
        several = is_several(hint)
        path = self.metadata.get("path", False)
        panel = self.metadata.get("panel", GENERAL)
        group = groups.setdefault(panel, Group(panel, sort_key=0 if panel == GENERAL else len(groups) + 1))
        seen = tuple[str, ...] if several else Path if path else hint
        told = Parameter(
            name=None if kind is inspect.Parameter.POSITIONAL_ONLY else self.option,
            help=f"{self.help} [required]" if self.needed else self.help,
            group=group,
            metavar=self._metavar(hint, several, path),
            choices=self.metadata.get("choices"),
            converter=converter(self.option, hint, self.metadata.get("comma", False), path),
            negative=None if hint is bool and self.undo else (),
            negative_iterable=(),
            required=False,  # what is missing is said after what is wrong
            show_default=False,
            allow_leading_hyphen=True,
            allow_repeating=None if several else True,
        )
        return inspect.Parameter(self.name, kind, default=None, annotation=Annotated[seen, told])

    def _metavar(self, hint: Any, several: bool, path: bool) -> str | None:
        """What stands for the value in the help."""
        item = get_args(hint)[0] if several else hint
        choices = self.metadata.get("choices") or (get_args(item) if get_origin(item) is Literal else ())
        made = f"<{'|'.join(choices)}>" if choices else "<path>" if path else METAVARS.get(plain_type(item), "<text>")
        return None if hint is bool else self.metadata.get("metavar", made)


def _default(of: Field[Any]) -> Any:
    return of.default if of.default_factory is MISSING else of.default_factory()


def _text(value: Any) -> str:
    """A default as the help says it; nothing where it is one that says nothing."""
    if (
        value is None
        or value is MISSING
        or value is inspect.Parameter.empty
        or isinstance(value, bool)
        or value in ("", (), {}, [])
    ):
        return ""
    if isinstance(value, tuple | list):
        return ",".join(map(_text, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _panel(settings: type, name: str) -> str:
    """The heading of a field's option: the name of the first class that has it, without what all such are called."""
    owner = next(each for each in reversed(settings.__mro__) if name in each.__dict__.get("__annotations__", {}))
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"(Settings|Files|Inputs)$", "", owner.__name__))
    return words.capitalize()
