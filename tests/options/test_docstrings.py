from __future__ import annotations

import pytest

from pyserini_xqg.options.docstrings import help_texts, with_default


class Base:
    """Some settings.

    Parameters
    ----------
    rate, decay : float
        Of the steps. How they fall is another matter.
    size : int or None
        Lists to look into, see :class:`some.where.Other` and ``x``; None: a sixteenth.
    """


class Derived(Base):
    """More settings.

    Parameters
    ----------
    size : int or None
        Its own text.
    """


def test_the_first_sentence_is_the_help_and_none_is_in_brackets() -> None:
    assert help_texts(Base) == {
        "rate": "Of the steps.",
        "decay": "Of the steps.",
        "size": "Lists to look into, see Other and x [a sixteenth].",
    }


def test_a_class_says_it_otherwise_than_its_base() -> None:
    assert help_texts(Derived) == {"rate": "Of the steps.", "decay": "Of the steps.", "size": "Its own text."}


@pytest.mark.parametrize(
    ("text", "default", "whole"),
    [
        ("How many.", "5", "How many [5]."),
        ("Flat, ...", "Flat", "Flat, ... [Flat]."),
        ("Of it [1].", "2", "Of it [1]."),
    ],
)
def test_a_default_is_said_at_the_end(text: str, default: str, whole: str) -> None:
    assert with_default(text, default) == whole
