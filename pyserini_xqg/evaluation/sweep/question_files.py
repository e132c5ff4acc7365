"""Questions of a sweep: the files of those that are reported on, and of others that are chosen on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyserini_xqg.errors import UsageError
from pyserini_xqg.storage.files import sha256_of

PAIRS, DEV = {"metavar": "LANG=FILE"}, {"panel": "Choice"}


@dataclass(frozen=True, kw_only=True)
class QuestionFiles:
    """Where questions and judgements are.

    Parameters
    ----------
    topics : sequence of (str, Path)
        Questions of a language, Pyserini's topics; repeated.
    measures : sequence of str
        Measures of ir_measures, or R@kt; repeated or separated by commas, the first one chooses; None: Success@1,RR@10
        with --qrels, else R@2kt,R@5kt.
    qrels : Path or None
        Which passages are relevant, in TREC's format.
    gold : Path or None
        Answers of the questions, XOR-Retrieve's JSON lines, for R@kt.
    dev_topics : sequence of (str, Path)
        Other questions to choose on; repeated.
    dev_qrels : Path or None
        Which passages are relevant to them, in TREC's format.
    dev_gold : Path or None
        Their answers, for R@kt.

    Raises
    ------
    UsageError
        Other questions without judgements, or the other way round.
    """

    topics: Sequence[tuple[str, Path]] = field(metadata=PAIRS)
    measures: Sequence[str] = field(default=(), metadata={"option": "--measure", "metavar": "NAMES"})
    qrels: Path | None = None
    gold: Path | None = None
    dev_topics: Sequence[tuple[str, Path]] = field(default=(), metadata=PAIRS | DEV)
    dev_qrels: Path | None = field(default=None, metadata=DEV)
    dev_gold: Path | None = field(default=None, metadata=DEV)

    def __post_init__(self) -> None:
        if bool(self.dev_topics) != bool(self.dev_qrels or self.dev_gold):
            raise UsageError("--dev-topics goes with --dev-qrels (for R@kt --dev-gold): give both, or none")
        if not self.measures:
            object.__setattr__(self, "measures", ("Success@1", "RR@10") if self.qrels else ("R@2kt", "R@5kt"))

    def chosen_on(self) -> dict[str, str]:
        """The files of the questions that are chosen on, and of their judgements, with the SHA-256 of each.

        Raises
        ------
        MissingInput
            One cannot be read.
        """
        topics, judgements = self.topics, (self.qrels, self.gold)
        if self.dev_topics:
            topics, judgements = self.dev_topics, (self.dev_qrels, self.dev_gold)
        files = [*(file for _, file in topics), *(file for file in judgements if file is not None)]
        return {str(file): sha256_of(file) for file in files}
