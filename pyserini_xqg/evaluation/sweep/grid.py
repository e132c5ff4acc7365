"""Grid of the settings that a sweep tries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

from pyserini_xqg.collection.languages import in_language, language_code
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.settings import AGGREGATES, Aggregate, AugmentationSettings, said_alpha

ALPHAS: dict[Aggregate, tuple[float, ...]] = {
    "sum": (0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5),
    "mean": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
}
ALL, OWN, OTHERS, WITHOUT, EACH = "all", "own", "others", "without-", "each-left-out"

Rule = Literal["simplest", "best"]
RULES: tuple[Rule, ...] = ("simplest", "best")

# On the command line.
LISTED = {"comma": True}
CHOICE = {"panel": "Choice"}


@dataclass(frozen=True)
class SweepSettings:
    """What to try.

    Parameters
    ----------
    aggregate : {"sum", "mean"}
        Add a passage's query vectors up, or average them.
    alphas : tuple of float or None
        Weights of the queries to try; None: ten from 0 to 0.5 of a sum, to 0.9 of a mean. On the command line
        fi=0.2,ru=0.4 in an --alpha of its own tries a weight for each language.
    alphas_by_language : tuple of mapping
        Weights of languages to try; queries in languages that one does not name do not count in it.
    normalize : tuple of bool
        Whether vectors get unit length: off, on, or both; off if left out.
    hubness : tuple of float
        Shares of the mean query direction to take out, 0 to 1.
    num_queries : tuple of int or None, or None
        Numbers of queries of each language, or all; None: those that the index keeps. All is None among the numbers.
    subsets : tuple of str
        Languages whose queries count: all, own (the question's), others (all but it), without-LANG, each-left-out. See
        :class:`Grid`.
    depth : int
        How many passages to look at for each question.
    choose : {"simplest", "best"}
        What is chosen: the simplest point within a standard error of the best, or the best. See
        :func:`~pyserini_xqg.evaluation.sweep.selection.choose`.
    alpha_per_language : bool
        Choose each language's weight on its own questions, for an index a language. Of its own queries.
    """

    aggregate: Aggregate = "sum"
    alphas: tuple[float, ...] | None = field(
        default=None, metadata={"option": "--alpha", "pairs": "alphas_by_language", **LISTED}
    )
    alphas_by_language: tuple[Mapping[str, float], ...] = ()
    normalize: tuple[bool, ...] = field(default=(False,), metadata=LISTED)
    hubness: tuple[float, ...] = field(default=(0.0,), metadata={"option": "--reduce-hubness", **LISTED})
    num_queries: tuple[int | None, ...] | None = field(default=None, metadata=LISTED)
    subsets: tuple[str, ...] = field(default=(ALL,), metadata=LISTED)
    depth: int = field(default=100, metadata={"panel": "Options"})
    choose: Rule = field(default="simplest", metadata=CHOICE)
    alpha_per_language: bool = field(default=False, metadata=CHOICE)

    def __post_init__(self) -> None:
        if self.choose not in RULES:
            raise UsageError(f"choose is {self.choose!r}: one of {', '.join(RULES)} is expected")
        if self.aggregate not in AGGREGATES:
            raise UsageError(f"aggregate is {self.aggregate!r}: one of {', '.join(AGGREGATES)} is expected")
        if self.depth < 1:
            raise UsageError(f"depth is {self.depth}: at least 1 is expected")
        for name in ("alphas", "normalize", "hubness", "num_queries", "subsets"):
            if getattr(self, name) == ():
                raise UsageError(f"{name} is empty: at least one value is expected")


@dataclass(frozen=True, slots=True)
class Point:
    """Settings of an index.

    Attributes
    ----------
    subset : str
        Languages whose queries count: ``all``; ``own``, the question's own; ``others``, all but it; ``without-LANG``.
        The first and the last are one index, the other two one a language.
    num_queries : int or None
        How many of each; None: all that are kept.
    hubness : float
    alpha : float
        With `alphas` their mean.
    normalize : bool
        Whether the vectors have unit length.
    alphas : tuple of (str, float)
        The weight of each language, where they differ; queries in other languages do not count.
    """

    subset: str = ALL
    num_queries: int | None = None
    hubness: float = 0.0
    alpha: float = 0.0
    normalize: bool = False
    alphas: tuple[tuple[str, float], ...] = ()

    def __str__(self) -> str:
        if self == PLAIN:
            return "plain"
        number = "all" if self.num_queries is None else self.num_queries
        alpha = said_alpha(dict(self.alphas)) if self.alphas else f"{self.alpha:g}"
        said = f"alpha {alpha}, hubness {self.hubness:g}, queries {number}, languages {self.subset}"
        return f"{said}, unit length" if self.normalize else said

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Point:
        """From what :func:`dataclasses.asdict` gives, by way of JSON, which has lists for tuples."""
        return cls(**{**values, "alphas": tuple((str(name), weight) for name, weight in values.get("alphas", ()))})

    @property
    def steps(self) -> int:
        """How many things an index of these settings does that a plain one does not."""
        changed = self.alpha, self.hubness, self.normalize, self.alphas, self.num_queries is not None
        return sum(map(bool, (*changed, self.subset != ALL)))

    def augmentation(self, aggregate: Aggregate, languages: Sequence[str]) -> AugmentationSettings:
        """The settings of the index that this is, where the queries in `languages` count."""
        weights = {language: weight for language, weight in self.alphas if language in languages}
        return AugmentationSettings(
            aggregate=aggregate,
            languages=tuple(languages),
            num_queries=self.num_queries,
            normalize=self.normalize,
            reduce_hubness=self.hubness,
            **({"alphas": weights} if weights else {"alpha": self.alpha}),
        )


# No queries, no hubness reduction and lengths as they are, for which subset and number mean nothing.
PLAIN = Point()


@dataclass(frozen=True)
class Family:
    """Points that differ in alpha only.

    Attributes
    ----------
    points : tuple of Point
        By rising alpha.
    """

    points: tuple[Point, ...]

    @property
    def alphas(self) -> tuple[float, ...]:
        """Those of the points."""
        return tuple(point.alpha for point in self.points)


class Grid:
    """All combinations of some settings, and the plain index; with hubness reduction also those of weight 0.

    Parameters
    ----------
    alphas : iterable of float
    hubness : iterable of float
    num_queries : iterable of int or None
    subsets : iterable of str
        See :class:`Point`; ``each-left-out`` stands for ``without-LANG`` of every language.
    languages : sequence of str
        Codes of those that there are queries in.
    normalize : iterable of bool
    alphas_by_language : iterable of mapping
        Language to weight, by code or name.

    Attributes
    ----------
    families : list of Family
        The plain index is the first one.
    points : list of Point
        Those of the families, in order.

    Raises
    ------
    UsageError
        A value that is out of range, or an unknown subset.
    """

    def __init__(
        self,
        alphas: Iterable[float],
        hubness: Iterable[float],
        num_queries: Iterable[int | None],
        subsets: Iterable[str],
        languages: Sequence[str],
        normalize: Iterable[bool] = (False,),
        alphas_by_language: Iterable[Mapping[str, float]] = (),
    ):
        self.languages = tuple(languages)
        alphas, hubness = sorted(set(alphas)), sorted(set(hubness))
        for alpha, strength in product(alphas, hubness):
            AugmentationSettings(alpha=alpha, reduce_hubness=strength)  # checks them
        names = dict.fromkeys(name for given in subsets for name in self._subsets(given))
        numbers = sorted(set(num_queries), key=lambda number: (number is None, number))
        lengths = sorted(set(normalize))
        weights = dict.fromkeys(self._weights(each) for each in alphas_by_language)
        self.families = [Family((PLAIN,))]
        if True in lengths:
            self.families.append(Family((Point(normalize=True),)))
        for subset, number, unit_length, strength in product(names, numbers, lengths, hubness):
            # Whatever weights are tried: without the points that add no queries nothing would say what hubness gives.
            tried = sorted({0.0, *alphas}) if strength else [alpha for alpha in alphas if alpha]
            if family := tuple(Point(subset, number, strength, alpha, unit_length) for alpha in tried):
                self.families.append(Family(family))
            for each in weights:
                mean = sum(weight for _, weight in each) / len(each)
                self.families.append(Family((Point(subset, number, strength, mean, unit_length, each),)))
        self.points = [point for family in self.families for point in family.points]

    def only(self, points: Iterable[Point]) -> Grid:
        """The grid of some points and the plain index."""
        grid = copy(self)
        grid.families = [Family((point,)) for point in dict.fromkeys([PLAIN, *points])]
        grid.points = [point for family in grid.families for point in family.points]
        return grid

    def chosen_languages(self, point: Point, asked: str) -> tuple[str, ...]:
        """The languages whose queries count at a point for a question in the language `asked`."""
        counted = languages_that_count(point.subset, asked, self.languages)
        weights = dict(point.alphas)
        return tuple(language for language in counted if language in weights) if weights else counted

    def lacking_own(self, asked: Iterable[str]) -> list[str]:
        """The languages of questions that no query is in, where points are of a question's own language."""
        if all(point.subset != OWN for point in self.points):
            return []
        return [language for language in asked if not languages_that_count(OWN, language, self.languages)]

    def _weights(self, given: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
        """Weights by the codes that the languages have here."""
        found: dict[str, float] = {}
        for name, weight in given.items():
            there = in_language(language_code(name), self.languages)
            if not there:
                raise UsageError(
                    f"alpha {name}={weight:g}: there are no queries in {name}; "
                    f"there are some in {', '.join(self.languages) or '(none)'}"
                )
            found |= dict.fromkeys(there, weight)
        AugmentationSettings(alphas=found)  # checks them
        return tuple(sorted(found.items()))

    def _subsets(self, name: str) -> list[str]:
        if name == EACH:
            return [WITHOUT + language for language in self.languages]
        if name.startswith(WITHOUT):
            code = language_code(name.removeprefix(WITHOUT))
            if there := in_language(code, self.languages):
                return [WITHOUT + language for language in there]
        elif name in (ALL, OWN, OTHERS):
            return [name]
        raise UsageError(
            f"{name!r} is no subset of the languages {', '.join(self.languages) or '(none)'}; {ALL}, {OWN}, {OTHERS}, "
            f"{WITHOUT}LANGUAGE or {EACH} is expected"
        )


def languages_that_count(subset: str, asked: str, languages: Iterable[str]) -> tuple[str, ...]:
    """Those of `languages` whose queries count for a question in the language `asked`.

    Parameters
    ----------
    subset : str
        See :class:`Point`.
    asked : str
    languages : iterable of str
    """
    there = tuple(languages)
    if subset == ALL:
        return there
    named = in_language(subset.removeprefix(WITHOUT) if subset.startswith(WITHOUT) else asked, there)
    return named if subset == OWN else tuple(language for language in there if language not in named)
