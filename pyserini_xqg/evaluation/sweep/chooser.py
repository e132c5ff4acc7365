"""Choice of a sweep's settings: one point for all languages, or a weight for each on its own questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyserini_xqg.evaluation.comparison.clusters import Clusters
from pyserini_xqg.evaluation.sweep.grid import OWN, Grid, Point, Rule
from pyserini_xqg.evaluation.sweep.selection import GridValues, choose

PLAIN_RUN, CHOSEN_RUN = "plain", "chosen"
HUBNESS_RUN, QUERIES_RUN, ONE_WEIGHT_RUN = "hubness alone", "queries alone", "one weight"

# Language to the number of its point.
Choice = Mapping[str, int]


@dataclass(frozen=True)
class Chooser:
    """Chooses points of a grid.

    Attributes
    ----------
    grid : Grid
    measure : str
    rule : {"simplest", "best"}
    clusters : Clusters
    per_language : bool
        Whether each language gets a weight of its own, in an index of its own queries.
    """

    grid: Grid
    measure: str
    rule: Rule
    clusters: Clusters
    per_language: bool = False

    def choices(self, values: GridValues) -> dict[str, Choice]:
        """Each run that is chosen, first ``chosen`` itself, then what it is to be held against.

        Where the grid varies hubness too: the points without queries, and those without hubness reduction. Beside a
        weight for each language: one for all.
        """
        points = values.points
        runs: dict[str, Choice] = {CHOSEN_RUN: self._one(values)}
        if self.per_language:
            runs = {CHOSEN_RUN: self._weights(values), ONE_WEIGHT_RUN: runs[CHOSEN_RUN]}
        if any(point.hubness for point in points) and any(point.alpha for point in points):
            without = [number for number, point in enumerate(points) if not point.alpha]
            runs[HUBNESS_RUN] = self._one(values, without)
            runs[QUERIES_RUN] = self._one(values, [each for each, point in enumerate(points) if not point.hubness])
        return runs

    def point(self, points: Sequence[Point], choice: Choice) -> Point:
        """The point that a choice is."""
        numbers = set(choice.values())
        if len(numbers) > 1:  # questions without queries of their own have the plain index
            numbers = {number for language, number in choice.items() if self._own(language)}
        if len(numbers) == 1:
            return points[numbers.pop()]
        weights = {own: points[number].alpha for language, number in choice.items() for own in self._own(language)}
        rest = max((points[number] for number in numbers), key=lambda point: point.steps)
        mean = sum(weights.values()) / len(weights)
        return Point(OWN, rest.num_queries, rest.hubness, mean, rest.normalize, tuple(sorted(weights.items())))

    def _own(self, language: str) -> tuple[str, ...]:
        """The languages of the queries that are a question's own."""
        return self.grid.chosen_languages(Point(OWN), language)

    def _one(self, values: GridValues, among: Sequence[int] | None = None) -> Choice:
        number = choose(values, self.measure, among, self.rule, self.clusters)
        return dict.fromkeys(values.questions, number)

    def _weights(self, values: GridValues) -> Choice:
        """The settings that are chosen among indexes of own queries, with each language's weight on its questions."""
        points = values.points
        own = [number for number, point in enumerate(points) if point.subset == OWN and not point.alphas]
        first = points[choose(values, self.measure, own, self.rule, self.clusters)]
        among = [number for number, point in enumerate(points) if not point.alphas and _differ_in_alpha(point, first)]
        languages: dict[tuple[str, ...], list[str]] = {}
        for language in values.means(self.measure):
            languages.setdefault(self._own(language), []).append(language)
        found = dict.fromkeys(values.questions, 0)
        for queries, together in languages.items():
            if queries:
                number = choose(values.of(together), self.measure, among, self.rule, self.clusters)
                found |= dict.fromkeys(together, number)
        return found


def _differ_in_alpha(point: Point, first: Point) -> bool:
    """Whether two indexes of own queries differ in nothing else; without queries whose and how many means nothing."""
    if (point.hubness, point.normalize) != (first.hubness, first.normalize):
        return False
    return (point.subset, point.num_queries) == (OWN, first.num_queries) or not (point.alpha or point.hubness)
