"""``xqg train``: a group of commands, one for each kind of training."""

from __future__ import annotations

from cyclopts import App

train = App("train", help="Train retrievers and query generators, and find data for them.", help_flags=["--help"])
for number, name in enumerate(("retriever", "mine", "generator", "distill")):
    train.command(f"{__name__}.{name}:{name}", name=name, sort_key=number)
