"""Address of a server, and to whom a key is shown."""

from __future__ import annotations

import ipaddress
import logging
import os
from dataclasses import dataclass, field

import httpx

from pyserini_xqg.errors import MissingPrerequisite, UsageError

OPENAI_KEY, OPENAI = "OPENAI_API_KEY", "openai.com"
# Of what a server said, in an error message.
SAID = 300
EXPECTED = "expected: http:// or https://, a host and a path, such as http://localhost:8000/v1"

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True)
class Address:
    """Where a server is, and what it is shown.

    Attributes
    ----------
    url : str
        Without what it said of the user.
    auth : tuple of str or None
        User and password.
    key_variable, key : str
        The environment variable and the key in it; the key is "" where there is none for this server.
    withheld : bool
        Whether the variable has a key that is for other servers.
    """

    url: str
    auth: tuple[str, str] | None = field(repr=False)
    key_variable: str
    key: str = field(repr=False)
    withheld: bool

    def hidden(self, text: str) -> str:
        """`text`, shortened, with no secret in it."""
        for secret in filter(None, (self.key, self.auth[1] if self.auth else "")):
            text = text.replace(secret, "***")
        text = " ".join(text.split())
        return text if len(text) <= SAID else f"{text[:SAID]}..."


def address_of(url: str, key_variable: str | None, allow_http: bool) -> Address:
    """The address that a user gave.

    Parameters
    ----------
    url : str
        Up to and with the version; ``user:password@`` may stand in it.
    key_variable : str or None
        The environment variable with the key; None: OpenAI's, whose key goes to OpenAI and to this machine only.
    allow_http : bool
        Whether a key or a password may go to another machine unencrypted.

    Raises
    ------
    UsageError
        The url is none, or a secret would go over plain http.
    MissingPrerequisite
        What the variable holds is no key.
    """
    parsed, bare = _split(url)
    variable = key_variable or OPENAI_KEY
    key = os.environ.get(variable, "").strip()
    # No header holds such a key, and the error that says so would show it.
    if not all("!" <= character <= "~" for character in key):
        raise MissingPrerequisite(
            f"the environment variable {variable} holds no key: it has blanks or characters beyond ASCII"
        )
    local = _is_loopback(parsed.host)
    withheld = bool(key) and key_variable is None and not (local or f".{parsed.host}".endswith(f".{OPENAI}"))
    if withheld:
        log.warning(
            "%s is not sent to %s, which is not OpenAI's; give --key-variable with the variable that has this server's "
            "key, %s if it is that one",
            variable,
            parsed.host,
            variable,
        )
        key = ""
    auth = (parsed.username, parsed.password) if parsed.userinfo else None
    if (key or auth) and parsed.scheme == "http" and not local and not allow_http:
        secret = f"the key in {variable}" if key else "the password in the url"
        raise UsageError(
            f"{bare}: {secret} would go over plain http, for all on the way to read; expected: https://, or a server "
            "on this machine. Allow it with --allow-http where nobody is on the way"
        )
    return Address(bare, auth, variable, key, withheld)


def _split(url: str) -> tuple[httpx.URL, str]:
    """The url in its parts, and without what it says of the user."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UsageError(f"the url of the server cannot be read ({error}); {EXPECTED}") from None
    bare = parsed.copy_with(userinfo=b"")
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.query or parsed.fragment:
        shown = str(bare.copy_with(query=None, fragment=None)) if parsed.host else parsed.scheme or "no scheme"
        raise UsageError(f"the url of the server is {shown}; {EXPECTED}, with no ? or #")
    return parsed, str(bare).rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
