from __future__ import annotations

import pytest

from pyserini_xqg.generation.backends.server.rate_limits import seconds_of


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("1s", 1), ("6m0s", 360), ("120ms", 0.12), ("1h2m3.5s", 3723.5), ("1d", 86400), ("7", 7), (" 2.5 ", 2.5)],
)
def test_durations_are_read_as_servers_write_them(said: str, seconds: float) -> None:
    assert seconds_of(said) == pytest.approx(seconds)
