from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyserini_xqg.generation.prompts.thoughts import without_thoughts

THOUGHT = "The user wants questions.\n1. What is it about?\n"
MARKS = {
    "think": ("<think>", "</think>"),
    "Mistral": ("[THINK]", "[/THINK]"),
    "thought": ("<thought>", "</thought>"),
    "thinking": ("<thinking>", "</thinking>"),
    "reasoning": ("<reasoning>", "</reasoning>"),
    "with a bar": ("<|think|>", "<|/think|>"),
    "with words": ("<|begin_of_thought|>", "<|end_of_thought|>"),
    "Seed": ("<seed:think>", "</seed:think>"),
    "Kimi": ("◁think▷", "◁/think▷"),
    "with an attribute": ('<think time="3">', "</think>"),
    "Gemma 4": ("<|channel>thought\n", "<channel|>"),
}


@pytest.mark.parametrize(("start", "end"), MARKS.values(), ids=MARKS)
def test_thoughts_go_whatever_marks_them(start: str, end: str) -> None:
    assert without_thoughts(f"{start}{THOUGHT}{end}Nani?").strip() == "Nani?"
    assert without_thoughts(f"{start}{THOUGHT}{end}\nNani?\n{start}{THOUGHT}{end}Wapi?").split() == ["Nani?", "Wapi?"]
    # Cut before their end; and begun by the template.
    assert without_thoughts(f"{start}{THOUGHT}").strip() == ""
    assert without_thoughts(f"Nani?\n{start}{THOUGHT}").strip() == "Nani?"
    assert without_thoughts(f"{THOUGHT}{end}\nNani?").strip() == "Nani?"


HARMONY = f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (f"{HARMONY}<|channel|>final<|message|>Nani?<|return|>", "Nani?"),
        (f"{HARMONY}<|channel|>final <|constrain|>JSON<|message|>Nani?", "Nani?"),
        ("<|channel|>final<|message|>Nani?<|end|>", "Nani?"),
        (HARMONY, ""),
        (f"<|channel|>analysis<|message|>{THOUGHT}", ""),
        (f"analysis{THOUGHT}assistantfinalNani?", "Nani?"),
        (f"analysis{THOUGHT}", ""),
    ],
)
def test_of_channels_the_final_one_is_the_answer(answer: str, said: str) -> None:
    assert without_thoughts(answer) == said


@pytest.mark.parametrize(
    "text", ["Who thinks so?", "a < b [note]", "analysis of the bridge?", "<b>Nani?</b>", "[1] Nani?"]
)
def test_what_is_no_thought_stays(text: str) -> None:
    assert without_thoughts(text) == text


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "[THINK]", "x", "\n", "<|channel|>", "<|message|>"])).map("".join)
)
def test_no_mark_is_left(answer: str) -> None:
    left = without_thoughts(answer)
    assert "think>" not in left and "THINK]" not in left
