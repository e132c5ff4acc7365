"""Rate limits of a server: what it says of them, and waiting until they are lifted."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time

import httpx

# Seconds: openai follows a Retry-After of up to 60; up to this many are waited for here.
LONGEST_WAIT = 600.0
# As servers write how long it takes until a limit is lifted: "1s", "6m0s", "120ms".
UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")

log = logging.getLogger("pyserini_xqg")


class RateLimits:
    """Holds requests back while the server has said that none are left."""

    def __init__(self) -> None:
        self._free_at = 0.0

    async def wait(self, _: httpx.Request) -> None:
        """Wait until there are some again."""
        while (seconds := self._free_at - time.monotonic()) > 0:
            await asyncio.sleep(seconds)

    async def read(self, response: httpx.Response) -> None:
        """Note what an answer says of the next request."""
        for limit in ("requests", "tokens"):
            seconds = seconds_of(response.headers.get(f"x-ratelimit-reset-{limit}", ""))
            if response.headers.get(f"x-ratelimit-remaining-{limit}", "").strip() == "0" and seconds <= LONGEST_WAIT:
                now = time.monotonic()
                if self._free_at <= now and seconds >= 1:
                    log.info("%s has no %s left for %.0f seconds; waiting", response.url.host, limit, seconds)
                self._free_at = max(self._free_at, now + seconds)


def seconds_of(duration: str) -> float:
    """Of ``6m0s``, ``120ms`` or plain seconds; 0 for what is none of them."""
    parts = DURATION.findall(duration.strip())
    if parts and "".join(map("".join, parts)) == duration.strip():
        return sum(float(number) * UNITS[unit] for number, unit in parts)
    try:
        return max(0.0, float(duration))
    except ValueError:
        return 0.0


async def wait_long(response: httpx.Response) -> None:
    """Wait as a busy server asks (``Retry-After``) where openai would not."""
    with contextlib.suppress(ValueError):
        asked = float(response.headers.get("retry-after", ""))
        if response.status_code in (429, 503) and 60 < asked <= LONGEST_WAIT:
            log.warning("%s asks to wait %.0f seconds; waiting", response.url.host, asked)
            await asyncio.sleep(asked)
