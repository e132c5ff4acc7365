"""Thoughts of language models, which come before an answer or in it, and are none."""

from __future__ import annotations

import re

NAMES = "think(?:ing)?|thoughts?|reason(?:ing)?|reflection|analysis|scratchpad"
# <think>, [THINK], <|thinking|>, <seed:think>, ◁think▷, <|begin_of_thought|>, <thought time="3">, and their ends.
_MARK = re.compile(
    rf"""[<\[◁]\|? (?: (?P<end>/|end_of_|end_) | begin_of_|begin_|start_of_|start_ )? (?:\w+:)?
         (?:{NAMES}) (?:\s[^<>\[\]\n]*)? \|?[>\]▷]
       | (?P<channel_end><channel\|>) | <\|channel>\s*(?:{NAMES})\b          # as Gemma 4 writes them
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Harmony, the form of gpt-oss: channels, of which one is the answer. A decoder that leaves out special tokens leaves
# the words run together.
_CHANNEL = re.compile(r"<\|channel\|>\s*(?P<name>\w+)[^<\n]*?(?:<\|\w+\|>[^<\n]*?)*?<\|message\|>")
_MESSAGE_END = re.compile(r"<\|(?:end|return|call|start|channel)\|>")
_CHANNEL_WORDS = re.compile(r"^\s*(?:analysis|commentary)(?=[A-Z])")
_FINAL_WORDS = "assistantfinal"


def without_thoughts(answer: str) -> str:
    """What a model says beside its thoughts.

    A thought that was cut has no end, and goes with all that follows; one whose beginning the chat template wrote has
    no beginning, and goes with all that is before.

    Parameters
    ----------
    answer : str
        As it was written, special tokens included.
    """
    if "<|channel|>" in answer:
        answer = _final_channel(answer)
    elif _CHANNEL_WORDS.match(answer):
        _, found, after = answer.rpartition(_FINAL_WORDS)
        answer = after if found else ""
    said: list[str] = []
    start, depth = 0, 0
    for mark in _MARK.finditer(answer):
        ends = bool(mark["end"] or mark["channel_end"])
        if not depth:
            said.append(answer[start : mark.start()])
            if ends:
                said.clear()
        depth = 0 if ends else depth + 1
        start = mark.end()
    return "\n".join([*said, *([] if depth else [answer[start:]])])


def _final_channel(answer: str) -> str:
    """What stands in the last channel ``final``."""
    found = [channel for channel in _CHANNEL.finditer(answer) if channel["name"] == "final"]
    return _MESSAGE_END.split(answer[found[-1].end() :], maxsplit=1)[0] if found else ""
