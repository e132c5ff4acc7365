"""Options of commands, made from the fields of settings: name, type, default and help are written once, at the field.

A command takes settings as ``Annotated[dict[str, Any], Options(SomeSettings)]``, and gets those that were given. Its
other keyword parameters are options as well, with their help in its docstring. What type and docstring do not say is in
the metadata of a field, or in an annotation ``Annotated[int, {"metavar": "K"}]``: ``option`` (its name on the command
line), ``comma`` (values can be separated by commas, beside being repeated), ``path`` (the text is a path), ``choices``,
``pairs`` (the name of another field, which gets the texts with an equals sign, ``fi=0.2,ru=0.4``, and is no option),
``metavar``, ``panel`` (the heading in the help), ``help`` (where several commands have a parameter in common).

Every command returns a :class:`~pyserini_xqg.options.result.Result`, and has ``--quiet``, ``--json`` and an example in
its docstring, which its help shows. One that prints text as it goes takes ``as_json``, and then prints none.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import MISSING, Field, dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from cyclopts import CycloptsError, Group, Parameter

from pyserini_xqg.options.docstrings import described, help_texts, with_default
from pyserini_xqg.options.quiet import QUIET_HELP, silenced
from pyserini_xqg.options.result import JSON_HELP, Result
from pyserini_xqg.options.values import is_several, plain_type, value_of, values_by_name

GENERAL, OUTPUT = "Options", "Output"
AS_JSON = "as_json"
METAVARS = {int: "<int>", float: "<float>", Path: "<path>"}


@dataclass(frozen=True)
class _Option:
    name: str
    hint: Any
    help: str
    needed: bool
    undo: bool
    metadata: Mapping[str, Any]
    pairs_hint: Any = None

    @property
    def option(self) -> str:
        """Its name on the command line."""
        return str(self.metadata.get("option", "--" + self.name.replace("_", "-")))

    def value(self, given: Any) -> Any:
        """What the setting takes."""
        return value_of(self.option, self.hint, given, self.metadata.get("comma", False), "path" in self.metadata)

    def values(self, given: Any) -> dict[str, Any]:
        """What the settings take, by their names."""
        if self.pairs_hint is None:
            return {self.name: self.value(given)}
        texts = given if isinstance(given, tuple) else (given,)
        pairs = tuple(text for text in texts if "=" in text)
        plain = tuple(text for text in texts if "=" not in text)
        found = {self.metadata["pairs"]: values_by_name(self.option, self.pairs_hint, pairs)} if pairs else {}
        return found | ({self.name: self.value(plain if is_several(self.hint) else plain[0])} if plain else {})

    def parameter(self, groups: dict[str, Group], kind: Any) -> inspect.Parameter:
        """The parameter of a function that cyclopts makes an option of: a switch, a text or several."""
        hint, several = plain_type(self.hint), is_several(self.hint)
        item = plain_type(get_args(hint)[0]) if several else hint
        is_path = item is Path or "path" in self.metadata
        choices = self.metadata.get("choices") or (get_args(item) if get_origin(item) is Literal else None)
        metavar = f"<{'|'.join(choices)}>" if choices else "<path>" if is_path else METAVARS.get(item, "<text>")
        panel = self.metadata.get("panel", GENERAL)
        told = Parameter(
            name=None if kind is inspect.Parameter.POSITIONAL_ONLY else self.option,
            help=f"{self.help} [required]" if self.needed else self.help,
            group=groups.setdefault(panel, Group(panel, sort_key=0 if panel == GENERAL else len(groups) + 1)),
            metavar=None if hint is bool else self.metadata.get("metavar", metavar),
            choices=choices,
            negative=None if hint is bool and self.undo else (),
            required=False,  # what is missing is said after what is wrong
            show_default=False,
            allow_leading_hyphen=True,
            allow_repeating=None if several else True,
        )
        seen: Any = Path if is_path else str
        seen = tuple[seen, ...] if several else seen
        if hint is bool:
            return inspect.Parameter(self.name, kind, default=False, annotation=Annotated[bool, told])
        return inspect.Parameter(self.name, kind, default=None, annotation=Annotated[seen | None, told])


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
        Whether the settings can come from elsewhere too: no option has to be given, and all switches can be undone.
    panel : str
        The heading in the help of options whose fields name none.
    """

    def __init__(
        self,
        *settings: type[Any],
        without: Iterable[str] = (),
        recipes: Mapping[str, Mapping[str, Any]] | None = None,
        layered: bool = False,
        panel: str = GENERAL,
    ):
        self._settings, self._recipes, self._layered, self._panel = settings, recipes or {}, layered, panel
        self._fields = {each.name: (each, of) for of in reversed(settings) for each in fields(of)}
        named = {field.metadata.get("pairs") for field, _ in self._fields.values()}
        self._without = {*without, *named}

    def __iter__(self) -> Iterator[_Option]:
        for name in dict.fromkeys(
            each.name for of in self._settings for each in fields(of) if each.name not in self._without
        ):
            field, of = self._fields[name]
            hint = get_type_hints(of)[name]
            metadata = {"panel": self._panel, **field.metadata}
            if name == "recipe":
                metadata["choices"] = tuple(self._recipes or [each.recipe for each in self._settings])
            yield _Option(
                name,
                hint,
                with_default(help_texts(of).get(name, ""), self._default(name)),
                needed=_default(field) is MISSING and not self._layered,
                undo=self._layered or hint is not bool,
                metadata=metadata,
                pairs_hint=get_type_hints(of).get(metadata.get("pairs", "")),
            )

    def _default(self, name: str) -> str:
        """The default for the help, and the recipes' where it is another one."""
        said = {"": _text(_default(self._fields[name][0]))}
        if len(self._settings) > 1:
            own = {of.recipe: _text(getattr(of, name, None)) for of in self._settings}
            said = (
                own
                if len({*own.values()}) == len(own) and name != "recipe"
                else {"": "" if name == "recipe" else said[""]}
            )
        said |= {recipe: _text(values[name]) for recipe, values in self._recipes.items() if name in values}
        return "; ".join(f"{recipe}: {text}" if recipe else text for recipe, text in said.items() if text)


def command(function: Callable[..., Result]) -> Callable[..., Result]:
    """A function as a command, with an option for each field of its settings and each other parameter."""
    signature, texts = inspect.signature(function, eval_str=True), help_texts(function)
    options: dict[str, tuple[_Option, str | None]] = {}
    parameters: list[inspect.Parameter] = []
    groups: dict[str, Group] = {}
    for each in signature.parameters.values():
        if each.name == AS_JSON:
            continue
        hint, *said = get_args(each.annotation) if get_origin(each.annotation) is Annotated else (each.annotation,)
        metadata = said[0] if said else {}
        made = metadata
        if not isinstance(metadata, Options):
            text = with_default(metadata.get("help") or texts.get(each.name, ""), _text(each.default))
            made = [_Option(each.name, hint, text, each.default is inspect.Parameter.empty, hint is not bool, metadata)]
        for option in made:
            options[option.name] = option, each.name if made is metadata else None
            parameters.append(option.parameter(groups, each.kind))

    panel = OUTPUT if OUTPUT in groups else GENERAL
    for switched, told in (("quiet", QUIET_HELP), ("json", JSON_HELP)):
        switch = _Option(switched, bool, told, needed=False, undo=False, metadata={"panel": panel})
        parameters.append(switch.parameter(groups, inspect.Parameter.KEYWORD_ONLY))
    positional = [each.name for each in parameters if each.kind is inspect.Parameter.POSITIONAL_ONLY]

    @wraps(function)
    def run(*values: Any, **given: Any) -> Result:
        given = dict(zip(positional, values, strict=False)) | given
        quietly, as_json = given.pop("quiet", False), given.pop("json", False)
        arguments: dict[str, Any] = {owner: {} for _, owner in options.values() if owner}
        for name, value in given.items():
            option, owner = options[name]
            (arguments[owner] if owner else arguments).update(option.values(value))
        if missing := [each.option for each, _ in options.values() if each.needed and each.name not in given]:
            raise CycloptsError(f"{missing[0]} is missing")
        first = [arguments.pop(name, signature.parameters[name].default) for name in positional]
        if AS_JSON in signature.parameters:
            arguments[AS_JSON] = as_json
        with silenced() if quietly else nullcontext():
            return replace(function(*first, **arguments), as_json=as_json)

    del run.__wrapped__
    run.__doc__ = described(function)
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def options_of(names: Iterable[str], *settings: type[Any]) -> str:
    """The options of some fields of settings, for messages."""
    named = {each.name: each.metadata.get("option") for of in settings for each in fields(of)}
    return ", ".join(named.get(name) or "--" + name.replace("_", "-") for name in names)


def _default(of: Field[Any]) -> Any:
    return of.default if of.default_factory is MISSING else of.default_factory()


def _text(value: Any) -> str:
    """A default as the help says it; nothing where it is one that says nothing."""
    if isinstance(value, tuple | list):
        return ",".join(map(_text, value))
    says_nothing = value is None or value in (MISSING, inspect.Parameter.empty, {}) or isinstance(value, bool)
    return "" if says_nothing else f"{value:g}" if isinstance(value, float) else str(value)
