"""Passages for which a server has no usable answer: told once, and too many of them end the run."""

from __future__ import annotations

import logging
from collections.abc import Callable

from pyserini_xqg.errors import XqgError

# So many different passages, and no answer for any other, are no longer a matter of the passages.
ENOUGH = 4
THINKING = (
    "Models that think before they answer use up the room for that: raise --output-length (a request has {tokens:,} "
    "tokens), turn their thinking off, or take another model"
)

log = logging.getLogger("pyserini_xqg")


class Unanswered:
    """Keeps count.

    Parameters
    ----------
    server : str
        Its url, for messages.
    """

    def __init__(self, server: str):
        self._server = server
        self._any_answered = self._told = False
        self._textless: set[str] = set()
        self._refused: set[str] = set()
        self._error: Callable[[], XqgError] | None = None

    def answered(self) -> None:
        """A passage was answered."""
        self._any_answered = True
        self._refused.clear()

    def textless(self, passage: str, said: str, tokens: int) -> None:
        """An answer for a passage has no question in it.

        Raises
        ------
        XqgError
            Nor has any other.
        """
        self._textless.add(passage)
        if not self._any_answered and len(self._textless) >= ENOUGH:
            raise XqgError(
                f"{self._server}: it was asked about {len(self._textless)} passages, and no answer has a question in "
                f"it ({said}). {THINKING.format(tokens=tokens)}. Choose another output then, or remove what "
                "was begun"
            )

    def refused(self, passage: str, error: Callable[[], XqgError]) -> None:
        """The request for a passage was refused.

        Parameters
        ----------
        passage : str
            Its id.
        error : callable
            Makes what is raised where the others are refused as well.

        Raises
        ------
        XqgError
            They are.
        """
        self._refused.add(passage)
        self._error = error
        if len(self._refused) >= ENOUGH:
            raise error()

    def check(self) -> None:
        """Look back, when all passages were asked about.

        Raises
        ------
        XqgError
            What was not refused had no answer either.
        """
        if self._error is not None and not self._any_answered:
            raise self._error()

    def left_out(self, passage: str, said: str, tokens: int | None = None) -> None:
        """A passage gets no queries; `tokens`: how many the answer could have, where it had no text."""
        if not self._told:
            self._told = True
            log.warning(
                "%s has no usable answer for passage %s (%s); such passages get no queries, are counted as short of "
                "them, and no more is said of them%s",
                self._server,
                passage,
                said,
                "" if tokens is None else f". {THINKING.format(tokens=tokens)}",
            )
