from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from pyserini_xqg.indexing.pipeline import one_ahead, one_behind


def test_an_item_is_made_while_the_caller_has_the_one_before() -> None:
    made = [threading.Event() for _ in range(3)]

    def items() -> Iterator[int]:
        for number, event in enumerate(made):
            event.set()
            yield number

    for number in one_ahead(items()):
        if number < 2:
            assert made[number + 1].wait(10)
    assert number == 2


def test_a_task_runs_while_the_next_one_is_made_and_none_beside_another() -> None:
    done: list[int] = []
    begun = threading.Event()

    def task(number: int) -> Callable[[], None]:
        def run() -> None:
            begun.set()
            time.sleep(0.01)
            done.append(number)

        return run

    def tasks() -> Iterator[Callable[[], None]]:
        yield task(0)
        assert begun.wait(10)  # while this one is being made
        yield task(1)
        yield task(2)

    one_behind(tasks())
    assert done == [0, 1, 2]


@pytest.mark.parametrize("failing", [0, 2])
def test_an_error_of_a_task_ends_it_all(failing: int) -> None:
    done: list[int] = []

    def tasks() -> Iterator[Callable[[], object]]:
        for number in range(3):
            yield lambda number=number: done.append(1 // (number != failing))

    with pytest.raises(ZeroDivisionError):
        one_behind(tasks())
    assert len(done) == failing
