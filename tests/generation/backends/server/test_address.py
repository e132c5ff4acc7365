from __future__ import annotations

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.backends.server.address import address_of

KEY = "sk-very-secret-0123456789"


@pytest.mark.parametrize(
    "url",
    [
        *("https://api.openai.com/v1", "https://eu.api.openai.com/v1"),
        *("http://localhost:8000/v1", "http://127.0.0.1:8000/v1", "http://[::1]:8000/v1"),
    ],
)
def test_openais_key_goes_to_openai_and_to_this_machine(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert (address_of(url, None, False).key, address_of(url, None, False).withheld) == (KEY, False)


@pytest.mark.parametrize(
    "url",
    ["https://example.org/v1", "https://notopenai.com/v1", "https://openai.com.example.org/v1", "http://10.0.0.7/v1"],
)
def test_it_goes_nowhere_else_unless_it_is_named(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    address = address_of(url, None, False)
    assert (address.key, address.withheld) == ("", True)
    assert "OPENAI_API_KEY is not sent to" in caplog.text and KEY not in caplog.text
    assert address_of(url.replace("http:", "https:"), "OPENAI_API_KEY", False).key == KEY
    monkeypatch.delenv("OPENAI_API_KEY")
    assert not address_of(url, None, False).withheld


@pytest.mark.parametrize(
    "url", ["http://gpu.example.org:8000/v1", "http://10.0.0.7/v1", "http://localhost.example.org/v1"]
)
def test_no_secret_goes_over_plain_http_unless_that_is_allowed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with pytest.raises(UsageError, match=r"the key in MY_KEY would go over plain http.*--allow-http") as error:
        address_of(url, "MY_KEY", False)
    assert KEY not in str(error.value)
    assert address_of(url, "MY_KEY", True).key == KEY
    with pytest.raises(UsageError, match="the password in the url would go over plain http"):
        address_of(url.replace("//", "//me:secret@"), "NONE", False)
    assert address_of(url, "NONE", False).key == ""


def test_secrets_are_hidden_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    address = address_of("https://me:pass%20word@example.org/v1/", "MY_KEY", False)
    assert address.url == "https://example.org/v1"
    assert KEY not in repr(address) and "pass word" not in repr(address)
    assert address.hidden(f"a {KEY}\nand pass word") == "a *** and ***"
