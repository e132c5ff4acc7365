"""Comparison of runs with a baseline and with their controls, language by language and over all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyserini_xqg.collection.languages import in_language, language_code
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.evaluation.comparison.clusters import Clusters, ClusterSizes, find_clusters
from pyserini_xqg.evaluation.comparison.differences import Difference, Languages, differences_of, mean_of
from pyserini_xqg.evaluation.comparison.significance import ROUNDING


@dataclass(frozen=True)
class ControlDifference:
    """A run against its control.

    Attributes
    ----------
    control : str
    difference : Difference
        The run against the control.
    not_above : sequence of str
        Languages in which the run gains on the baseline, and the control gains as much or more.
    mean_not_above : bool
        The same of the mean.
    """

    control: str
    difference: Difference
    not_above: Sequence[str]
    mean_not_above: bool


@dataclass(frozen=True)
class RunComparison:
    """All runs by one measure.

    Attributes
    ----------
    baseline : str
    questions : mapping
        Language to how many of its questions count.
    means : mapping
        Run to language to the mean over its questions; one that the run does not answer is a miss, 0.
    macro : mapping
        Run to the mean of the languages, each weighing the same.
    differences : mapping
        Run, other than the baseline, to its difference to the baseline.
    controls : mapping
        Run to what its controls say of it.
    clusters : ClusterSizes
        What was exchanged and drawn as one.
    groups : mapping
        Name to some of the languages.
    """

    baseline: str
    questions: Mapping[str, int]
    means: Mapping[str, Mapping[str, float]]
    macro: Mapping[str, float]
    differences: Mapping[str, Difference]
    controls: Mapping[str, Sequence[ControlDifference]]
    clusters: ClusterSizes
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def group_mean(self, run: str, group: str) -> float:
        """The mean of a run over a group's languages."""
        return mean_of([self.means[run][language] for language in self.groups[group]])


def compare_runs(
    values: Mapping[str, Mapping[str, float]],
    languages: Languages,
    baseline: str | None = None,
    controls: Sequence[tuple[str, str]] = (),
    groups: Mapping[str, Sequence[str]] | None = None,
    clusters: Clusters | None = None,
) -> RunComparison:
    """Compare runs by one measure.

    Two runs whose values are all 0 or 1 are tested by McNemar's exact test where each question of a language is a
    cluster of its own, others by randomisation of whole clusters; p values are Holm-corrected over the languages.

    Parameters
    ----------
    values : mapping
        Run to question to value. Questions that a run has no value of are misses; those in no language do not count.
    languages : mapping
        Language to the questions that count.
    baseline : str, optional
        A run; the first one unless given.
    controls : sequence of (str, str)
        Each a run that is a control, and the run that it is the control of.
    groups : mapping, optional
        Name to languages, for a mean of their own.
    clusters : Clusters, optional
        Questions that are not independent; unless given, those whose ids are the same without their language (see
        :func:`~pyserini_xqg.evaluation.comparison.clusters.find_clusters`).

    Raises
    ------
    UsageError
        The baseline or a control is none of the runs, or a control is a control of itself or of the baseline.
    InvalidInput
        There is no question, or one is in two languages.
    """
    baseline = next(iter(values), "") if baseline is None else baseline
    check_names(values.keys(), baseline, controls)
    _check_questions(languages)
    columns = {
        run: {language: [of_run.get(each, 0.0) for each in asked] for language, asked in languages.items()}
        for run, of_run in values.items()
    }
    means = {run: {name: sum(column) / len(column) for name, column in of.items()} for run, of in columns.items()}
    groups = groups or {}
    clusters = clusters or find_clusters(languages)
    others = [run for run in values if run != baseline]
    pairs = [*((run, baseline) for run in others), *((run, control) for control, run in controls)]
    found = differences_of(pairs, columns, languages, clusters.numbers(languages), groups)
    differences = dict(zip(others, found, strict=False))
    against_controls: dict[str, list[ControlDifference]] = {}
    for (control, run), difference in zip(controls, found[len(others) :], strict=True):
        of_run = _control(control, differences[run], differences[control], difference)
        against_controls.setdefault(run, []).append(of_run)
    return RunComparison(
        baseline,
        {language: len(asked) for language, asked in languages.items()},
        means,
        {run: mean_of(of_run.values()) for run, of_run in means.items()},
        differences,
        against_controls,
        clusters.sizes(languages),
        groups,
    )


def check_names(runs: Collection[str], baseline: str, controls: Sequence[tuple[str, str]]) -> None:
    """Whether baseline and controls are among the runs, and make sense.

    Raises
    ------
    UsageError
        See :func:`compare_runs`.
    """
    for name in (baseline, *(name for pair in controls for name in pair)):
        if name not in runs:
            raise UsageError(f"there is no run {name!r}; the runs are {', '.join(runs) or 'none'}")
    for control, run in controls:
        if control == run or baseline in (control, run):
            raise UsageError(
                f"{control} cannot be the control of {run}: control, run and baseline ({baseline}) are three runs"
            )


def unanswered(languages: Languages, answered: Collection[str]) -> dict[str, int]:
    """How many questions of each language a run has no ranking of, where there are any."""
    counts = {language: sum(each not in answered for each in asked) for language, asked in languages.items()}
    return {language: count for language, count in counts.items() if count}


def _control(control: str, gain: Difference, control_gain: Difference, difference: Difference) -> ControlDifference:
    def not_above(gained: float, control_gained: float) -> bool:
        return gained > ROUNDING and control_gained >= gained - ROUNDING

    return ControlDifference(
        control,
        difference,
        [
            language
            for language, of_run in gain.languages.items()
            if not_above(of_run.difference, control_gain.languages[language].difference)
        ],
        not_above(gain.mean, control_gain.mean),
    )


def _check_questions(languages: Languages) -> None:
    if not languages or not all(languages.values()):
        raise InvalidInput("no question to compare runs on; questions with judgements are expected in every language")
    seen: dict[str, str] = {}
    for language, asked in languages.items():
        for question in asked:
            if question in seen:
                raise InvalidInput(f"the question {question} is there twice, in {seen[question]} and in {language}")
            seen[question] = language


def groups_of(asked: Mapping[str, Iterable[str]], languages: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Each group's languages that are there.

    Parameters
    ----------
    asked : mapping
        Name to languages, by code or English name.
    languages : iterable of str

    Raises
    ------
    UsageError
        A group has none, or the name of a language.
    """
    there = list(languages)
    groups = {}
    for name, members in asked.items():
        if name in (*there, "mean"):
            raise UsageError(f"a group cannot be called {name}: that is another row of the table")
        asked_for = {row for member in members for row in in_language(language_code(member), there)}
        groups[name] = tuple(row for row in there if row in asked_for)
        if not groups[name]:
            raise UsageError(f"none of the languages of the group {name} is there; there are {', '.join(there)}")
    return groups
