"""Parameters of a request, of which servers do not take all: what one refuses is learned."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pyserini_xqg.generation.backends.server.refusals import Refusal

# What models that think call it.
OTHER_NAMES = {"max_tokens": "max_completion_tokens"}

log = logging.getLogger("pyserini_xqg")


class RequestParameters:
    """What a request says beside model and messages.

    Parameters
    ----------
    sampling : mapping
        The same for every request.
    """

    def __init__(self, sampling: Mapping[str, float]):
        self._sampling = dict(sampling)
        self._names = {name: name for name in ("max_tokens", "seed", *sampling)}

    def body(self, max_tokens: int, seed: int) -> dict[str, Any]:
        """As the server takes them, as far as that is known."""
        values = {"max_tokens": max_tokens, "seed": seed, **self._sampling}
        return {sent: values[name] for name, sent in self._names.items()}

    def learn(self, body: Mapping[str, Any], refusal: Refusal, server: str) -> bool:
        """Whether another request can do better: without the parameter that was refused, or with its other name.

        Parameters
        ----------
        body : mapping
            What was sent.
        refusal : Refusal
        server : str
            For the log, which is told once.
        """
        refused = refusal.parameter_among(list(body))
        if refused is None:
            return False
        name = next((name for name, sent in self._names.items() if sent == refused), None)
        if name is None:  # requests that ran at the same time had it too
            return True
        other = OTHER_NAMES.get(refused)
        if other is None:
            del self._names[name]
            log.warning("%s takes no %s, which is left out from now on (%s)", server, refused, refusal.said)
        else:
            self._names[name] = other
            log.warning("%s takes no %s, which is sent as %s from now on (%s)", server, refused, other, refusal.said)
        return True
