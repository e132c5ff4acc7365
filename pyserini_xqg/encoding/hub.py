"""Hugging Face hub: whether it answers is found out at once, before libraries try again and again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from pyserini_xqg.errors import MissingInput

# Seconds that the hub has to answer in; the hub's own variable for that goes first.
PATIENCE = 5
PATIENCE_VARIABLE = "HF_HUB_ETAG_TIMEOUT"


@contextmanager
def opening(name: str, revision: str | None, expected: str) -> Iterator[None]:
    """Open a model, or a part of it; where the hub cannot be reached, from a folder or the cache only.

    Parameters
    ----------
    name : str
        A folder, or a model of the hub.
    revision : str or None
        Of the hub's model.
    expected : str
        What kind of model is expected; for messages.

    Raises
    ------
    MissingInput
        The model is neither in a folder nor in the cache, and the hub cannot be reached; or whatever went wrong.
    """
    fault = None
    if not Path(name).is_dir():
        if name.startswith((".", "/")):
            raise MissingInput(f"model {name}: no such folder")
        fault = hub_fault()
        if fault is not None and not _is_cached(name, revision):
            hub_fault.cache_clear()  # the next one may have more luck
            raise MissingInput(f"model {name}: no such folder, none in the cache, and {fault}. {_without_hub(name)}")
    constants: Any = import_module("huggingface_hub.constants")
    was_offline = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = was_offline or fault is not None
    try:
        yield
    except Exception as error:  # whatever comes of files that others wrote
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise MissingInput(
            f"model {name}: cannot be loaded ({reason}). Expected: a folder or a Hugging Face id of {expected} with "
            f"config.json, weights and tokenizer" + (f". But {fault}. {_without_hub(name)}" if fault else "")
        ) from error
    finally:
        constants.HF_HUB_OFFLINE = was_offline


def unavailable(name: str) -> str | None:
    """Why a model cannot be had; None: it is a folder, or in the cache, or the hub can be asked for it."""
    if Path(name).is_dir():
        return None
    if name.startswith((".", "/")):
        return f"model {name}: no such folder"
    if _is_cached(name, None) or (fault := hub_fault()) is None:
        return None
    return f"model {name}: no such folder, none in the cache, and {fault}"


@cache
def hub_fault() -> str | None:
    """Why the hub cannot be asked; None: it answers. A process finds it out once."""
    constants: Any = import_module("huggingface_hub.constants")
    if constants.HF_HUB_OFFLINE:
        return "the hub may not be asked (HF_HUB_OFFLINE)"
    seconds = constants.HF_HUB_ETAG_TIMEOUT if PATIENCE_VARIABLE in os.environ else PATIENCE
    answers: Queue[str | None] = Queue()
    # In a thread, for a look-up of the name and several addresses can each take as long.
    Thread(target=lambda: answers.put(_ask(constants.ENDPOINT, seconds)), daemon=True).start()
    try:
        fault = answers.get(timeout=seconds)
    except Empty:
        fault = f"no answer in {seconds} s; {PATIENCE_VARIABLE} gives it more"
    return None if fault is None else f"{constants.ENDPOINT} cannot be reached ({fault})"


def _ask(endpoint: str, seconds: float) -> str | None:
    """One request, which is not tried again; None: there was an answer."""
    from huggingface_hub import get_session

    try:
        answer = get_session().head(endpoint, timeout=seconds)
    except Exception as error:  # the kinds of error depend on the version of the hub's library
        return str(error) or type(error).__name__
    return f"status {answer.status_code}" if answer.status_code >= 500 else None


def _is_cached(name: str, revision: str | None) -> bool:
    """Whether the cache has files of the model; they may be too few, which shows when it is opened."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = [try_to_load_from_cache(name, file, revision=revision) for file in ("config.json", "modules.json")]
    except HFValidationError:  # a path
        return False
    return any(isinstance(file, str) for file in found)


def _without_hub(name: str) -> str:
    """What can be done where the hub cannot be reached."""
    constants: Any = import_module("huggingface_hub.constants")
    return (
        "Without a network there are models in folders, the multilingual-e5-small of the extra demo (docs/encoders.md "
        f"says where) and --generator lexicon. To bring this one over: hf download {name} --local-dir FOLDER where "
        f"there is a network, and name the copied folder; or copy that machine's cache to {constants.HF_HUB_CACHE} "
        "(HF_HOME moves it)"
    )
