"""JSON files that other commands wrote: reading them, and saying what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import InvalidInput, MissingInput


def read_json(file: Path, expected: str) -> dict[str, Any]:
    """The JSON object in a file.

    Parameters
    ----------
    file : Path
    expected : str
        What is said of the file where it is something else.

    Raises
    ------
    MissingInput
        It cannot be read.
    InvalidInput
        It is no JSON object.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise MissingInput(f"{file}: cannot be read ({error.strerror}); {expected}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{file}: not JSON ({error}); {expected}") from error
    if not isinstance(found, dict):
        raise InvalidInput(f"{file}: a JSON {type(found).__name__}; {expected}")
    return found


@contextmanager
def written_by(command: str, file: Path) -> Iterator[None]:
    """Within it, what is missing or of another form in a file is an :class:`InvalidInput`."""
    try:
        yield
    except KeyError as error:
        raise InvalidInput(f"{file}: not what {command} writes; {error} is missing") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"{file}: not what {command} writes ({error})") from error
