"""``xqg demo``."""


def demo() -> None:
    """Soon."""
