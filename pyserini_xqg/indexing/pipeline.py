"""Work in threads: what comes next is made ready, and what came before is put away, while the device computes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def one_ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """`items`, each made in a thread while the caller has the one before.

    Who may end before they do closes it, which waits for the thread; what `items` reads can be closed only then.
    """
    end: Any = object()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="xqg-reader") as reader:
        coming = reader.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = reader.submit(next, items, end)
            yield item


def one_behind(tasks: Iterable[Callable[[], object]]) -> None:
    """Run each task in a thread, one after the other, while the next one is made; an error of one ends it all."""
    before: Future[object] | None = None
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="xqg-writer") as writer:
        for task in tasks:
            if before is not None:
                before.result()
            before = writer.submit(task)
    if before is not None:
        before.result()
