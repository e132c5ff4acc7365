"""Export of an index: its vectors in files or as an index of Lucene, and encoded questions beside them."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.folder import describe_encoder, read_encoder
from pyserini_xqg.errors import UsageError, XqgError
from pyserini_xqg.export.encoded_queries import write_encoded_queries
from pyserini_xqg.export.lucene import LuceneIndexer, settle
from pyserini_xqg.export.rows import Blocks, IndexRows
from pyserini_xqg.export.scaling import divisor_of
from pyserini_xqg.export.settings import LUCENE, ExportSettings
from pyserini_xqg.export.vector_parts import NUMBER_BYTES, Writer, require_pyarrow, write_jsonl, write_parquet
from pyserini_xqg.storage.files import free_bytes, sha256_of
from pyserini_xqg.storage.manifest import MANIFEST, Manifest, as_json, holds_encoder
from pyserini_xqg.storage.parts import FileParts
from pyserini_xqg.storage.workspace import Workspace, already_made, working_folder

VECTORS = "vectors"

log = logging.getLogger("pyserini_xqg")


def export_index(
    index: str | Path,
    output: str | Path,
    settings: ExportSettings,
    *,
    device: str | None = None,
    show_progress: bool = False,
) -> Manifest:
    """Export a flat index, ours or one of stock Pyserini.

    Parameters
    ----------
    index : str or Path
        The folder of the index.
    output : str or Path
        The folder to make. Files of vectors are in ``vectors/``; an index of Lucene is the folder itself.
    settings : ExportSettings
    device : str or None
        Where the model of the questions runs; None: the best there is.
    show_progress : bool
        Whether to show progress on standard error.

    Returns
    -------
    Manifest
        Of what was made. If the same export is there already, nothing is done.

    Raises
    ------
    MissingPrerequisite
        pyarrow, Java or Pyserini is not there, and the format needs it.
    MissingInput, InvalidInput
        There is no such index, or it is not flat.
    UsageError
        Questions are to be encoded and the index names no encoder.
    XqgError
        The disk has not the space, or Anserini failed.
    """
    index, output = Path(index), Path(output)
    export = _Export(index, output, settings, device, show_progress)
    with working_folder(output) as folder:
        identity = {"settings": export.manifest.settings, "inputs": export.manifest.inputs}
        if already_made(output, identity):
            log.info("%s is there already, made with the same settings from the same index", output)
            shutil.rmtree(folder)
            return Manifest.read(output)
        workspace = Workspace(output, as_json(identity))
        if (folder / MANIFEST).exists() and already_made(folder, identity):
            made = Manifest.read(folder)  # all was done but the move
        else:
            made = export.make(workspace)
        workspace.finish(made, export.settled(folder))
        return made


class _Export:
    """An export: what it needs is looked at before anything is written."""

    def __init__(self, index: Path, output: Path, settings: ExportSettings, device: str | None, show_progress: bool):
        self._settings, self._index, self._device, self._show = settings, index, device, show_progress
        if settings.format == "parquet":
            require_pyarrow()
        self._lucene = LuceneIndexer() if settings.format in LUCENE else None
        self._rows = IndexRows(index) if settings.format != "queries" else None
        self._topics: dict[str, list[str | Path]] = {}
        for language, file in settings.topics:
            self._topics.setdefault(language, []).append(file)
        described: dict[str, Any] = {"format": settings.format, "threads": settings.threads}
        inputs = {} if self._rows is None else self._rows.hashes()
        if self._rows is not None:
            described["part_size"] = settings.part_size
        if self._topics:
            if not holds_encoder(index):
                raise UsageError(f"{index} does not name its encoder, so --topics cannot be encoded; leave them out")
            self._encoder = read_encoder(index, "query")
            described["encoder"] = describe_encoder(self._encoder, output)
            for language, files in self._topics.items():
                inputs[f"topics.{language}"] = ",".join(sha256_of(Path(file)) for file in files)
        self.manifest = Manifest("export", as_json(described), inputs)

    def make(self, workspace: Workspace) -> Manifest:
        """Make all that is not there yet; the manifest with its counts."""
        workspace.record()
        folder, manifest = workspace.folder, self.manifest
        if self._rows is not None:
            manifest.counts = {"passages": self._rows.count, "dimension": self._rows.dimension}
            self._write_vectors(self._rows, workspace)
        if self._topics:
            encoder = TextEncoder(self._encoder.of_side("query"), self._device, "query")
            manifest.counts["questions"] = write_encoded_queries(self._topics, encoder, folder)
        return manifest

    def settled(self, folder: Path) -> Callable[[], object]:
        """What removes from `folder` what only the work needs."""
        return (lambda: None) if self._lucene is None else (lambda: settle(folder, folder / VECTORS))

    def _write_vectors(self, rows: IndexRows, workspace: Workspace) -> None:
        folder, settings = workspace.folder, self._settings
        if self._lucene is not None and (folder / "lucene").is_dir():
            self.manifest.details["vectors_divided_by"] = workspace.notes["divisor"]
            return
        divisor = 1.0
        if self._lucene is not None:
            if "divisor" not in workspace.notes:
                workspace.record(divisor=divisor_of(rows.longest()))
            self.manifest.details["vectors_divided_by"] = divisor = workspace.notes["divisor"]
        (folder / VECTORS).mkdir(exist_ok=True)
        write: Writer = write_parquet if settings.format == "parquet" else write_jsonl
        parts = FileParts(
            folder,
            f"{VECTORS}/part",
            -(-rows.count // settings.part_size),
            ".parquet" if settings.format == "parquet" else ".jsonl",
        )
        missing = list(parts.missing())
        todo = sum(min(settings.part_size, rows.count - number * settings.part_size) for number in missing)
        _check_space(folder, settings.format, rows.dimension, todo, rows.count)
        options = {"unit": " passages", "unit_scale": True, "dynamic_ncols": True, "initial": rows.count - todo}
        with tqdm(desc="exporting", total=rows.count, disable=not self._show, **options) as bar:
            for number, blocks in rows.parts(missing, settings.part_size):
                with parts.writing(number) as file:
                    write(file, _scaled(blocks, divisor, bar.update), rows.dimension)
        if self._lucene is not None:
            self._lucene.index(settings.format, folder / VECTORS, folder, rows.count, settings.threads)


def _scaled(blocks: Blocks, divisor: float, progress: Callable[[int], object]) -> Blocks:
    for ids, vectors in blocks:
        yield ids, vectors if divisor == 1 else vectors / np.float32(divisor)
        progress(len(ids))


def _check_space(folder: Path, format: str, dimension: int, todo: int, rows: int) -> None:
    needed = todo * dimension * (4 if format == "parquet" else NUMBER_BYTES)
    needed += rows * dimension * 4 if format in LUCENE else 0
    if needed > (free := free_bytes(folder)):
        raise XqgError(
            f"the export needs up to {needed / 1e9:.1f} GB and {folder} has {free / 1e9:.1f} GB free; free some space, "
            "or choose another output"
        )
