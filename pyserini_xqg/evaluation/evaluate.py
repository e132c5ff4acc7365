"""Evaluation of runs and predictions by the files that judge them, with warnings about what is odd in these."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ir_measures import Measure

from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.evaluation.comparison.clusters import Clusters, find_clusters
from pyserini_xqg.evaluation.comparison.comparison import check_names, compare_runs, groups_of
from pyserini_xqg.evaluation.comparison.differences import Languages
from pyserini_xqg.evaluation.comparison.input_warnings import InputWarnings, numbers_hint
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.files.texts import read_texts
from pyserini_xqg.evaluation.files.trec import RankedRun, read_qrels, read_ranked_run
from pyserini_xqg.evaluation.files.xor_retrieve import (
    GoldQuestion,
    predictions_of_run,
    read_gold,
    read_predictions,
    write_predictions,
)
from pyserini_xqg.evaluation.measures.scores import RunScores, parse_measures, score_predictions, score_run
from pyserini_xqg.evaluation.measures.tokens_measure import TokensMeasure
from pyserini_xqg.evaluation.questions import judged, languages_of_gold, languages_of_topics
from pyserini_xqg.evaluation.run_files import RunFiles

RANKED = ("Success@1", "RR@10")
TOKENS = ("R@2kt", "R@5kt")

Run = Mapping[str, Sequence[str]]
Qrels = Mapping[str, Mapping[str, int]]


def evaluate_files(files: RunFiles) -> list[MeasureReport]:
    """Score and compare runs; one report a measure. Warnings go to the log.

    Raises
    ------
    UsageError
        Something is missing, or contradicts something else.
    MissingInput, InvalidInput
        A file cannot be read, or is not what it should be.
    """
    names = [*files.runs, *files.predictions]
    if not names:
        raise UsageError("there is no run; name one or more as NAME=FILE")
    check_names(names, files.baseline or names[0], files.controls)
    measures = parse_measures(files.measures or _defaults(files))
    of_tokens = [measure for measure in measures if isinstance(measure, TokensMeasure)]
    of_ranks = [measure for measure in measures if not isinstance(measure, TokensMeasure)]
    _check(files, of_ranks, of_tokens)
    read = {name: read_ranked_run(file) for name, file in files.runs.items()}
    runs = {name: run.ranked for name, run in read.items()}
    gold = read_gold(files.gold) if files.gold else {}
    qrels = read_qrels(files.qrels) if files.qrels else {}
    warnings = InputWarnings()
    reports = _by_ranks(files, read, gold, qrels, of_ranks, warnings) if of_ranks else {}
    if of_tokens or files.exports:
        reports |= _by_tokens(files, runs, gold, qrels, of_tokens, warnings)
    return [reports[str(measure)] for measure in measures]


def _by_ranks(
    files: RunFiles,
    read: Mapping[str, RankedRun],
    gold: Mapping[str, GoldQuestion],
    qrels: Qrels,
    measures: Collection[Measure],
    warnings: InputWarnings,
) -> dict[str, MeasureReport]:
    all_questions, source = _languages(files, gold)
    warnings.on_judgements(all_questions, source, qrels)
    languages = judged(all_questions, qrels)
    if not languages:
        asked = [question for questions in (all_questions or {}).values() for question in questions]
        raise InvalidInput(
            f"{files.qrels}: none of the questions of {source} is judged; qrels of these are expected"
            f"{numbers_hint(qrels, asked)}"
        )
    known = {*qrels, *(question for asked in (all_questions or {}).values() for question in asked)}
    runs = {name: run.ranked for name, run in read.items()}
    for name, run in runs.items():
        warnings.on_questions_of_run(name, run.keys(), languages, known)
        warnings.on_passages_of_run(name, run, qrels)
        warnings.on_ties(
            name, read[name].tied, {question: qrels[question] for of in languages.values() for question in of}
        )
    clusters = find_clusters(languages, qrels, files.cluster)
    scores = {name: score_run(run, qrels, measures) for name, run in runs.items()}
    return _reports(files, measures, scores, languages, clusters)


def _by_tokens(
    files: RunFiles,
    runs: Mapping[str, Run],
    gold: Mapping[str, GoldQuestion],
    qrels: Qrels,
    measures: Sequence[TokensMeasure],
    warnings: InputWarnings,
) -> dict[str, MeasureReport]:
    assert files.gold is not None
    warnings.on_gold(gold)
    languages = languages_of_gold(gold)
    if not languages:
        raise InvalidInput(f"{files.gold}: no question has an answer but yes and no; R@kt counts none of them")
    predictions = {name: read_predictions(file) for name, file in files.predictions.items()}
    for name, answered in {
        **runs,
        **{name: [each.id for each in given] for name, given in predictions.items()},
    }.items():
        warnings.on_questions_of_run(name, dict.fromkeys(answered), languages, gold)
    if runs and files.corpus is not None:
        known = {name: {q: ranked for q, ranked in run.items() if q in gold} for name, run in runs.items()}
        passages = {name: [p for ranked in run.values() for p in ranked] for name, run in known.items()}
        texts = read_texts(files.corpus, passages)
        predictions = {name: [*predictions_of_run(run, texts, gold)] for name, run in known.items()} | predictions
    for name, given in predictions.items():
        warnings.on_predictions(name, given, languages, gold)
    scores = {name: score_predictions(gold, given, measures) for name, given in predictions.items() if measures}
    reports = _reports(files, measures, scores, languages, find_clusters(languages, qrels, files.cluster))
    for name, file in files.exports.items():
        write_predictions(predictions[name], file)
    return reports


def _reports(
    files: RunFiles,
    measures: Iterable[Measure],
    scores: Mapping[str, RunScores],
    languages: Languages,
    clusters: Clusters,
) -> dict[str, MeasureReport]:
    reports = {}
    for measure in map(str, measures):
        values = {name: of_run.values[measure] for name, of_run in scores.items()}
        official = {name: of_run.official[measure] for name, of_run in scores.items() if measure in of_run.official}
        groups = groups_of(files.groups, languages)
        comparison = compare_runs(values, languages, files.baseline, files.controls, groups, clusters)
        reports[measure] = MeasureReport.of(measure, comparison, official)
    return reports


def _languages(files: RunFiles, gold: Mapping[str, GoldQuestion]) -> tuple[dict[str, list[str]] | None, str]:
    """The questions of each language, judged or not, and what says so."""
    if files.topics:
        return languages_of_topics(files.topics), "the topics"
    if not gold:
        return None, "the qrels"
    languages: dict[str, list[str]] = {}
    for identifier, question in gold.items():
        languages.setdefault(question.language, []).append(identifier)
    return languages, "the gold file"


def _defaults(files: RunFiles) -> list[str]:
    has_texts = files.gold and (files.corpus or not files.runs)
    return [*(RANKED if files.qrels else ()), *(TOKENS if has_texts else ())]


def _check(files: RunFiles, of_ranks: Sequence[Measure], of_tokens: Sequence[Measure]) -> None:
    """What has to be given together."""
    if not (files.qrels or files.gold):
        raise UsageError("nothing to score by; qrels, or a gold file of XOR-Retrieve, are needed")
    if of_ranks and files.qrels is None:
        raise UsageError(f"{of_ranks[0]} needs qrels")
    if of_ranks and files.predictions:
        raise UsageError(
            f"{of_ranks[0]} needs the ids of passages, which predictions ({next(iter(files.predictions))}) have not; "
            "give the run, or measures such as R@2kt only"
        )
    if of_tokens and files.gold is None:
        raise UsageError(f"{of_tokens[0]} needs the answers: a gold file of XOR-Retrieve")
    if (of_tokens or files.exports or not of_ranks) and files.runs and files.corpus is None:
        raise UsageError("a run has ids of passages only; R@kt and predictions need their texts: the corpus")
    if files.topics and files.gold:
        raise UsageError("the gold file says the language of each question; leave out the topics")
    if files.qrels and not of_ranks:
        raise UsageError(f"the qrels are not needed for {', '.join(map(str, of_tokens))}; leave them out")
    if files.topics and not of_ranks:
        raise UsageError("topics say the languages of questions in qrels, which are not given")
    for name in files.exports:
        if name not in files.runs or files.gold is None:
            raise UsageError(f"predictions can be written of a run and with a gold file; {name!r} lacks one of them")
