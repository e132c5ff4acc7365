from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import ir_measures
import pytest
from ir_measures import RR, Qrel, R, ScoredDoc, Success

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.files.texts import read_texts
from pyserini_xqg.evaluation.files.trec import read_run
from pyserini_xqg.evaluation.files.xor_retrieve import GoldQuestion, predictions_of_run
from pyserini_xqg.evaluation.measures.tokens_measure import RTokens, RWords, TokensProvider, passages_and_answers
from pyserini_xqg.evaluation.measures.xor_retrieve import evaluate
from tests.conftest import write_lines

TEXTS = {"paris": "Paris is large", "london": "London is small", "date": "on May 5, 1945", "far": "x " * 2500}
ANSWERS = {"q1": ["Paris"], "q2": ["London"], "q3": ["yes"], "q4": ["May 5, 1945"]}
QRELS = {"q1": {"paris": 1}, "q2": {"london": 1}, "q3": {"paris": 1}, "q4": {"date": 1}}
RUN = {
    "q1": {"paris": 2.0, "london": 1.0},
    "q2": {"far": 2.0, "london": 1.0},
    "q3": {"london": 2.0, "paris": 1.0},
    "q4": {"date": 2.0},
}
R2KT, R5KT = RTokens @ 2000, RTokens @ 5000


@pytest.fixture
def context() -> Iterator[None]:
    with passages_and_answers(TEXTS, ANSWERS):
        yield


@pytest.mark.parametrize(
    ("name", "measure", "printed"),
    [
        ("R@2kt", RTokens(tokens=2000), "R@2kt"),
        ("R@5kt", RTokens(tokens=5000), "R@5kt"),
        (" R @ 100kt ", RTokens(tokens=100_000), "R@100kt"),
        ("R@0.5kt", RTokens(tokens=500), "R@0.5kt"),
        ("R@2.0kt", RTokens(tokens=2000), "R@2kt"),
        ("R@1234.567kt", RTokens(tokens=1_234_567), "R@1234.567kt"),
        ("RTokens@2000", RTokens(tokens=2000), "R@2kt"),
        ("RTokens(tokens=2000)", RTokens(tokens=2000), "R@2kt"),
        ("RWords@2kt", RWords(tokens=2000), "RWords@2kt"),
        ("RWords@2000", RWords(tokens=2000), "RWords@2kt"),
        ("RTokens", RTokens, "RTokens"),
        # All that ir_measures knew stays.
        ("R@100", R @ 100, "R@100"),
        ("R(rel=2)@100", R(rel=2) @ 100, "R(rel=2)@100"),
        ("Recall@2", R @ 2, "R@2"),
        ("RR@10", RR @ 10, "RR@10"),
        (R @ 7, R @ 7, "R@7"),
    ],
)
def test_names_are_parsed_and_printed(name: str, measure: ir_measures.Measure, printed: str) -> None:
    for parse in (ir_measures.parse_measure, ir_measures.util.parse_measure):
        found = parse(name)
        assert type(found) is type(measure)
        assert found.params == measure.params
        assert str(found) == printed
        assert parse(printed) == found


def test_measures_that_differ_are_not_equal() -> None:
    measures = [R2KT, R5KT, RTokens, RWords @ 2000, RWords, R, R @ 2, R @ 2000, RTokens @ 2001]
    assert len({*measures}) == len(measures)


@pytest.mark.parametrize("name", ["R@kt", "R@2KT", "R@-2kt", "P@2kt", "R(rel=1)@2kt", "R@2kt + 1", "R@2 kt", "2kt"])
def test_other_names_are_as_wrong_as_before(name: str) -> None:
    with pytest.raises(ValueError, match="problem parsing measure"):
        ir_measures.parse_measure(name)


@pytest.mark.parametrize("name", ["R@0kt", "R@0.0001kt", "R@2.0005kt"])
def test_a_number_of_tokens_is_whole(name: str) -> None:
    with pytest.raises(ValueError, match="no whole number of tokens"):
        ir_measures.parse_measure(name)


def test_an_unknown_name_is_as_unknown_as_before() -> None:
    with pytest.raises(NameError, match="measure not found: Nothing"):
        ir_measures.parse_measure("Nothing@2")


# q1: the first token. q2: after 2,500 tokens. q3 has only "yes" and does not count. q4: "May 5 , 1945".
def test_values_by_hand(context: None) -> None:
    aggregate, values = ir_measures.calc([R2KT, R5KT, RWords @ 2000], QRELS, RUN)
    assert {(value.query_id, str(value.measure)): value.value for value in values} == {
        ("q1", "R@2kt"): 1,
        ("q1", "R@5kt"): 1,
        ("q1", "RWords@2kt"): 1,
        ("q2", "R@2kt"): 0,
        ("q2", "R@5kt"): 1,
        ("q2", "RWords@2kt"): 0,
        ("q4", "R@2kt"): 0,
        ("q4", "R@5kt"): 0,
        ("q4", "RWords@2kt"): 1,
    }
    assert aggregate == pytest.approx({R2KT: 1 / 3, R5KT: 2 / 3, RWords @ 2000: 2 / 3})


def test_other_measures_are_calculated_beside_it_as_without_it(context: None) -> None:
    others = [RR @ 10, Success @ 1, R @ 1]
    together = ir_measures.calc_aggregate([RR @ 10, R2KT, Success @ 1, R @ 1], QRELS, RUN)
    # The question that R@kt does not count stays in theirs and out of ours.
    assert together == pytest.approx({R2KT: 1 / 3} | ir_measures.calc_aggregate(others, QRELS, RUN))


def test_all_ways_of_ir_measures_lead_to_it(context: None) -> None:
    assert ir_measures.calc_aggregate([R2KT], QRELS, RUN)[R2KT] == pytest.approx(1 / 3)
    assert R2KT.calc_aggregate(QRELS, RUN) == pytest.approx(1 / 3)
    assert {metric.query_id for metric in R2KT.iter_calc(QRELS, RUN)} == {"q1", "q2", "q4"}
    evaluator = ir_measures.evaluator([R2KT], QRELS)
    assert evaluator.calc_aggregate({"q1": {"paris": 1.0}}) == pytest.approx({R2KT: 1 / 3})
    assert evaluator.calc_aggregate(RUN) == pytest.approx({R2KT: 1 / 3})
    tuples = [ScoredDoc(q, d, score) for q, ranked in RUN.items() for d, score in ranked.items()]
    judged = [Qrel(q, d, 1) for q, relevant in QRELS.items() for d in relevant]
    assert ir_measures.calc_aggregate([R2KT, RR], judged, iter(tuples))[R2KT] == pytest.approx(1 / 3)


def test_what_was_begun_in_the_context_ends_outside() -> None:
    with passages_and_answers(TEXTS, ANSWERS):
        metrics = ir_measures.iter_calc([R2KT], QRELS, RUN)
    assert sum(metric.value for metric in metrics) == 1


def test_a_provider_of_its_own_needs_no_context() -> None:
    provider = TokensProvider(TEXTS, ANSWERS)
    assert provider.calc_aggregate([R2KT], {question: {} for question in ANSWERS}, RUN) == pytest.approx({R2KT: 1 / 3})
    with pytest.raises(ValueError, match="unsupported measure RR"):
        provider.calc_aggregate([RR], QRELS, RUN)


@pytest.mark.parametrize("nested", [False, True])
def test_without_texts_and_answers_ir_measures_says_what_is_missing(nested: bool) -> None:
    if nested:
        with passages_and_answers({}, {}), passages_and_answers(TEXTS, ANSWERS):
            pass
    with pytest.raises(
        ValueError, match=r"Unsupported measures \{R@2kt\}.*\n.*with .*passages_and_answers\(texts, ans"
    ):
        ir_measures.calc_aggregate([R2KT], QRELS, RUN)


def test_a_context_ends_with_an_error_too() -> None:
    with pytest.raises(InvalidInput, match="no text of the passage 'paris'"), passages_and_answers({}, ANSWERS):
        ir_measures.calc_aggregate([R2KT], QRELS, RUN)
    with pytest.raises(ValueError, match="Unsupported measures"):
        ir_measures.calc_aggregate([R2KT], QRELS, RUN)


def test_inner_texts_and_answers_count_and_outer_ones_come_back(context: None) -> None:
    with passages_and_answers(TEXTS, {"q1": ["London"]}):
        assert R2KT.calc_aggregate(QRELS, {"q1": {"paris": 1.0}}) == 0
    assert R2KT.calc_aggregate({"q1": {}}, {"q1": {"paris": 1.0}}) == 1


def test_questions_without_known_answers_do_not_count_and_those_without_a_ranking_are_misses(context: None) -> None:
    qrels: dict[str, dict[str, int]] = {"q1": {}, "q2": {}, "q3": {}, "other": {}}
    metrics = list(ir_measures.iter_calc([R2KT], qrels, {"q1": {"paris": 1.0}, "other": {"paris": 1.0}}))
    assert {metric.query_id: metric.value for metric in metrics} == {"q1": 1, "q2": 0}


def test_texts_that_the_threshold_does_not_reach_are_not_asked_for() -> None:
    provider = TokensProvider({"far": TEXTS["far"]}, ANSWERS)
    assert provider.calc_aggregate([R2KT], {"q1": {}}, {"q1": {"far": 2.0, "nowhere": 1.0}}) == {R2KT: 0}


# One token is looked at: that of the first passage.
def test_passages_go_by_score_and_ties_by_the_order_of_the_run() -> None:
    provider = TokensProvider({"a": "A", "b": "B", "c": "C"}, {"q": ["B"]})
    first = RTokens @ 1
    assert provider.calc_aggregate([first], {"q": {}}, {"q": {"a": 1.0, "b": 2.0}}) == {first: 1}
    assert provider.calc_aggregate([first], {"q": {}}, {"q": {"b": 1.0, "a": 1.0, "c": 1.0}}) == {first: 1}
    assert provider.calc_aggregate([first], {"q": {}}, {"q": {"c": 1.0, "b": 1.0, "a": 1.0}}) == {first: 0}


def test_a_measure_without_a_number_is_refused_as_recall_is(context: None) -> None:
    for measure in (R, RTokens):
        with pytest.raises(AssertionError, match="invalid param"):
            ir_measures.calc_aggregate([measure], QRELS, RUN)
    with pytest.raises(AssertionError, match="invalid param"):
        TokensProvider(TEXTS, ANSWERS).calc_aggregate([RTokens], QRELS, RUN)


def test_on_a_run_of_one_language_it_is_the_official_figure(tmp_path: Path) -> None:
    run_file = tmp_path / "run.txt"
    lines = ["q1 Q0 london 1 0.5 t", "q1 Q0 paris 2 0.5 t", "q2 Q0 paris 1 0.5 t", "q3 Q0 paris 1 0.5 t"]
    run_file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    corpus = write_lines(tmp_path / "corpus.jsonl", [{"id": key, "text": text} for key, text in TEXTS.items()])
    run = read_run(run_file)
    texts = read_texts(corpus, run)
    gold = {key: GoldQuestion(key, "?", tuple(answers), "fi") for key, answers in ANSWERS.items() if key in run}
    # London is small Paris: a cut at three tokens leaves Paris out.
    for tokens, expected in ((3, 0), (4, 50)):
        official = evaluate(gold, predictions_of_run(run, texts, gold), [tokens])
        with passages_and_answers(texts, ANSWERS):
            read = ir_measures.read_trec_run(str(run_file))
            value = ir_measures.calc_aggregate([RTokens @ tokens], {question: {} for question in run}, read)[
                RTokens @ tokens
            ]
        assert official.mean_recall(tokens) == 100 * value == expected
