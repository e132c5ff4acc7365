"""Lower layers of an encoder that no training changes: what they make of a text is computed once, for all models.

Where the last four of twelve layers are trained, two thirds of the computation are the same for every model, every
epoch and every text. The states are bfloat16, in an SQLite file by the text's tokens; a run that was stopped finds them
again.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from pyserini_xqg.encoding.loading import load_model
from pyserini_xqg.encoding.settings import EncoderSettings

TOKENS_AT_ONCE = 1024


class FrozenLayers:
    """The states of texts after the lower layers of a BERT.

    Parameters
    ----------
    base : Path
        The model before any training.
    layers : int
        How many are not trained; the embeddings are not either.
    file : Path
        Where the states are kept.
    """

    def __init__(self, base: Path, layers: int, file: Path):
        self.layers = layers
        model, _ = load_model(EncoderSettings(str(base), dtype="bfloat16"), "cpu", "passage")
        self._padding: int = model.tokenizer.pad_token_id
        self._bert: Any = model[0].model.eval()
        self._bert.encoder.layer = self._bert.encoder.layer[:layers]
        file.parent.mkdir(parents=True, exist_ok=True)
        self._store = sqlite3.connect(file, timeout=600, check_same_thread=False)
        self._store.execute("CREATE TABLE IF NOT EXISTS states (tokens BLOB PRIMARY KEY, state BLOB) WITHOUT ROWID")

    def use_in(self, model: SentenceTransformer) -> None:
        """Have a model that was trained from the same base take its lower layers' states from here."""
        bert: Any = model[0].model
        bert.embeddings.forward = lambda input_ids, **_: self.states(input_ids).to(bert.dtype)
        for layer in bert.encoder.layer[: self.layers]:
            layer.forward = lambda states, *_, **__: states

    def states(self, ids: torch.Tensor) -> torch.Tensor:
        """bfloat16, shape (texts, tokens, dimension), zeros where a text is padded; `ids` of shape (texts, tokens)."""
        rows = [row[row != self._padding].to(torch.int32) for row in ids]
        keys = [row.numpy().tobytes() for row in rows]
        self._compute({key: row for key, row in zip(keys, rows, strict=True) if self._found(key) is None})
        states = torch.zeros((*ids.shape, self._bert.config.hidden_size), dtype=torch.bfloat16)
        for number, key in enumerate(keys):
            found = self._found(key)
            assert found is not None
            own = torch.from_numpy(np.frombuffer(found, np.int16).reshape(-1, states.shape[2]).copy())
            states[number, : len(own)] = own.view(torch.bfloat16)
        return states

    def _found(self, key: bytes) -> bytes | None:
        row = self._store.execute("SELECT state FROM states WHERE tokens = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def _compute(self, texts: dict[bytes, torch.Tensor]) -> None:
        """Store the states of texts, of which each batch has similar lengths."""
        waiting = sorted(texts.items(), key=lambda each: len(each[1]))
        while waiting:
            number = max(1, TOKENS_AT_ONCE // len(waiting[-1][1]))
            batch, waiting = waiting[-number:], waiting[:-number]
            ids = torch.nn.utils.rnn.pad_sequence([row for _, row in batch], True, self._padding).long()
            with torch.inference_mode(), torch.autocast("cpu", enabled=False):
                states = self._bert(ids, (ids != self._padding).long()).last_hidden_state
            with self._store:
                self._store.executemany(
                    "INSERT OR IGNORE INTO states VALUES (?, ?)",
                    [
                        (key, state[: len(row)].view(torch.int16).numpy().tobytes())
                        for (key, row), state in zip(batch, states, strict=True)
                    ],
                )
