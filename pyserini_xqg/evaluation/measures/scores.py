"""Scores of a run on each question, by any measure of ir_measures and by R@kt."""

# ir_measures says that it is typed, and half of it is.
# mypy: allow-untyped-calls

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import ir_measures

from pyserini_xqg.errors import UsageError, XqgError
from pyserini_xqg.evaluation.files.xor_retrieve import GoldQuestion, Prediction

# Replaces ir_measures.parse_measure by one that knows R@kt.
from pyserini_xqg.evaluation.measures.tokens_measure import TokensMeasure
from pyserini_xqg.evaluation.measures.xor_retrieve import Evaluation, evaluate, names_in_gold

BETWEEN_MEASURES = re.compile(r",(?![^()]*\))")


@dataclass(frozen=True)
class OfficialFigure:
    """R@kt as XOR-Retrieve's script gives it, but from 0 to 1: per language (as the predictions name it), and mean."""

    languages: Mapping[str, float]
    mean: float

    def named_as(self, gold: Iterable[str]) -> OfficialFigure:
        """The same with the gold file's names of its languages, where it has them."""
        names = names_in_gold(self.languages, gold)
        return OfficialFigure({names[language]: value for language, value in self.languages.items()}, self.mean)


@dataclass(frozen=True)
class RunScores:
    """What a run reached.

    Attributes
    ----------
    questions : collection of str
        Those that it has a ranking of.
    values : mapping
        Measure (its name as ir_measures writes it) to question to value.
    official : mapping
        R@kt measure to figure. Of a question predicted twice the first is in `values`, both are in this.
    """

    questions: Collection[str]
    values: Mapping[str, Mapping[str, float]]
    official: Mapping[str, OfficialFigure] = field(default_factory=dict)


def parse_measures(names: Iterable[str]) -> list[ir_measures.Measure]:
    """The measures of one or more lists separated by commas, each once.

    Raises
    ------
    UsageError
        A name is none that ir_measures or this package knows, or it lacks its parameter.
    """
    measures: dict[ir_measures.Measure, None] = {}
    for name in (part.strip() for given in names for part in BETWEEN_MEASURES.split(given)):
        try:
            measure = ir_measures.parse_measure(name)
            measure.validate_params()
        except (ValueError, NameError, AssertionError, KeyError, TypeError, AttributeError) as error:
            problem = "its number after @ is missing or wrong" if isinstance(error, AssertionError) else error
            raise UsageError(
                f"{name!r} is no measure ({problem}); names such as RR@10, nDCG@10, Success@1, R@2kt are expected"
            ) from error
        measures.setdefault(measure)
    return list(measures)


def score_run(
    run: Mapping[str, Sequence[str]],
    qrels: Mapping[str, Mapping[str, int]],
    measures: Collection[ir_measures.Measure],
) -> RunScores:
    """Score a run by its passages' ids.

    The order of the passages is the run's, scores that tie included, where trec_eval would sort those by id.

    Parameters
    ----------
    run : mapping
        Question id to passage ids, best first (see :func:`pyserini_xqg.evaluation.read_run`).
    qrels : mapping
        Question id to passage id to relevance.
    measures : collection
        Of ir_measures. (R@kt too, within :func:`pyserini_xqg.evaluation.passages_and_answers`.)

    Raises
    ------
    UsageError
        Nothing that is installed calculates one of the measures.
    XqgError
        What calculates it failed.
    """
    values: dict[str, dict[str, float]] = {str(measure): {} for measure in measures}
    scored = {question: {p: -float(rank) for rank, p in enumerate(ranked)} for question, ranked in run.items()}
    # gdeval, which calculates ERR and one of the forms of nDCG, reads no names of questions but numbers.
    number = {name: str(place) for place, name in enumerate(dict.fromkeys([*qrels, *run]))}
    name_of = {place: name for name, place in number.items()}
    numbered = [{number[question]: of[question] for question in of} for of in (qrels, scored)]
    for measure in measures:
        # R@kt knows the answers by the questions' names.
        by_name = isinstance(measure, TokensMeasure)
        judged, ranked = (qrels, scored) if by_name else numbered
        try:
            for metric in ir_measures.iter_calc([measure], judged, ranked):
                question = metric.query_id if by_name else name_of[metric.query_id]
                values[str(measure)][question] = metric.value
        except ValueError as error:
            raise UsageError(f"{measure}: {' '.join(str(error).split())}") from error
        except (subprocess.CalledProcessError, OSError, RuntimeError) as error:
            raise XqgError(f"{measure} cannot be calculated here ({error})") from error
    return RunScores(run.keys(), values)


def score_predictions(
    gold: Mapping[str, GoldQuestion], predictions: Iterable[Prediction], measures: Iterable[TokensMeasure]
) -> RunScores:
    """Score texts by R@kt, as XOR-Retrieve's script.

    Parameters
    ----------
    gold : mapping
        The gold questions by id.
    predictions : iterable of Prediction
    measures : iterable
        R@kt and RWords@kt.

    Raises
    ------
    InvalidInput
        No prediction counts.
    """
    given = list(predictions)
    values: dict[str, dict[str, float]] = {}
    official = {}
    by_kind: dict[type[TokensMeasure], list[TokensMeasure]] = {}
    for measure in measures:
        by_kind.setdefault(type(measure), []).append(measure)
    for kind, of_kind in by_kind.items():
        found = evaluate(gold, given, [measure["tokens"] for measure in of_kind], kind.MATCHER)
        for measure in of_kind:
            values[str(measure)] = {}
            for outcome in found.outcomes:
                values[str(measure)].setdefault(outcome.id, float(outcome.hits[measure["tokens"]]))
            official[str(measure)] = _official(found, measure["tokens"])
    return RunScores({prediction.id for prediction in given}, values, official)


def _official(evaluation: Evaluation, tokens: int) -> OfficialFigure:
    recall = {language: value / 100 for language, value in evaluation.recall(tokens).items()}
    return OfficialFigure(recall, evaluation.mean_recall(tokens) / 100)
