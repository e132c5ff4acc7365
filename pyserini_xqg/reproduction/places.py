"""What a condition needs, where it is, and what is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.published.base import Source
from pyserini_xqg.collection.published.fetching import Sources
from pyserini_xqg.encoding.bundled_model import BUNDLED, multilingual_e5_small
from pyserini_xqg.encoding.hub import unavailable
from pyserini_xqg.errors import MissingInput, MissingPrerequisite, UsageError, XqgError
from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER, find_dictionary
from pyserini_xqg.reproduction.conditions import Condition
from pyserini_xqg.storage.files import free_bytes
from pyserini_xqg.storage.manifest import Manifest


@dataclass(frozen=True, kw_only=True)
class PlaceSettings:
    """Where what a condition needs is at hand, and where it is worked.

    Parameters
    ----------
    output : Path
        Folder for the runs, one below it for each condition.
    local : mapping
        A folder that stands for a data set (its published files, or what xqg data wrote), other files or a model
        of the hub, by the name that the condition has for it; repeated.
    dictionaries : Path or None
        Folder of the lexicon's dictionaries; None: /usr/share/dictd.
    """

    output: Path = Path("indexes/reproductions")
    local: Mapping[str, str] = field(default_factory=dict, metadata={"metavar": "NAME=FOLDER"})
    dictionaries: Path | None = None


class Places:
    """The places of one condition.

    Parameters
    ----------
    condition : Condition
    settings : PlaceSettings

    Attributes
    ----------
    work : Path
        The folder of its runs.
    by_name : dict
        What stands for the names in its commands.
    """

    def __init__(self, condition: Condition, settings: PlaceSettings):
        self._condition, self._settings = condition, settings
        self.work = settings.output / condition.name
        self.by_name = {"work": str(self.work), "dictionaries": str(settings.dictionaries or FOLDER)}
        self.by_name |= {name: str(self._of_data(name)) for name in condition.data}
        self.by_name |= {name: settings.local.get(name, str(self.work / name)) for name in condition.files}
        self.by_name |= {name: settings.local.get(model, model) for name, model in condition.models.items()}

    def data_steps(self) -> list[list[str]]:
        """The commands that write the data sets, those left out that are given as xqg data wrote them."""
        steps = []
        for name, asked in self._condition.data.items():
            place = self._settings.local.get(name)
            if place is None or not _is_written(place):
                words = ["xqg", "data", name]
                for key, option in (("split", "--split"), ("languages", "--language"), ("with", "--with")):
                    if value := asked.get(key):
                        words += [option, value if isinstance(value, str) else ",".join(value)]
                words += [] if place is None else ["--from", place]
                steps.append([*words, "--to", self.by_name[name]])
        return steps

    def missing(self) -> list[str]:
        """What is not there that can be seen before anything is run."""
        found = [*map(self._missing_model, self._condition.models.values()), *self._missing_files()]
        for language in self._condition.dictionaries:
            found.append(_said(lambda code=language: find_dictionary(code, Path(self.by_name["dictionaries"]))))
        free = free_bytes(self.work.absolute()) / 1e9
        if free < self._condition.disk:
            found.append(f"{self._condition.disk} GB of disk at {self.work}: {free:.0f} are free")
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
        if memory < self._condition.memory:
            found.append(f"{self._condition.memory} GB of memory: there are {memory:.0f}")
        return [each for each in found if each]

    def gather(self) -> None:
        """Put what is needed where the commands look for it: files of the web.

        Raises
        ------
        XqgError
            Something is missing.
        """
        for name, urls in self._condition.files.items():
            if name not in self._settings.local:
                folder = self.work / name
                folder.mkdir(parents=True, exist_ok=True)
                for file in folder.iterdir():
                    file.unlink()  # links of a run before
                Sources().gather([*map(Source, urls)], folder)

    def _of_data(self, name: str) -> Path:
        given = self._settings.local.get(name)
        return Path(given) if given is not None and _is_written(given) else self._shared(name)

    def _shared(self, name: str) -> Path:
        """Where a data set is written: conditions that want the same of it have it in common."""
        asked = self._condition.data[name]
        wanted = [asked.get("split", ""), *asked.get("languages", ()), *asked.get("with", ())]
        return self._settings.output / "data" / "-".join(filter(None, [name, *wanted]))

    def _missing_model(self, model: str) -> str | None:
        chosen = self._settings.local.get(model, model)
        if chosen == BUNDLED:
            return _said(multilingual_e5_small)
        fault = unavailable(chosen)
        return fault and f"{fault} (--local {model}=FOLDER names a copy)"

    def _missing_files(self) -> list[str]:
        return [
            f"{name}: give a folder with these files, --local {name}=FOLDER"
            for name, urls in self._condition.files.items()
            if not urls and name not in self._settings.local
        ]


def check_given(conditions: list[Condition], settings: PlaceSettings) -> None:
    """Whether what was given is of use to one of the conditions.

    Raises
    ------
    UsageError
        A name is none of theirs.
    MissingInput
        A folder is not there.
    """
    known = {name for each in conditions for name in (*each.data, *each.files, *each.models.values())} - {BUNDLED}
    for name, folder in settings.local.items():
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise UsageError(f"--local {name}: nothing is called so here; there are {there}")
        if not Path(folder).is_dir():
            raise MissingInput(f"--local {name}={folder}: no such folder")


def _is_written(folder: str) -> bool:
    try:
        return Manifest.read(folder).kind == "data"
    except XqgError:
        return False


def _said(attempt: Any) -> str | None:
    """Why an attempt fails; None: it does not."""
    try:
        attempt()
    except (MissingPrerequisite, MissingInput) as error:
        return str(error)
    return None
