"""Python, the plugin, devices and caches."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from pyserini_xqg import plugin
from pyserini_xqg.plugin.doctor.finding import Finding
from pyserini_xqg.plugin.doctor.packages import PACKAGE, version_of
from pyserini_xqg.plugin.doctor.start import last_line

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)


def check_python(running: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Whether this Python is one that is supported."""
    fits = OLDEST_PYTHON <= running[:2] <= NEWEST_PYTHON
    supported = " to ".join(".".join(map(str, bound)) for bound in (OLDEST_PYTHON, NEWEST_PYTHON))
    return Finding(
        "Python",
        f"{'.'.join(map(str, running))} on {platform.system()} {platform.machine()}, {sys.executable}",
        None if fits else f"use Python {supported}",
    )


def check_plugin() -> Finding:
    """Whether Pyserini learns of the encoders when Python starts."""
    if plugin.installed():
        return Finding("plugin", "in place")
    without = "Pyserini knows no --encoder-class xqg, and JAVA_HOME and PATH alone decide on Java"
    if os.environ.get(plugin.SWITCH) == "0":
        return Finding("plugin", f"switched off by {plugin.SWITCH}=0; {without}", f"unset {plugin.SWITCH}")
    return Finding(
        "plugin",
        f"not in place: Python did not process pyserini_xqg.pth; {without}",
        f"pip install {PACKAGE} again, in a virtual environment, or run python -m pyserini_xqg search.faiss ...",
    )


def check_devices() -> Iterator[Finding]:
    """What torch can compute on; nothing where it is not installed."""
    try:
        import torch
    except Exception as error:  # a broken library can raise anything
        if version_of("torch") is not None:
            told = f"{type(error).__name__}: {last_line(str(error))}"
            yield Finding("devices", f"torch cannot be imported ({told})", "pip install --force-reinstall torch")
        return
    devices = [
        f"cuda:{number} {properties.name} ({properties.total_memory / 1e9:,.0f} GB)"
        for number in range(torch.cuda.device_count())
        for properties in [torch.cuda.get_device_properties(number)]
    ]
    if torch.backends.mps.is_available():
        devices.append("mps")
    devices.append(f"cpu ({torch.get_num_threads()} threads)")
    if torch.version.cuda is None and shutil.which("nvidia-smi") is not None:
        devices.append("this torch is built without CUDA, though nvidia-smi is here")
    yield Finding("devices", ", ".join(devices))


def check_caches() -> Iterator[Finding]:
    """Where models are kept, and how much they take."""
    try:
        from huggingface_hub import constants
    except ImportError:
        yield Finding("model cache", "huggingface_hub cannot be imported", "pip install huggingface_hub")
    else:
        offline = ", not asked over the network (HF_HUB_OFFLINE)" if constants.HF_HUB_OFFLINE else ""
        yield Finding("model cache", _place_and_size(Path(constants.HF_HUB_CACHE)) + offline)
    from pyserini_xqg.storage.files import cache_folder

    yield Finding("converted models", _place_and_size(cache_folder()))


def _place_and_size(folder: Path) -> str:
    if not folder.is_dir():
        return f"{folder}, not there yet"
    # Links of the Hugging Face cache point into it: each file counts once.
    files = (Path(place, name) for place, _, names in os.walk(folder) for name in names)
    size = 0
    for file in files:
        try:
            size += 0 if file.is_symlink() else file.stat().st_size
        except OSError:  # gone meanwhile
            continue
    return f"{folder}, {size / 1e6:,.0f} MB"
