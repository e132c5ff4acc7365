from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.generation.prompts.instructions import (
    EXAMPLE_PASSAGES,
    EXAMPLE_QUESTIONS,
    is_example,
    messages,
    passage_in_prompt,
    prompt_identity,
    questions_in,
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


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ("1. Who built it?", "Who built it?"),
        ("2) Who built it?", "Who built it?"),
        ("(3) Who built it?", "Who built it?"),
        ("4: Who built it?", "Who built it?"),
        ("- Who built it?", "Who built it?"),
        ("* Who built it?", "Who built it?"),
        ("• Who built it?", "Who built it?"),
        ("- 1. Who built it?", "Who built it?"),
        ("Q1: Who built it?", "Who built it?"),
        ("Question 2: Who built it?", "Who built it?"),
        ("Q: Who built it?", "Who built it?"),
        ("١. من بنى الجسر؟", "من بنى الجسر؟"),
        ("٢- من بنى الجسر؟", "من بنى الجسر؟"),
        ("१। पुल किसने बनाया?", "पुल किसने बनाया?"),
        ("1、誰が橋を建てましたか？", "誰が橋を建てましたか？"),
        ("（2）誰が橋を建てましたか？", "誰が橋を建てましたか？"),
        ("１．誰が橋を建てましたか？", "誰が橋を建てましたか？"),
        ("**Who built it?**", "Who built it?"),
        ("1. **Who** built it?", "Who built it?"),
        ('"Who built it?"', "Who built it?"),
        ('1. "Who built it?",', "Who built it?"),
        ("„Wer hat sie gebaut?“", "Wer hat sie gebaut?"),
        ("«Кто его построил?»", "Кто его построил?"),
        ("「誰が橋を建てましたか？」", "誰が橋を建てましたか？"),
        ("¿Quién lo construyó? (Who built it?)", "¿Quién lo construyó?"),
        ("من بناه؟ (Who built it?)", "من بناه؟"),
        ("Kuka sen rakensi (Translation: Who built it)", "Kuka sen rakensi"),
    ],
)
def test_what_models_put_around_a_question_goes(line: str, question: str) -> None:
    assert questions_in(line) == [question]


@pytest.mark.parametrize(
    "question",
    [
        "3.5 million people live where?",
        "1984 was written by whom?",
        "100. Geburtstag von wem?",
        "2001: A Space Odyssey, who directed it?",
        "'Hamlet' or 'Macbeth'",
        "Who wrote “Hamlet”?",
        "What is Mercury (planet)?",
        "What is the height of K2 (in metres)",
        "Who built it? (the old one)",
        "Qatar?",
        "-5 degrees in Fahrenheit",
    ],
)
def test_a_question_that_only_looks_like_it_stays_as_it_is(question: str) -> None:
    assert questions_in(question) == [question]


def test_an_introduction_fences_and_blank_lines_are_no_questions() -> None:
    answer = "Here are 2 questions in Russian:\n\n```text\n1. Кто?\n\n2. Где?\n```\n---\n"
    assert questions_in(answer) == ["Кто?", "Где?"]


def test_thoughts_are_no_questions() -> None:
    assert questions_in("<think>\nWhat do they want?\n</think>\n\nКто?\nГде?") == ["Кто?", "Где?"]
    assert questions_in("What do they want?\n</think>\nКто?") == ["Кто?"]
    assert questions_in("<think>\nWhat do they want? I was cut") == []


@pytest.mark.parametrize(
    "answer",
    [
        '["Кто \\"он\\"?", "Где?"]',
        '```json\n["Кто \\"он\\"?",\n "Где?"]\n```',
        '[{"question": "Кто \\"он\\"?"}, {"question": "Где?"}]',
        '{"questions": ["Кто \\"он\\"?", "Где?"]}',
        '["Кто \\"он\\"?", "Где?", "Когд',
        '[{"question": "Кто \\"он\\"?"}, {"question": "Где?"}, {"quest',
    ],
)
def test_json_is_read(answer: str) -> None:
    assert questions_in(answer) == ['Кто "он"?', "Где?"]


def test_json_that_nests_without_end_ends() -> None:
    assert questions_in("[" * 100_000) == []


PIECES = st.one_of(
    st.text(),
    st.sampled_from(
        ["\n", "\r", "\u2028", "\x1c", '"', "1. ", "- ", "**", "```", "(", ")?", "<think>", "</think>", "[", ","]
    ),
)


@given(st.lists(PIECES).map("".join))
def test_no_question_is_empty_or_has_two_lines(answer: str) -> None:
    for question in questions_in(answer):
        assert question.strip() == question != ""
        assert len(question.splitlines()) == 1


@given(st.lists(st.text(), min_size=1))
def test_nor_does_one_from_json(texts: list[str]) -> None:
    for question in questions_in(json.dumps(texts)):
        assert question.strip() == question != ""
        assert len(question.splitlines()) == 1


@given(st.lists(st.text(alphabet="abcdeабвгд語", min_size=1).map(lambda text: f"{text}?"), min_size=1))
def test_plain_lines_come_back_as_they_are(questions: list[str]) -> None:
    assert questions_in("\n".join(questions)) == questions
    assert questions_in("\n".join(f"{number % 99}. {text}" for number, text in enumerate(questions))) == questions
