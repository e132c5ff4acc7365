"""Filtering of scored queries: the best stay."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.generation.kept import check_kept
from pyserini_xqg.storage.files import changed, write_atomically
from pyserini_xqg.storage.jsonl import Record, jsonl_files, read_records
from pyserini_xqg.storage.manifest import MANIFEST, Manifest
from pyserini_xqg.storage.workspace import Workspace, already_made, working_folder

HALF = 16
BINS = 1 << HALF


@dataclass(frozen=True)
class FilterSettings:
    """Which queries stay; what is None does not decide.

    Parameters
    ----------
    keep : float or None
        Share of each language's queries to keep, 0 to 1: those with the best scores.
    least_score : float or None
        Keep only queries with at least this score.
    round_trip : int or None
        Keep only queries that find their passage among the first K.
    """

    keep: float | None = field(default=None, metadata={"metavar": "SHARE"})
    least_score: float | None = None
    round_trip: int | None = field(default=None, metadata={"metavar": "K"})

    def __post_init__(self) -> None:
        if self.keep is None and self.least_score is None and self.round_trip is None:
            raise UsageError("nothing to filter by: a share to keep, a least score or a round trip is expected")
        if self.keep is not None and not 0 < self.keep <= 1:
            raise UsageError(f"keep is {self.keep}: a share above 0, up to 1, is expected")
        if self.least_score is not None and not math.isfinite(self.least_score):
            raise UsageError(f"least_score is {self.least_score}: a finite number is expected")
        if self.round_trip is not None and self.round_trip < 1:
            raise UsageError(f"round_trip is {self.round_trip}: a rank, from 1, is expected")


def filter_queries(scored: str | Path, settings: FilterSettings, output: str | Path) -> Manifest:
    """Make a queries folder of the queries that stay.

    Parameters
    ----------
    scored : str or Path
        A folder made by :func:`pyserini_xqg.generation.score_queries`.
    settings : FilterSettings
    output : str or Path
        The queries folder to make.

    Raises
    ------
    InvalidInput
        `scored` holds no scores.
    UsageError
        A round trip is asked for that was not scored so deep.
    PartlyDone
        The folder is finished, and no query stayed.
    """
    scored, output = Path(scored), Path(output)
    made = _filter(scored, settings, output)
    out: dict[str, int] = made.counts["filtered_out"]
    reasons = {language: {"filtered_out": count} for language, count in out.items()}
    check_kept(made, out, reasons, output, "Filter less: a larger share, a lower least score, a deeper round trip")
    return made


def _filter(scored: Path, settings: FilterSettings, output: Path) -> Manifest:
    made = Manifest.read(scored)
    if made.kind != "scored queries":
        raise InvalidInput(f"{scored} holds {made.kind}; queries scored by xqg score are expected")
    depth = made.settings["depth"]
    if settings.round_trip is not None and (depth is None or settings.round_trip > depth):
        raise UsageError(
            f"{scored} was scored {'without an index' if depth is None else f'to depth {depth}'}, so there is no round "
            f"trip of {settings.round_trip}; score it with --index and --depth {settings.round_trip}"
        )
    with working_folder(output) as folder:
        identity = {
            "settings": _identity(settings),
            "inputs": {**made.inputs, "encoder": json.dumps(made.settings["encoder"], sort_keys=True)},
        }
        if already_made(output, identity):
            shutil.rmtree(folder)
            return Manifest.read(output)
        workspace = Workspace(output, identity)
        if (folder / MANIFEST).exists() and already_made(folder, identity):
            manifest = Manifest.read(folder)
            workspace.finish(manifest)
            return manifest
        workspace.record()  # a run with other settings must not take what this one leaves for its own
        records = _Records(scored)
        thresholds = {} if settings.keep is None else _thresholds(records, settings.keep, made.counts["queries"])
        kept: Counter[str] = Counter()
        without = 0
        for file in records.files:
            lines = []
            for record in records.of(file):
                queries = _kept(record.value, settings, thresholds)
                kept.update({language: len(texts) for language, texts in queries.items()})
                without += not queries
                lines.append(json.dumps({"id": record.value["id"], "queries": queries}, ensure_ascii=False) + "\n")
            write_atomically(folder / file.name, "".join(lines))
        counts = {
            "passages": made.counts["passages"],
            "passages_without_queries": without,
            "queries": dict(sorted(kept.items())),
            "filtered_out": {code: count - kept[code] for code, count in made.counts["queries"].items()},
        }
        manifest = Manifest("queries", identity["settings"], identity["inputs"], counts, {"least_scores": thresholds})
        workspace.finish(manifest)
        return manifest


def check_place(output: Path, settings: FilterSettings) -> None:
    """Whether a queries folder can be made at `output`, as far as it can be said before there are scores.

    Raises
    ------
    UsageError
        Something is there that was not made with these settings.
    """
    inputs = Manifest.read(output).inputs if (output / MANIFEST).exists() else {}
    already_made(output, {"settings": _identity(settings), "inputs": inputs})


def _identity(settings: FilterSettings) -> dict[str, Any]:
    return {"filter": asdict(settings)}


def _kept(record: dict[str, Any], settings: FilterSettings, thresholds: dict[str, float]) -> dict[str, list[str]]:
    """The queries of a record that stay, by language."""
    kept: dict[str, list[str]] = {}
    least = -math.inf if settings.least_score is None else settings.least_score
    for language, texts in record["queries"].items():
        scores = record["scores"][language]
        ranks = record["ranks"][language] if settings.round_trip is not None else [1] * len(texts)
        bound = thresholds.get(language, -math.inf)
        deepest = settings.round_trip or 1
        chosen = [
            text
            for text, score, rank in zip(texts, scores, ranks, strict=True)
            if score >= least and np.float32(score) >= bound and rank is not None and rank <= deepest
        ]
        if chosen:
            kept[language] = chosen
    return kept


class _Records:
    """Scored records, which are read more than once and may not change meanwhile."""

    def __init__(self, scored: Path):
        self.files = jsonl_files(scored)
        self._sha256: dict[Path, str] = {}

    def of(self, file: Path) -> Iterator[Record]:
        """The records of a file; at its end it is looked whether it is what it was before."""
        digest = hashlib.sha256()
        yield from read_records(file, on_bytes=digest.update)
        if self._sha256.setdefault(file, digest.hexdigest()) != digest.hexdigest():
            raise changed(file)


def _thresholds(scored: _Records, keep: float, queries: dict[str, int]) -> dict[str, float]:
    """For each language the score of the last query among the best share, exactly, in two passes and fixed memory.

    A pass counts scores by the upper half of their bits, in an order that is that of the numbers; the second looks into
    the bin that the share ends in.
    """
    wanted = {language: max(1, round(keep * count)) for language, count in queries.items() if count}
    upper = {language: np.zeros(BINS, dtype=np.int64) for language in wanted}
    for language, keys in _ordered_scores(scored):
        upper[language] += np.bincount(keys >> HALF, minlength=BINS)
    bins = {}
    for language, counted in upper.items():
        bins[language], wanted[language] = _bin_from_top(counted, wanted[language])
    lower = {language: np.zeros(BINS, dtype=np.int64) for language in wanted}
    for language, keys in _ordered_scores(scored):
        lower[language] += np.bincount(keys[keys >> HALF == bins[language]] & (BINS - 1), minlength=BINS)
    last = {language: _bin_from_top(counted, wanted[language])[0] for language, counted in lower.items()}
    return {language: _number(bins[language] << HALF | last[language]) for language in wanted}


def _bin_from_top(counted: npt.NDArray[np.int64], wanted: int) -> tuple[int, int]:
    """The bin with the `wanted`-th largest, and how many of those counted in it are among the `wanted`."""
    from_top = counted[::-1].cumsum()
    place = int(np.searchsorted(from_top, wanted))
    return BINS - 1 - place, wanted - int(from_top[place - 1] if place else 0)


def _ordered_scores(scored: _Records) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """The scores of every file and language as integers of 32 bits in the same order."""
    for file in scored.files:
        found: dict[str, list[float]] = {}
        for record in scored.of(file):
            for language, scores in record.value["scores"].items():
                found.setdefault(language, []).extend(scores)
        for language, values in found.items():
            bits = np.array(values, dtype=np.float32).view(np.int32).astype(np.int64)
            yield language, np.where(bits < 0, -bits - 1, bits + (1 << 31))


def _number(key: int) -> float:
    bits = key - (1 << 31) if key >= 1 << 31 else -key - 1
    return float(np.array(bits, dtype=np.int64).astype(np.int32).view(np.float32))
