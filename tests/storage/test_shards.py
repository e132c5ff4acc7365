from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyserini_xqg.errors import UsageError
from pyserini_xqg.storage.shards import Shard


@given(st.integers(0, 500), st.integers(1, 60))
def test_every_part_is_dealt_to_one_shard_and_shares_are_even(parts: int, total: int) -> None:
    shares = [Shard(number, total).of(parts) for number in range(1, total + 1)]
    assert [part for share in shares for part in share] == list(range(parts))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("text", ["0/8", "9/8", "3", "a/b", "1/0", "-1/8", ""])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="K/N with K from 1 to N is expected"):
        Shard.parse(text)
    assert str(Shard.parse("2/8")) == "2/8"
