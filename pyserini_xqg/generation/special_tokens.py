"""Special tokens: what models write that is no text."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

# Of common models, whatever their tokenizer: the one behind a server is not known.
COMMON = (
    r"<\|[^<>|\n]{1,40}\|>|<｜[^<>｜\n]{1,40}｜>|<extra_id_\d+>|<unused\d+>|<0x[0-9A-Fa-f]{2}>"
    r"|</?(?:s|pad|unk|mask|bos|eos|cls|sep)>|<(?:start|end)_of_(?:turn|text)>"
    r"|\[(?:PAD|UNK|CLS|SEP|MASK|BOS|EOS|/?INST)\]"
)


def special_tokens_of(tokenizer: Any) -> frozenset[str]:
    """The special tokens of a transformers tokenizer, but those that could be words or marks."""
    added = (str(token) for token in tokenizer.added_tokens_decoder.values() if token.special)
    known = {token.strip() for token in (*tokenizer.all_special_tokens, *added)}
    return frozenset(token for token in known if len(token) > 2 and not token[0].isalnum())


class SpecialTokens:
    """Finds special tokens in text.

    Parameters
    ----------
    own : collection of str
        Of the model's tokenizer, beside those of common models.
    """

    def __init__(self, own: Collection[str] = ()):
        listed = "|".join(map(re.escape, sorted(own, key=lambda token: (-len(token), token))))
        self._pattern = re.compile(f"{listed}|{COMMON}" if listed else COMMON)
        self._ends = re.compile(rf"^(?:\s|{self._pattern.pattern})+|(?:\s|{self._pattern.pattern})+$")

    def without_ends(self, text: str) -> str:
        """`text` without those at its beginning and its end."""
        return self._ends.sub("", text)

    def are_in(self, text: str) -> bool:
        """Whether there is one."""
        return self._pattern.search(text) is not None
