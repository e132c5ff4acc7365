"""Warnings about runs and questions, and errors where nothing can be made of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Container, Iterable, Mapping, Sequence

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.comparison.comparison import unanswered
from pyserini_xqg.evaluation.comparison.differences import Languages
from pyserini_xqg.evaluation.files.xor_retrieve import GoldQuestion, Prediction
from pyserini_xqg.evaluation.measures.recall_at_tokens import officially_counted
from pyserini_xqg.evaluation.measures.xor_retrieve import names_in_gold

EXAMPLES = 3
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")

log = logging.getLogger("pyserini_xqg")


class InputWarnings:
    """Warns the user, of each thing once."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def say(self, sentence: str) -> None:
        """Give it to the log, unless it was there before."""
        if sentence not in self._said:
            self._said.add(sentence)
            log.warning("%s", sentence)

    def on_questions_of_run(
        self, name: str, answered: Collection[str], languages: Languages, known: Container[str]
    ) -> None:
        """Questions that a run does not answer, and those that nobody asked.

        Parameters
        ----------
        name : str
            Of the run.
        answered : collection of str
            The questions that it has a ranking of.
        languages : mapping
            Language to the questions that count.
        known : container of str
            These, and others that need not be spoken of.

        Raises
        ------
        InvalidInput
            It answers none that counts.
        """
        asked = [question for questions in languages.values() for question in questions]
        missing = unanswered(languages, answered)
        if sum(missing.values()) == len(asked):
            raise InvalidInput(
                f"{name}: none of its {len(answered):,} questions ({_some(answered)}) is among the {len(asked):,} that "
                f"count ({_some(asked)}); a run of the same questions is expected{numbers_hint(answered, asked)}"
            )
        if unknown := [question for question in answered if question not in known]:
            self.say(
                f"{name}: {len(unknown):,} of its {len(answered):,} questions are unknown ({_some(unknown)}); they do "
                f"not count{numbers_hint(unknown, asked)}"
            )
        if missing:
            counts = ", ".join(
                f"{language} {'all ' if count == len(languages[language]) else ''}{count:,}"
                for language, count in missing.items()
            )
            self.say(
                f"{name}: no ranking of {sum(missing.values()):,} of the {len(asked):,} questions ({counts}); they "
                "count as misses"
            )

    def on_passages_of_run(
        self, name: str, run: Mapping[str, Sequence[str]], qrels: Mapping[str, Mapping[str, int]]
    ) -> None:
        """A run whose passages nobody judged: its ids may be those of another corpus."""
        known = {passage: None for passages in qrels.values() for passage in passages}
        found = {passage: None for ranked in run.values() for passage in ranked}
        if known.keys().isdisjoint(found):
            self.say(
                f"{name}: none of its passages ({_some(found)}) is in the qrels ({_some(known)}); are the ids those of "
                "another corpus?"
            )

    def on_ties(self, name: str, tied: Mapping[str, Collection[str]], qrels: Mapping[str, Mapping[str, int]]) -> None:
        """Judged passages whose scores other passages have too: their order is that of the lines.

        Parameters
        ----------
        name : str
            Of the run.
        tied : mapping
            See :class:`~pyserini_xqg.evaluation.files.trec.RankedRun`.
        qrels : mapping
        """
        if at_judged := [
            question for question, passages in tied.items() if not qrels.get(question, {}).keys().isdisjoint(passages)
        ]:
            self.say(
                f"{name}: in {len(at_judged):,} of the {len(qrels):,} judged questions ({_some(at_judged)}) a judged "
                "passage has the score of another one; their order is that of the run's lines, where trec_eval sorts "
                "them by id and can give other figures"
            )

    def on_judgements(self, languages: Languages | None, source: str, qrels: Mapping[str, Mapping[str, int]]) -> None:
        """Questions without judgements, and judgements of questions without a language.

        Parameters
        ----------
        languages : mapping or None
        source : str
            What says the languages.
        qrels : mapping
        """
        if languages is None:
            return
        asked = {question for questions in languages.values() for question in questions}
        if not_judged := [
            question for questions in languages.values() for question in questions if question not in qrels
        ]:
            self.say(
                f"{len(not_judged):,} of the {len(asked):,} questions of {source} are not judged in the qrels "
                f"({_some(not_judged)}); they do not count{numbers_hint(qrels, not_judged)}"
            )
        if not_asked := [question for question in qrels if question not in asked]:
            self.say(
                f"{len(not_asked):,} of the {len(qrels):,} questions of the qrels are not in {source} "
                f"({_some(not_asked)}); they do not count"
            )

    def on_gold(self, gold: Mapping[str, GoldQuestion]) -> None:
        """Gold questions with answers that say nothing."""
        answers = {identifier: officially_counted(question.answers) for identifier, question in gold.items()}
        if uncounted := [identifier for identifier, counted in answers.items() if not counted]:
            self.say(
                f"{len(uncounted):,} of the {len(gold):,} gold questions have no answer but yes and no "
                f"({_some(uncounted)}); R@kt does not count them"
            )
        if empty := [identifier for identifier, counted in answers.items() if "" in counted]:
            self.say(
                f"{len(empty):,} of the {len(gold):,} gold questions have an empty answer ({_some(empty)}), which R@kt "
                "finds in any text, as the official script does; correct the file"
            )

    def on_predictions(
        self, name: str, predictions: Sequence[Prediction], languages: Languages, gold: Mapping[str, GoldQuestion]
    ) -> None:
        """Where the official figures are not means over the gold questions."""
        counted = {question for questions in languages.values() for question in questions}
        found = [each.id for each in predictions if each.id in counted]
        if missing := len(counted.difference(found)):
            self.say(
                f"{name}: the official script passes over the {missing:,} questions without a prediction, and so do "
                f"the figures of {name}; differences and tests count them as misses"
            )
        if twice := len(found) - len(set(found)):
            self.say(
                f"{name}: {twice:,} predictions are of a question that was there before; the official script, and so "
                "the figures, count them all, differences and tests the first"
            )
        ours = {each.id: each.language for each in gold.values() if each.id in counted}
        names = names_in_gold((each.language for each in predictions if each.id in ours), ours.values())
        others = [each.id for each in predictions if each.id in ours and names[each.language] != ours[each.id]]
        if others:
            self.say(
                f"{name}: {len(others):,} predictions name another language than the gold file ({_some(others)}); the "
                "official script, and so the figures, go by theirs, differences and tests by the gold file's"
            )


def numbers_hint(found: Iterable[str], expected: Iterable[str]) -> str:
    """What is to be said where ids differ because Pyserini reads topics as numbers; nothing where they do not."""
    there = set(found)
    for identifier in expected:
        number = str(int(identifier)) if WHOLE_NUMBER.fullmatch(identifier) else identifier
        if number != identifier and number in there:
            return (
                f". Pyserini turns ids that are whole numbers into such, {identifier} into {number}: write them so in "
                "topics, qrels and gold"
            )
    return ""


def _some(names: Iterable[str]) -> str:
    """The first few; all of them if they are few."""
    first: list[str] = []
    for name in names:
        if len(first) == EXAMPLES:
            return f"{', '.join(first)}, ..."
        first.append(name)
    return ", ".join(first)
