"""Indexes of ours in mteb: a retriever for ``mteb.evaluate`` that searches index folders (extra ``mteb``).

mteb gives a corpus and asks questions; the index has been built of that corpus before, with what was generated for it.
:func:`write_task_corpus` writes the corpus for that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.datasets.retrieval_set import write_corpus
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput, MissingPrerequisite, UsageError, install_extra
from pyserini_xqg.storage.manifest import Manifest

Scores = dict[str, dict[str, float]]


class XqgRetriever:
    """Index folders as a retriever of ``mteb.evaluate`` (its ``SearchProtocol``).

    Parameters
    ----------
    indexes : str, Path or mapping
        The index folder of the task's corpus; or subset of the task to folder, where each has a corpus of its own.
    name : str
        ``OWNER/NAME``, under which mteb files the results: one for each index, or the results of another are taken
        for this one's.
    device : str or None
        A torch device for the questions.

    Raises
    ------
    MissingPrerequisite
        mteb is not installed.
    MissingInput, InvalidInput
        An index is not there, or is none of ours.
    """

    def __init__(
        self,
        indexes: str | Path | Mapping[str, str | Path],
        name: str,
        device: str | None = None,
    ):
        if find_spec("mteb") is None:
            raise MissingPrerequisite(f"mteb is not installed: {install_extra('mteb')}")
        several = {"": indexes} if isinstance(indexes, str | Path) else indexes
        self._indexes = {subset: Path(folder) for subset, folder in several.items()}
        self._manifests = {subset: Manifest.read(folder) for subset, folder in self._indexes.items()}
        self._name, self._device = name, device

    def index(self, corpus: Iterable[Mapping[str, Any]], *, hf_subset: str, **_: Any) -> None:
        """Whether the index is of mteb's corpus: the same ids.

        Raises
        ------
        InvalidInput
            It is of another one.
        UsageError
            There is no index of this subset.
        """
        folder = self._folder(hf_subset)
        with (folder / "docid").open(encoding="utf-8") as handle:
            there = {line.rstrip("\n") for line in handle}
        asked = {str(record["id"]) for record in corpus}
        if asked != there:
            example = next(iter(asked ^ there))
            raise InvalidInput(
                f"{folder}: its {len(there):,} passages are not the {len(asked):,} of mteb's corpus ({hf_subset}); "
                f"{example!r} is in one of them only. Build it of what write_task_corpus writes"
            )

    def search(self, queries: Iterable[Mapping[str, Any]], *, hf_subset: str, top_k: int, **_: Any) -> Scores:
        """The best passages of each question: id to passage to score, by faiss alone, for which no Java is needed."""
        import faiss

        from pyserini_xqg.plugin.encoders import XqgQueryEncoder

        folder = self._folder(hf_subset)
        asked = [(str(query["id"]), str(query["text"])) for query in queries]
        vectors = XqgQueryEncoder(str(folder), device=self._device).encode_batch([text for _, text in asked])
        ids = (folder / "docid").read_text(encoding="utf-8").splitlines()
        scores, rows = faiss.read_index(str(folder / "index")).search(vectors, min(top_k, len(ids)))
        return {
            name: {ids[row]: float(score) for row, score in zip(best, of_best, strict=True) if row >= 0}
            for (name, _), best, of_best in zip(asked, rows, scores, strict=True)
        }

    @property
    def mteb_model_meta(self) -> Any:
        """What mteb files the results under: the name, with a digest of what the indexes were made of."""
        from mteb.models.model_meta import ModelMeta

        made_from = {
            subset: [manifest.settings, manifest.inputs] for subset, manifest in sorted(self._manifests.items())
        }
        digest = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
        return ModelMeta.create_empty({"name": self._name, "revision": digest[:16], "modalities": ["text"]})

    def _folder(self, subset: str) -> Path:
        found = self._indexes.get(subset, self._indexes.get(""))
        if found is None:
            raise UsageError(f"no index of the subset {subset!r}; there are those of {', '.join(self._indexes)}")
        return found


def write_task_corpus(task: Any, folder: str | Path, *, split: str = "test") -> dict[str, Path]:
    """Write the corpora of a retrieval task of mteb as Pyserini's JSONL, for ``xqg generate`` and ``xqg index``.

    Parameters
    ----------
    task : mteb task
        Of retrieval; it is loaded if it is not yet.
    folder : str or Path
        Gets ``SUBSET.jsonl``.
    split : str

    Returns
    -------
    dict
        Subset to file.

    Raises
    ------
    InvalidInput
        The task has no such split.
    """
    task.load_data()
    task.convert_v1_dataset_format_to_v2(num_proc=None)
    Path(folder).mkdir(parents=True, exist_ok=True)
    made = {}
    for subset, splits in task.dataset.items():
        if split not in splits:
            raise InvalidInput(f"{task.metadata.name}, {subset}: no split {split!r}; there are {', '.join(splits)}")
        passages = (Passage(str(each["id"]), each["text"], each.get("title") or "") for each in splits[split]["corpus"])
        made[subset] = Path(folder, f"{subset}.jsonl")
        write_corpus(passages, made[subset])
    return made
