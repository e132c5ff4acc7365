"""``xqg doctor``."""


def doctor() -> None:
    """Soon."""
