"""An encoder of questions that remembers them: sweeps of several indexes and settings ask the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pyserini_xqg.encoding.encoder import Kind, Progress, TextEncoder, Vectors, no_progress
from pyserini_xqg.encoding.folder import read_encoder


class RememberingEncoder(TextEncoder):
    """Encodes each text once, and keeps its vector in a file of the model's.

    Parameters
    ----------
    index : Path
        The index whose questions' encoder it is.
    folder : Path
        For the file.
    """

    def __init__(self, index: Path, folder: Path):
        super().__init__(read_encoder(index, "query"), None, "query")
        model = hashlib.sha256(str(self.settings.as_dict()).encode()).hexdigest()[:12]
        self._file = folder / f"questions-{model}.npz"
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
