"""Folder of an index in the making: what the index is to be, whether it is there already, and its form at the end."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from pathlib import Path

from pyserini_xqg.encoding.folder import describe_encoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.form import IndexForm
from pyserini_xqg.indexing.kept_scan import forget_scan
from pyserini_xqg.indexing.on_disk import forget_parts
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.indexing.vector_files import VectorFiles
from pyserini_xqg.storage.identity import differences, identity_of
from pyserini_xqg.storage.manifest import MANIFEST, Manifest, as_json
from pyserini_xqg.storage.workspace import Workspace, already_made

log = logging.getLogger("pyserini_xqg")


class IndexFolder:
    """An index in the making.

    Parameters
    ----------
    folder, output : Path
        Where the work is done, and where the index goes.
    encoder : EncoderSettings
        As they were resolved on the model.
    dimension, rows : int
    augmentation : AugmentationSettings
    form : IndexSettings
    part_size : int
    inputs : mapping
        What it is made from, by kind; None where there is nothing of a kind.

    Attributes
    ----------
    manifest : Manifest
        Of the index; counts and details are the builder's.

    Raises
    ------
    UsageError
        faiss has no such form of index.
    """

    def __init__(
        self,
        folder: Path,
        output: Path,
        encoder: EncoderSettings,
        dimension: int,
        rows: int,
        augmentation: AugmentationSettings,
        form: IndexSettings,
        part_size: int,
        inputs: Mapping[str, str | None],
    ):
        self._folder, self._output = folder, output
        self._form = IndexForm(form, dimension, rows)
        self._vector_settings = {
            "encoder": describe_encoder(encoder, output),
            "augmentation": augmentation.to_dict(),
            "part_size": part_size,
            "keep_vectors": form.keep_vectors,
        }
        described = form.to_dict()
        if first := described.pop("keep_first", None):
            self._vector_settings["keep_first"] = first
        made_from = {name: sha256 for name, sha256 in inputs.items() if sha256 is not None}
        self.manifest = Manifest("index", as_json({**self._vector_settings, "index": described}), made_from)

    def there(self) -> Manifest | None:
        """The manifest of the same index, if it is at the output already; then the working folder goes.

        Raises
        ------
        UsageError
            Something else is there.
        """
        if not already_made(self._output, {"settings": self.manifest.settings, "inputs": self.manifest.inputs}):
            return None
        log.info("%s is there already, made with the same settings from the same inputs", self._output)
        shutil.rmtree(self._folder)
        return Manifest.read(self._output)

    def workspace(self) -> Workspace:
        """The record of the work: without the form of the index, which can be chosen anew when faiss does not take the
        vectors, or when memory is too little.

        Raises
        ------
        UsageError
            The memory that the index may take is too little to make it.
        """
        self._form.settle()
        return Workspace(self._output, as_json({"settings": self._vector_settings, "inputs": self.manifest.inputs}))

    def whole(self) -> Manifest | None:
        """The manifest, if all is done but the move to the output."""
        identity = {"settings": self.manifest.settings, "inputs": self.manifest.inputs}
        if (self._folder / MANIFEST).exists() and already_made(self._folder, identity):
            return Manifest.read(self._folder)
        return None

    def same_settings(self, there: Manifest) -> None:
        """Refuse an index that was made with other settings; whether its inputs are the same is not looked at.

        Raises
        ------
        UsageError
            It was.
        """
        found, asked = (identity_of({"settings": each.settings}) for each in (there, self.manifest))
        if found != asked:
            raise UsageError(
                f"{self._output} is there, made with other settings: {differences(found, asked)}. Choose another "
                "output, or remove it"
            )

    def fill(self) -> None:
        """Make the index of the vectors, once all are there; a flat one they are."""
        self.manifest.details |= self._form.fill(self._folder / VectorFiles.FLAT)

    def settle(self) -> None:
        """The scan and the vectors have been needed; these are the flat index, or its working file."""
        forget_scan(self._folder)
        forget_parts(self._folder)
        vectors = self._folder / VectorFiles.FLAT
        if (self._folder / "index").exists():
            vectors.unlink(missing_ok=True)
        else:
            vectors.replace(self._folder / "index")
