"""Sentences with names in them: a page sets a name apart, so that one from right to left reorders nothing beside it."""

from __future__ import annotations

from collections.abc import Iterable


class Name(str):
    """A name that a user gave: of a run, a group, a file."""

    __slots__ = ()


class Sentence(str):
    """A text that knows which of its parts are names.

    Attributes
    ----------
    parts : tuple of str
        Those that are names are of the type :class:`Name`.
    """

    parts: tuple[str, ...]

    def __new__(cls, parts: Iterable[str]) -> Sentence:
        """Of its parts."""
        parts = tuple(parts)
        new = super().__new__(cls, "".join(parts))
        new.parts = parts
        return new


def sentence(form: str, *given: str) -> Sentence:
    """A text with something in the place of each ``{}``: a name, a sentence, or a text of ours."""
    first, *others = form.split("{}")
    parts = [first]
    for part, text in zip(given, others, strict=True):
        parts += [*(part.parts if isinstance(part, Sentence) else [part]), text]
    return Sentence(filter(None, parts))


def joined(parts: Iterable[str], between: str = ", ") -> Sentence:
    """Names, sentences or texts one behind the other."""
    several = list(parts)
    return sentence(between.join(["{}"] * len(several)), *several)
