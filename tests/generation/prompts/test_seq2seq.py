from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.prompts.seq2seq import PAPER_PROMPT, fill_prompt
from tests.generation.backends.test_seq2seq import generator_of


def test_the_prompt_is_that_of_the_paper() -> None:
    passage = Passage("d1", "It flows through ten countries.", "Danube")
    assert fill_prompt(PAPER_PROMPT, "te", passage) == (
        "Generate a Telugu question for this passage: Danube It flows through ten countries."
    )


def test_a_passage_without_a_title_leaves_no_double_blank() -> None:
    untitled = Passage("d1", "It flows {east}.")
    assert fill_prompt(PAPER_PROMPT, "ar", untitled) == "Generate a Arabic question for this passage: It flows {east}."
    assert fill_prompt("{title} | {passage}", "ar", untitled) == "| It flows {east}."


def test_titles_and_passages_may_hold_braces() -> None:
    assert fill_prompt("{title}: {passage}", "ar", Passage("d1", "{language}", "{title} x")) == "{title} x: {language}"


@pytest.mark.parametrize(
    "prompt, message",
    [
        ("{language}: {text}", "{text}"),
        ("{}: {passage}", "{}"),
        ("{passage!r}", "{passage}"),
        ("{passage:>10}", "{passage}"),
        ("Ask in {language}", "no {passage}"),
        ("Ask {passage} in {language", "is no template"),
    ],
)
def test_a_prompt_that_cannot_be_filled_is_refused(prompt: str, message: str, tiny_mt5: Path) -> None:
    with pytest.raises(UsageError) as error:
        generator_of(tiny_mt5, prompt=prompt)
    assert message in str(error.value)


def test_an_input_length_with_no_room_for_a_passage_is_refused(tiny_mt5: Path) -> None:
    with pytest.raises(UsageError, match="15 tokens of input have no room for a passage"):
        generator_of(tiny_mt5, input_length=15)
