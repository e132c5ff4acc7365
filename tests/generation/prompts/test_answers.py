from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyserini_xqg.generation.prompts.answers import questions_in

N = 1000


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
    assert questions_in(line, 1) == [question]


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
    assert questions_in(question, 1) == [question]


def test_an_introduction_fences_and_blank_lines_are_no_questions() -> None:
    answer = "Here are 2 questions in Russian:\n\n```text\n1. Кто?\n\n2. Где?\n```\n---\n"
    assert questions_in(answer, N) == ["Кто?", "Где?"]


def test_thoughts_are_no_questions() -> None:
    assert questions_in("<think>\nWhat do they want?\n</think>\n\nКто?\nГде?", 3) == ["Кто?", "Где?"]
    assert questions_in("What do they want?\n</think>\nКто?", 3) == ["Кто?"]
    assert questions_in("<think>\nWhat do they want? I was cut", 3) == []


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
    assert questions_in(answer, N) == ['Кто "он"?', "Где?"]


def test_json_that_nests_without_end_ends() -> None:
    assert questions_in("[" * 100_000, N) == []


PIECES = st.one_of(
    st.text(),
    st.sampled_from(
        ["\n", "\r", "\u2028", "\x1c", '"', "1. ", "- ", "**", "```", "(", ")?", "<think>", "</think>", "[", ","]
    ),
)


@given(st.lists(PIECES).map("".join))
def test_no_question_is_empty_or_has_two_lines(answer: str) -> None:
    for question in questions_in(answer, N):
        assert question.strip() == question != ""
        assert len(question.splitlines()) == 1


@given(st.lists(st.text(), min_size=1))
def test_nor_does_one_from_json(texts: list[str]) -> None:
    for question in questions_in(json.dumps(texts), N):
        assert question.strip() == question != ""
        assert len(question.splitlines()) == 1


@given(st.lists(st.text(alphabet="abcdeабвгд語", min_size=1).map(lambda text: f"{text}?"), min_size=1))
def test_plain_lines_come_back_as_they_are(questions: list[str]) -> None:
    assert questions_in("\n".join(questions), N) == questions
    assert questions_in("\n".join(f"{number % 99}. {text}" for number, text in enumerate(questions)), N) == questions


REASONING = """Okay, the passage is about a bridge. Let me think about what people ask.
1. The bridge crosses the river Mava.
2. It was opened in 1911.

I should write them in Swahili now."""


@pytest.mark.parametrize("asked", ["1. Nani?\n2. Wapi?\n3. Lini?", "- Nani?\n- Wapi?\n- Lini?", "Nani?\nWapi?\nLini?"])
@pytest.mark.parametrize("before", [REASONING, "The user wants three questions. I will write them.", "## Questions"])
@pytest.mark.parametrize("after", ["", "\n\nI hope these help!"])
def test_reasoning_without_tags_is_no_question(asked: str, before: str, after: str) -> None:
    if after and asked.startswith("Nani"):
        pytest.skip("a remark below plain lines looks like one of them")
    assert questions_in(f"{before}\n\n{asked}{after}", 3) == ["Nani?", "Wapi?", "Lini?"]


def test_lists_under_headings_are_one() -> None:
    answer = "**The bridge**\n1. Nani?\n2. Wapi?\n\n**The river**\n1. Lini?\n2. Vipi?"
    assert questions_in(answer, 4) == ["Nani?", "Wapi?", "Lini?", "Vipi?"]
    assert questions_in(answer, 3) == ["Wapi?", "Lini?", "Vipi?"]


@pytest.mark.parametrize(
    "answer",
    [
        "1. Кто?\n   - Ответ: Иван\n2. Где?\n   - Ответ: тут",
        "1. Кто?\nОтвет: Иван\n2. Где?\nОтвет: тут",
        "Q: Кто?\nA: Иван\n\nQ: Где?\nA: тут",
        "Question 1: Кто?\nAnswer 1: Иван.\nQuestion 2: Где?\nAnswer 2: тут.",
        "Вопрос 1: Кто?\nОтвет 1: Иван.\nВопрос 2: Где?\nОтвет 2: тут.",
        "<questions><question>Кто?</question><answer>Иван</answer>\n<question>Где?</question></questions>",
        "<answer>\n1. Кто?\n2. Где?\n</answer>",
        "1. Кто? (Answer: Иван)\n2. Где? (Answer: тут)",
    ],
)
def test_answers_are_no_questions(answer: str) -> None:
    assert questions_in(answer, 2) == ["Кто?", "Где?"]


@pytest.mark.parametrize(
    "answer",
    [
        '[{"question": "Кто?", "answer": "Иван"}, {"question": "Где?", "answer": "тут"}]',
        '{"questions": [{"text": "Кто?", "answers": ["Иван", "Пётр"]}, {"text": "Где?", "answers": []}]}',
        '{"qa_pairs": [{"q": "Кто?", "a": "Иван"}, {"q": "Где?", "a": "тут"}]}',
        '{"question": "Кто?", "answer": "Иван"}\n{"question": "Где?", "answer": "тут"}',
        '[{"swali": "Кто?", "jibu": "Иван"}, {"swali": "Где?", "jibu": "тут"}]',
        '[{"question": "Кто?", "english_question": "Who?"}, {"question": "Где?", "english_question": "Where?"}]',
        '{"reasoning": "I think of two.", "1": "Кто?", "2": "Где?"}',
        'Here they are:\n```json\n[{"question": "Кто?", "answer": "Иван"}, {"question": "Где?"}]\n```\nI hope so!',
        '[{"question": "Кто?", "answer": "Иван"}, {"question": "Где?", "answer": "ту',
    ],
)
def test_of_json_objects_the_questions_are_read(answer: str) -> None:
    assert questions_in(answer, 2, cut=answer.endswith("ту")) == ["Кто?", "Где?"]


def test_the_last_line_of_an_answer_that_was_cut_is_no_question() -> None:
    assert questions_in("Кто?\nГде нах", 3, cut=True) == ["Кто?"]
    assert questions_in('["Кто?", "Где нах', 3, cut=True) == ["Кто?"]
    assert questions_in("Где нах", 3, cut=True) == []


@pytest.mark.parametrize("mark", ["\u200e", "\u200f", "\u061c", "\u202b", "\u2067", "\ufeff"])
def test_a_number_behind_a_direction_mark_is_one(mark: str) -> None:
    assert questions_in(f"{mark}1. من بنى الجسر؟{mark}\n{mark}2{mark}. أين الجسر؟", 2) == [
        "من بنى الجسر؟",
        "أين الجسر؟",
    ]


@pytest.mark.parametrize("line", ["1️⃣ Кто?", "① Кто?", "[1] Кто?", "→ Кто?", "**1.** Кто?"])
def test_other_numbers_and_bullets_go_too(line: str) -> None:
    assert questions_in(line, 1) == ["Кто?"]
