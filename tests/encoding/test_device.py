from __future__ import annotations

import numpy as np
import pytest
import torch

from pyserini_xqg.encoding.device import add_rows, copied_back, number_format, on_device

ON_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
DEVICES = pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=ON_GPU)])


def rows_and_places(count: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.normal(size=(count, 24)).astype(np.float32), random.integers(0, rows, count)


@pytest.mark.parametrize("threads", [1, 2])
def test_sums_have_the_bytes_of_numpys_in_the_same_order(threads: int) -> None:
    values, places = rows_and_places(3000, 7)
    expected = np.zeros((7, 24), dtype=np.float32)
    np.add.at(expected, places, values)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        total = torch.zeros(7, 24)
        with torch.inference_mode():
            made = torch.from_numpy(values) * 1
        add_rows(total, torch.from_numpy(places), made)
    finally:
        torch.set_num_threads(before)
    assert total.numpy().tobytes() == expected.tobytes()


@DEVICES
def test_sums_come_out_the_same_each_time(device: str) -> None:
    values, places = rows_and_places(100_000, 50)
    found = []
    for _ in range(3):
        total = torch.zeros((50, 24), device=device)
        add_rows(total, on_device(places, device), on_device(values, device))
        found.append(copied_back(total)().tobytes())
    assert len(set(found)) == 1
    assert not torch.are_deterministic_algorithms_enabled()


@DEVICES
def test_a_copy_holds_what_was_there_when_it_was_begun(device: str) -> None:
    values = torch.arange(6, dtype=torch.float32, device=device).view(2, 3)
    wait = copied_back(values * 2)
    assert wait().tolist() == [[0, 2, 4], [6, 8, 10]]


@pytest.mark.parametrize("dtype, inside", [("float32", "ieee"), ("bfloat16", "ieee"), ("tf32", "tf32")])
@pytest.mark.parametrize("outside", ["ieee", "tf32"])
def test_matrices_are_multiplied_as_the_setting_says_whatever_the_process_had(dtype, inside, outside) -> None:
    switch = torch.backends.cuda.matmul
    before = switch.fp32_precision
    switch.fp32_precision = outside
    try:
        with number_format(dtype):
            assert switch.fp32_precision == inside
        assert switch.fp32_precision == outside
    finally:
        switch.fp32_precision = before
