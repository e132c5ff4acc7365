"""R@kt as a measure of ir_measures: ``ir_measures.parse_measure("R@2kt")`` works once this module is imported.

::

    import ir_measures
    from pyserini_xqg.evaluation.measures.tokens_measure import RTokens, passages_and_answers

    with passages_and_answers(texts, answers):
        ir_measures.calc_aggregate([RTokens @ 2000, ir_measures.RR @ 10], qrels, run)

Texts and answers come in beside qrels and run, which have no room for them, by that ``with``; or a provider holds them,
``TokensProvider(texts, answers).calc_aggregate(...)``, which knows these measures only.

ir_measures reads names of measures as Python expressions, in which ``2kt`` is no number. Its `parse_measure` is
therefore replaced by one that reads ``NAME@<k>kt`` for our two measures and gives everything else to the original. Code
that took hold of the original before (``from ir_measures import parse_measure``) keeps it, and can say
``RTokens@2000``, which is the same measure and needs no such thing.

Where ir_measures and XOR-Retrieve differ, ir_measures has its way here:
:func:`pyserini_xqg.evaluation.measures.xor_retrieve.evaluate` gives the official figures.

* Values are 0 or 1, not per cent, and the aggregate is the mean over questions, whatever their language.
* Questions are those of the qrels (``{question: {} for question in answers}`` where there are none); what is judged
  relevant does not matter. One without a ranking is a miss. One whose answers are unknown, or only "yes" and "no", is
  not counted.
* Passages go by falling score; those that tie keep the order of the run.
"""

# ir_measures says that it is typed, and half of it is.
# mypy: allow-untyped-calls

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from typing import Any, ClassVar

import ir_measures
from ir_measures import Metric, ParamInfo
from ir_measures.providers.base import Any as AnyValue
from ir_measures.util import QrelsConverter, RunConverter

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.measures.recall_at_tokens import Matcher, Substring, Words, hits, officially_counted

IN_THOUSANDS = re.compile(r"\s*(\w+)\s*@\s*(\d+(?:\.\d+)?)kt\s*")


class TokensMeasure(ir_measures.Measure):
    """Whether an answer is in the first tokens of the ranking; written ``R@2kt`` for 2,000 tokens."""

    __name__ = "R"
    NAME = "RTokens"
    PRETTY_NAME = "Recall at k thousand tokens"
    SHORT_DESC = "Whether an answer stands in the first k thousand tokens of the ranked passages."
    AT_PARAM = "tokens"
    SUPPORTED_PARAMS = {  # noqa: RUF012 - as ir_measures has it
        "tokens": ParamInfo(dtype=int, required=True, desc="how many tokens are looked at")
    }
    MATCHER: ClassVar[type[Matcher]] = Substring

    def __repr__(self) -> str:
        tokens = self.params.get("tokens")
        # Measures are equal where this is, so without a number it must not be "R".
        number = f"{(Decimal(tokens) / 1000).normalize():f}kt" if isinstance(tokens, int) else tokens
        return self.NAME if tokens is None else f"{self.__name__}@{number}"


class WordsMeasure(TokensMeasure):
    """The same with answers compared word by word, any case; written ``RWords@2kt``. Not the official measure."""

    __name__ = "RWords"
    NAME = "RWords"
    PRETTY_NAME = "Recall at k thousand tokens, by words"
    SHORT_DESC = "Whether an answer's words stand, in any case, in the first k thousand tokens of the ranked passages."
    MATCHER: ClassVar[type[Matcher]] = Words


RTokens = TokensMeasure()
RWords = WordsMeasure()


class TokensProvider(ir_measures.Provider):
    """Calculates R@kt.

    Parameters
    ----------
    texts : mapping
        Passage id to text. Only passages that the thresholds reach are asked for.
    answers : mapping
        Question id to answers.
    """

    NAME = "recall_at_tokens"
    SUPPORTED_MEASURES = [  # noqa: RUF012 - as ir_measures has it
        TokensMeasure(tokens=AnyValue(required=True)),
        WordsMeasure(tokens=AnyValue(required=True)),
    ]

    def __init__(self, texts: Mapping[str, str], answers: Mapping[str, Iterable[str]]):
        super().__init__()
        self._texts = texts
        self._answers = answers

    def _evaluator(self, measures: Iterable[ir_measures.Measure], qrels: Any) -> ir_measures.Evaluator:
        asked = []
        for measure in measures:
            if not isinstance(measure, TokensMeasure):
                raise ValueError(f"unsupported measure {measure}")
            measure.validate_params()
            asked.append(measure)
        questions = QrelsConverter(qrels).as_dict_of_dict()
        counted = {question: officially_counted(self._answers.get(question, ())) for question in questions}
        answers = {question: found for question, found in counted.items() if found}
        return TokensEvaluator(asked, self._texts, answers)


class TokensEvaluator(ir_measures.Evaluator):
    """What :class:`TokensProvider` gives; `answers` are those that count of the questions that count."""

    def __init__(self, measures: list[TokensMeasure], texts: Mapping[str, str], answers: Mapping[str, Iterable[str]]):
        super().__init__(measures, list(answers))
        self._by_kind: dict[type[TokensMeasure], list[TokensMeasure]] = {}
        for measure in measures:
            self._by_kind.setdefault(type(measure), []).append(measure)
        self._texts = texts
        self._answers = answers

    def _iter_calc(self, run: Any) -> Iterator[Metric]:
        for question, ranked in RunConverter(run).as_sorteddict().items():
            if question not in self._answers:
                continue
            for kind, measures in self._by_kind.items():
                passages = (self._text(scored.doc_id) for scored in ranked)
                thresholds = [measure["tokens"] for measure in measures]
                found = hits(passages, self._answers[question], thresholds, kind.MATCHER)
                for measure, threshold in zip(measures, thresholds, strict=True):
                    yield Metric(query_id=question, measure=measure, value=float(found[threshold]))

    def _text(self, passage: str) -> str:
        try:
            return self._texts[passage]
        except KeyError:
            raise InvalidInput(
                f"no text of the passage {passage!r}, which the run names; the texts of its corpus are expected"
            ) from None


class _ProviderInContext(TokensProvider):
    """Stands among ir_measures' own providers, and is available inside :func:`passages_and_answers`."""

    _current: ContextVar[TokensProvider | None] = ContextVar("_current", default=None)

    def __init__(self) -> None:
        super().__init__({}, {})

    def is_available(self) -> bool:
        return self._current.get() is not None

    def install_instructions(self) -> str:
        return "with pyserini_xqg.evaluation.measures.tokens_measure.passages_and_answers(texts, answers): ..."

    def _evaluator(self, measures: Iterable[ir_measures.Measure], qrels: Any) -> ir_measures.Evaluator:
        provider = self._current.get()
        assert provider is not None
        return provider._evaluator(measures, qrels)


@contextmanager
def passages_and_answers(texts: Mapping[str, str], answers: Mapping[str, Iterable[str]]) -> Iterator[None]:
    """Within it ``ir_measures.calc_aggregate``, ``iter_calc`` and the others know R@kt, beside all they knew before.

    Parameters
    ----------
    texts, answers : mapping
        See :class:`TokensProvider`.
    """
    token = _ProviderInContext._current.set(TokensProvider(texts, answers))
    try:
        yield
    finally:
        _ProviderInContext._current.reset(token)


def _parse_measure(measure: str) -> ir_measures.Measure:
    """As ir_measures.parse_measure, and ``R@<k>kt`` and ``RWords@<k>kt``."""
    found = IN_THOUSANDS.fullmatch(measure) if isinstance(measure, str) else None
    ours = {kind.__name__: kind for kind in (RTokens, RWords)}.get(found[1]) if found else None
    if found is None or ours is None:
        return _original_parse_measure(measure)
    tokens = Decimal(found[2]) * 1000
    if tokens < 1 or tokens % 1:
        raise ValueError(f"problem parsing measure {measure}; {found[2]} thousand tokens are no whole number of tokens")
    return ours @ int(tokens)


_original_parse_measure = ir_measures.parse_measure


def _install() -> None:
    ir_measures.measures.register(RTokens, name=RTokens.NAME)
    ir_measures.measures.register(RWords)
    ir_measures.providers.register(provider := _ProviderInContext())
    # First: where several providers work together, ir_measures takes the first one's questions for those of all, and
    # would give a question that does not count a zero.
    ir_measures.DefaultPipeline.providers.insert(0, provider)
    ir_measures.parse_measure = ir_measures.util.parse_measure = _parse_measure


_install()
