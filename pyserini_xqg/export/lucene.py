"""Lucene's dense indexes, built by the Anserini that Pyserini brings, in a Java process."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from pyserini_xqg.errors import MissingPrerequisite, XqgError
from pyserini_xqg.plugin import java

CLASSES = {"lucene-flat": "IndexFlatDenseVectors", "lucene-hnsw": "IndexHnswDenseVectors"}
# One segment: a search in several graphs finds other passages than one in the whole.
GRAPH = ("-M", "16", "-efC", "100", "-optimize")
# The heap is a quarter of the memory unless Java is told otherwise, and the default buffer of 4 GB a part of it.
BUFFER_MB = 1024
DONE, SCRATCH, LOG, LINES = "lucene", "lucene-", "lucene.log", 8

log = logging.getLogger("pyserini_xqg")


class LuceneIndexer:
    """Anserini's indexing of dense vectors.

    Raises
    ------
    MissingPrerequisite
        There is no Java that Pyserini can use, or no Pyserini with Anserini in it.
    """

    def __init__(self) -> None:
        runtime = java.find()
        if runtime is None:
            raise MissingPrerequisite(
                f"Lucene's indexes need Java {java.MINIMUM} or later: install it, or {java.INSTALL}"
            )
        spec = importlib.util.find_spec("pyserini")
        places = list(spec.submodule_search_locations or []) if spec is not None else []
        jars = [jar for place in places for jar in Path(place, "resources", "jars").glob("anserini-*-fatjar.jar")]
        if not jars:
            raise MissingPrerequisite("Anserini is not there, which Pyserini brings; pip install pyserini")
        module = [] if runtime.lacks_vector_module else ["--add-modules", java.VECTOR_MODULE]
        self._command = [str(runtime.home / "bin" / "java"), "-Duser.language=en", *module, "-cp", str(max(jars))]

    def index(self, form: str, vectors: Path, folder: Path, rows: int, threads: int | None) -> None:
        """Build ``lucene`` in `folder`; if it is there already, nothing is done.

        Parameters
        ----------
        form : {"lucene-flat", "lucene-hnsw"}
        vectors : Path
            A folder of JSON lines, see :func:`~pyserini_xqg.export.vector_parts.write_jsonl`.
        folder : Path
        rows : int
            How many vectors there are.
        threads : int or None
            None: 1 for a graph, all otherwise.

        Raises
        ------
        XqgError
            Java failed, or has indexed another number of vectors.
        """
        if (folder / DONE).is_dir():
            return
        # A Java that outlived a run that was killed writes into a folder of its own, and fails when that goes.
        for left in folder.glob(f"{SCRATCH}*/"):
            shutil.rmtree(left, ignore_errors=True)
        place = Path(tempfile.mkdtemp(dir=folder, prefix=SCRATCH))
        is_graph = form == "lucene-hnsw"
        # fmt: off
        given = [
            f"io.anserini.index.{CLASSES[form]}", "-collection", "JsonDenseVectorCollection", "-input", vectors,
            "-index", place, "-generator", "DenseVectorDocumentGenerator", "-memoryBuffer", BUFFER_MB,
            "-threads", threads or (1 if is_graph else os.cpu_count() or 1), *(GRAPH if is_graph else ()),
        ]
        # fmt: on
        log.info("Anserini indexes %d vectors", rows)
        with (folder / LOG).open("w+", encoding="utf-8", errors="replace") as said:
            ended = subprocess.run(
                [*self._command, *map(str, given)], stdout=said, stderr=subprocess.STDOUT, check=False
            )
            said.seek(0)
            text = said.read()
        found = re.search(r"indexed: +([\d,]+)", text)
        indexed = int(found[1].replace(",", "")) if found else 0
        if ended.returncode or indexed != rows:
            last = "\n".join(text.strip().splitlines()[-LINES:])
            raise XqgError(
                f"Anserini has indexed {indexed} of {rows} vectors (Java ended with {ended.returncode}). Is there "
                "memory and disk space? JAVA_TOOL_OPTIONS=-Xmx16g gives Java more; the same command goes on from the "
                f"vectors. Its last lines:\n{last}"
            )
        place.replace(folder / DONE)


def settle(folder: Path, vectors: Path) -> None:
    """Leave nothing but the index in `folder`, and what is none of it; can be called again where it was stopped."""
    done = folder / DONE
    if done.is_dir():
        for file in done.iterdir():
            file.replace(folder / file.name)
        done.rmdir()
    (folder / LOG).unlink(missing_ok=True)
    for left in (vectors, *folder.glob(f"{SCRATCH}*/")):
        shutil.rmtree(left, ignore_errors=True)
