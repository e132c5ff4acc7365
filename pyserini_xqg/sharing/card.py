"""Card of a shared folder, ``README.md``, from its manifest: what it is, what made it, how it is used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pyserini_xqg.storage.manifest import Manifest

# Kind of a folder to what to do with it.
USES = {
    "index": [
        "xqg pull {repo} --to {folder}",
        "python -m pyserini.search.faiss --index {folder} --encoder-class xqg --encoder {folder} --topics topics.tsv "
        "--output run.txt",
    ],
    "queries": [
        "xqg index --corpus corpus.jsonl --queries hf:{repo} --encoder MODEL --output indexes/mine",
    ],
    "model": [
        "xqg pull {repo} --to {folder}",
        "xqg index --corpus corpus.jsonl --encoder {folder} --output indexes/mine",
    ],
}
TITLES = {
    "index": "A Pyserini FAISS index",
    "queries": "Generated queries",
    "model": "A model",
}


def card(manifest: Manifest, repo: str) -> str:
    """The card, in Markdown, with the hub's metadata as YAML at its head.

    Parameters
    ----------
    manifest : Manifest
        Of the folder.
    repo : str
        ``OWNER/NAME``.
    """
    uses = USES.get(manifest.kind, ["xqg pull {repo} --to {folder}"])
    names = {"repo": repo, "folder": repo.partition("/")[2]}
    parts = [
        "---\ntags:\n- pyserini\n- pyserini-xqg\n---",
        f"# {names['folder']}",
        f"{TITLES.get(manifest.kind, f'A folder ({manifest.kind})')}, made by pyserini-xqg "
        f"{manifest.packages.get('pyserini-xqg', '')}.",
        "\n".join(f"    {line.format_map(names)}" for line in uses),
        *_table("What it holds", manifest.counts),
        *_table("Settings", manifest.settings),
        *_table("Packages that made it", manifest.packages),
        "All of it stands in `xqg.json`.",
    ]
    return "\n\n".join(parts) + "\n"


def _table(title: str, values: Mapping[str, Any]) -> list[str]:
    rows = [f"| {name} | {_cell(value)} |" for name, value in _flat(values)]
    return ["\n".join([f"## {title}", "", "| | |", "|---|---|", *rows])] if rows else []


def _flat(values: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """Parts of parts by names with dots."""
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            found += _flat(value, f"{above}{name}.")
        elif value not in (None, {}, []):
            found.append((f"{above}{name}", value))
    return found


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.split()).replace("|", "\\|")
