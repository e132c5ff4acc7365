"""Weights that are not there: transformers fills them with noise and warns; an encoder of noise is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock, get_ident
from typing import Any

NAMED = 3

_one_at_a_time = RLock()


@contextmanager
def recorded_loading() -> Iterator[list[Mapping[str, Any]]]:
    """Fill a list with transformers' report of each model that this thread reads, through whatever library.

    A report can be asked of transformers alone, and sentence-transformers does not hand the wish on.
    """
    from transformers import PreTrainedModel

    reports: list[Mapping[str, Any]] = []
    thread, original = get_ident(), PreTrainedModel.__dict__["from_pretrained"]

    def from_pretrained(cls: type, *args: Any, **kwargs: Any) -> Any:
        read = original.__get__(None, cls)
        if get_ident() != thread or kwargs.get("output_loading_info"):
            return read(*args, **kwargs)
        model, report = read(*args, output_loading_info=True, **kwargs)
        reports.append(report)
        return model

    with _one_at_a_time:
        changed: Any = PreTrainedModel
        changed.from_pretrained = classmethod(from_pretrained)
        try:
            yield reports
        finally:
            changed.from_pretrained = original


def check_weights(reports: Sequence[Mapping[str, Any]], pooler_is_used: bool) -> None:
    """Raise if weights were missing, except those of a pooler that nothing uses.

    Raises
    ------
    ValueError
        Names some of them, and what the files have in their place.
    """
    for report in reports:
        missing = sorted(key for key in report["missing_keys"] if pooler_is_used or key.split(".")[0] != "pooler")
        if missing:
            others = sorted(report["unexpected_keys"])
            raise ValueError(
                f"its weights lack {_some(missing)}, which would be random"
                + (f"; they have {_some(others)}, which it has no use for" if others else "")
                + "; is it a checkpoint of another architecture, or of a wrapper around the model?"
            )


def _some(keys: Sequence[str]) -> str:
    left = len(keys) - NAMED
    return ", ".join(keys[:NAMED]) + (f" and {left} more" if left > 0 else "")
