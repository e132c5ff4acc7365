from __future__ import annotations

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.sizes import bytes_of, said_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [("15G", 15 * 2**30), ("500M", 500 * 2**20), ("1.5gb", 3 * 2**29), ("2 TiB", 2**41), ("64K", 2**16)],
)
def test_sizes(text: str, size: int) -> None:
    assert bytes_of("max_memory", text) == size


@pytest.mark.parametrize("text", ["", "15", "0G", "G", "-1G", "15 giga", "1e3M"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match=r"max_memory is '.*': a size such as 15G or 500M is expected"):
        bytes_of("max_memory", text)


@pytest.mark.parametrize(("size", "said"), [(15 * 2**30, "15.0G"), (2**30 - 1, "1024.0M"), (3 * 2**19, "1.5M")])
def test_sizes_are_said_as_they_are_given(size: int, said: str) -> None:
    assert said_bytes(size) == said
