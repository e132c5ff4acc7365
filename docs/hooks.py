"""What MkDocs does beside its plugins: files of the project outside of docs become pages, and links between all fit.

Documents link to files as they lie in the project, so that they can be read there too.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
# Files of the project to pages of the site.
OUTSIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
    "LICENSE": "licence.md",
    "SECURITY.md": "security.md",
    "benchmarks/README.md": "benchmarks.md",
    "pyserini_xqg/demo/collection/README.md": "demo-collection.md",
}
SOURCES = {page: file for file, page in OUTSIDE.items()}
API, MARK = "reference/api.md", "<!-- the public names -->"
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)(?P<place>[^)\s#]+)(?P<anchor>#[^)\s]*)?(?=\))")
EXPORT = re.compile(r"^from \.(?P<module>[\w.]*) import (?P<name>\w+) as (?P=name)$", re.MULTILINE)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages whose files lie outside of docs."""
    for file, page in OUTSIDE.items():
        text = (ROOT / file).read_text(encoding="utf-8")
        if not file.endswith(".md"):
            text = f"# Licence\n\n```text\n{text.rstrip()}\n```\n"
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Have links lead to pages, and list the public names."""
    here = page.file.src_uri
    source = SOURCES.get(here, f"docs/{here}")

    def to_page(link: re.Match[str]) -> str:
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["place"]))
        target = OUTSIDE.get(file, file.removeprefix("docs/"))
        if file.startswith("pyserini_xqg/") and file not in OUTSIDE:
            target = API
        return posixpath.relpath(target, posixpath.dirname(here) or ".") + (link["anchor"] or "")

    return LINK.sub(to_page, markdown.replace(MARK, public_names() if here == API else MARK))


def public_names() -> str:
    """Each folder of the package with a directive for each of its public names."""
    sections = []
    for stub in sorted((ROOT / "pyserini_xqg").rglob("__init__.pyi")):
        package = ".".join(stub.parent.relative_to(ROOT).parts)
        names = [
            f"::: {package}.{found['module']}.{found['name']}".replace("..", ".")
            for found in EXPORT.finditer(stub.read_text(encoding="utf-8"))
        ]
        if names:
            sections.append("\n\n".join([f"## `{package}`", *names]))
    return "\n\n".join([*sections, "## mteb", "::: pyserini_xqg.mteb", "## Errors", "::: pyserini_xqg.errors"])
