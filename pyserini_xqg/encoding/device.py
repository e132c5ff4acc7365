"""Work of a device: number formats, sums that come out the same each time, and copies back while it goes on.

What only a GPU has is behind a look at where a tensor is. On a CPU all of it is the plain thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

# One stream a device for all copies back.
_streams: dict[Any, Any] = {}


@contextmanager
def number_format(dtype: str) -> Iterator[None]:
    """Within it, matrices of float32 are multiplied as `dtype` says: as TF32 where it is that, and else as they are.

    A GPU decides when work is handed to it, and PyTorch has one switch for the whole process.
    """
    import torch

    switch: Any = torch.backends.cuda.matmul
    before = switch.fp32_precision
    switch.fp32_precision = "tf32" if dtype == "tf32" else "ieee"
    try:
        yield
    finally:
        switch.fp32_precision = before


def device_name(device: str) -> str:
    """What computes: ``cpu``, ``mps``, or ``cuda`` with the name of the GPU. Two of one name make the same vectors."""
    import torch

    kind = device.split(":")[0]
    return f"{kind} ({torch.cuda.get_device_name(device)})" if kind == "cuda" else kind


def on_device(array: npt.NDArray[Any], device: str) -> Any:
    """An array as a tensor of a device, which a GPU reads by itself: from memory that is pinned."""
    import torch

    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.startswith("cuda") else tensor.to(device)


def add_rows(total: Any, places: Any, values: Any) -> None:
    """Add each row of `values` to the row of `total` that `places` says, in the order in which they come.

    Parameters
    ----------
    total : float32 tensor of shape (n, d)
    places : int64 tensor of shape (m,)
        May name a row several times.
    values : float32 tensor of shape (m, d)
        On the same device.
    """
    import torch

    if not total.is_cuda:
        total.index_add_(0, places, values)
        return
    # Else a GPU adds in the order of its threads, and two runs differ in the last bits.
    before, warn = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        total.index_add_(0, places, values)
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn)


def copied_back(values: Any) -> Callable[[], npt.NDArray[np.float32]]:
    """Begin to copy a tensor to the host; what is returned waits for it, and is called once.

    The device goes on with what it is given meanwhile: the copy has a stream of its own, which waits for the work that
    was handed out before this call and for no later one, and pinned memory, which the device writes by itself.
    """
    import torch

    if not values.is_cuda:
        return lambda: values.cpu().numpy()
    if values.device not in _streams:
        _streams[values.device] = torch.cuda.Stream(values.device)  # type: ignore[no-untyped-call]
    stream = _streams[values.device]
    host = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
    stream.wait_stream(torch.cuda.current_stream(values.device))
    with torch.cuda.stream(stream):
        host.copy_(values, non_blocking=True)
        done = stream.record_event()
    # Its memory is not given to another tensor before the copy is through.
    values.record_stream(stream)

    def wait() -> npt.NDArray[np.float32]:
        done.synchronize()
        array: npt.NDArray[np.float32] = host.numpy()
        return array

    return wait
