"""An encoder of questions that remembers them: sweeps of several indexes and settings ask the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from pyserini_xqg.encoding.encoder import Progress, TextEncoder, Vectors, no_progress
from pyserini_xqg.encoding.settings import EncoderSettings, Kind


def remembering(folder: Path) -> Callable[[EncoderSettings, str | None, Kind], TextEncoder]:
    """Opens encoders that encode each text once and keep its vector in a file of `folder`; each of them once."""
    opened: dict[EncoderSettings, TextEncoder] = {}

    def open_encoder(settings: EncoderSettings, device: str | None, side: Kind) -> TextEncoder:
        if settings not in opened:
            opened[settings] = RememberingEncoder(settings, device, side, folder)
        return opened[settings]

    return open_encoder


class RememberingEncoder(TextEncoder):
    """Encodes each text once, and keeps its vector in a file."""

    def __init__(self, settings: EncoderSettings, device: str | None, side: Kind, folder: Path):
        super().__init__(settings, device, side)
        model = hashlib.sha256(str(self.settings.as_dict()).encode()).hexdigest()[:12]
        self._file = folder / f"vectors-{model}.npz"
        self._known: dict[str, Vectors] = {}
        if self._file.exists():
            with np.load(self._file) as kept:
                self._known = dict(zip(kept["texts"].tolist(), kept["vectors"], strict=True))

    def encode(self, texts: Sequence[str | tuple[str, str]], kind: Kind, progress: Progress = no_progress) -> Vectors:
        """See :meth:`TextEncoder.encode`."""
        names = [hashlib.sha256(f"{kind} {text}".encode()).hexdigest() for text in texts]
        new = {name: text for name, text in zip(names, texts, strict=True) if name not in self._known}
        if new:
            self._known |= dict(zip(new, super().encode(list(new.values()), kind, progress), strict=True))
            np.savez(self._file, texts=np.array(list(self._known)), vectors=np.array(list(self._known.values())))
        return np.array([self._known[name] for name in names])
