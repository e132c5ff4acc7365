from __future__ import annotations

import pytest

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.generation.prompts.instructions import (
    EXAMPLE_PASSAGES,
    EXAMPLE_QUESTIONS,
    is_example,
    messages,
    passage_in_prompt,
    prompt_identity,
    worked_examples,
)

XOR_TYDI = {"ar", "bn", "fi", "ja", "ko", "ru", "te"}
XNLI = {"ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh"}


def test_the_chat_names_the_language_the_number_and_the_passage() -> None:
    (message,) = messages("The bridge is old.", "te", 7)
    assert message["role"] == "user"
    for part in ("in Telugu", "How many: 7,", "Passage: The bridge is old."):
        assert part in message["content"]
    assert "{" not in message["content"]


def test_an_own_instruction_is_filled_and_the_passage_goes_where_it_says() -> None:
    (message,) = messages("P {n} {language}", "fi", 3, "{passage} -> {n} in {language}, as {json}")
    assert message["content"] == "P {n} {language} -> 3 in Finnish, as {json}"


def test_an_own_instruction_without_a_place_for_the_passage_gets_it_at_the_end() -> None:
    (message,) = messages("The bridge.", "fi", 3, "Kysy {n}.\n")
    assert message["content"] == "Kysy 3.\n\nThe bridge."


def test_the_languages_of_both_data_sets_have_examples_of_their_own() -> None:
    assert set(EXAMPLE_QUESTIONS) == XOR_TYDI | XNLI
    assert {len({*questions}) for questions in EXAMPLE_QUESTIONS.values()} == {len(EXAMPLE_PASSAGES)}


@pytest.mark.parametrize("language", sorted(EXAMPLE_QUESTIONS))
def test_examples_are_in_the_language_asked_for(language: str) -> None:
    prompt = worked_examples("The stone is old.", language)
    places = [prompt.index(question) for question in EXAMPLE_QUESTIONS[language]]
    assert places == sorted(places)
    others = [text for code, texts in EXAMPLE_QUESTIONS.items() if code != language for text in texts]
    assert not any(text in prompt for text in others)


def test_a_language_without_examples_is_shown_that_the_language_varies() -> None:
    prompt = worked_examples("The stone is old.", "pl")
    labels = [line.split(":")[0] for line in prompt.splitlines() if line.startswith("Question")]
    assert labels == [f"Question in {name}" for name in ("Spanish", "Russian", "Hindi", "Polish")]


def test_a_base_model_goes_on_with_the_question() -> None:
    assert worked_examples("The stone is old.", "ru").endswith("\n\nPassage: The stone is old.\nQuestion in Russian:")


def test_an_own_instruction_stands_above_the_examples() -> None:
    assert worked_examples("The stone.", "ru", "Ask in {language}!\n").startswith("Ask in Russian!\n\nPassage: The")


@pytest.mark.parametrize("language", sorted(EXAMPLE_QUESTIONS))
def test_a_question_of_the_examples_is_known_again(language: str) -> None:
    bridge, bees, lake = EXAMPLE_QUESTIONS[language]
    assert is_example(bees, language) and is_example(bees.rstrip("?؟;？"), language)
    # Wherever the names come up.
    assert is_example(f"x {bridge}", "pl") and is_example(f"x {lake}", "pl")


def test_a_question_in_the_form_of_an_example_is_none() -> None:
    assert not is_example("When was the Brooklyn Bridge opened?", "en")
    assert not is_example("¿Quién fue la primera persona en cruzar a nado el Atlántico?", "es")
    assert is_example("¿Cómo se indican las abejas el camino hacia las flores?", "pl")


def test_title_and_text_come_on_one_line() -> None:
    assert passage_in_prompt(Passage("1", "two\nlines ", "A title")) == "A title: two lines"
    assert passage_in_prompt(Passage("1", "text")) == "text"
    assert passage_in_prompt(Passage("1", "", "A title")) == "A title"


def test_the_identity_of_a_prompt_changes_with_it() -> None:
    assert len({prompt_identity(True, None), prompt_identity(False, None), prompt_identity(True, "Ask!")}) == 3
    assert prompt_identity(True, "Ask!") == "Ask!"
