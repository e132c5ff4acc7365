"""The tutorial as a notebook: python docs/notebook.py runs it, and writes what it prints into both.

The text and the commands are those of `tutorial.md`, and stand nowhere else. Cells are run by a real Jupyter kernel, in
a folder of their own.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

DOCS = Path(__file__).resolve().parent
TUTORIAL, NOTEBOOK = DOCS / "tutorial.md", DOCS / "tutorial.ipynb"
BLOCK = re.compile(
    r"^```python\n(?P<python>(?:.*\n)*?)```\n|(?P<shell>(?:^ {4}.*\n|^\n(?= {4}))+)",
    re.MULTILINE,
)


def notebook(text: str) -> Any:
    """The notebook of a document: blocks are cells, with what the document shows below a command as their output."""
    made = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    place = 0

    def add_text(until: int) -> None:
        if said := text[place:until].strip():
            made.cells.append(nbformat.v4.new_markdown_cell(said))

    for block in BLOCK.finditer(text):
        add_text(block.start())
        place = block.end()
        if block["python"]:
            made.cells.append(nbformat.v4.new_code_cell(block["python"].strip()))
            continue
        commands, _, shown = re.sub("^ {4}", "", block["shell"], flags=re.MULTILINE).strip().partition("\n\n")
        if commands.startswith("pip "):  # what is there already when a notebook runs
            made.cells.append(nbformat.v4.new_markdown_cell(f"```\n{commands}\n```"))
            continue
        cell = nbformat.v4.new_code_cell("\n".join(f"!{command}" for command in commands.splitlines()))
        if shown:
            cell.outputs.append(nbformat.v4.new_output("stream", name="stdout", text=f"{shown}\n"))
        made.cells.append(cell)
    add_text(len(text))
    for number, cell in enumerate(made.cells):
        cell.id = f"cell-{number}"  # else drawn at random
    return made


def run(made: Any, folder: Path) -> list[str]:
    """Run a notebook's cells in a folder, by a kernel of this Python; what each code cell printed."""
    there = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": os.pathsep.join([there, os.environ["PATH"]]), "COLUMNS": "200"}
    client = NotebookClient(made, timeout=1800, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    client.execute(env=environment)
    cells = (cell for cell in made.cells if cell.cell_type == "code")
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in cells]


def main() -> None:
    """Run the tutorial, and write what it prints."""
    text = TUTORIAL.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        printed = iter(run(notebook(text), Path(folder)))

    def shown(block: re.Match[str]) -> str:
        if block["shell"] and block["shell"].strip().startswith("pip "):
            return block[0]
        said = next(printed).replace("\r\n", "\n").strip("\n")
        commands, _, before = (block["shell"] or "").partition("\n\n")
        if not before:
            return block[0]
        return "\n".join([commands, "", *(f"    {line}".rstrip() for line in said.splitlines()), ""])

    text = BLOCK.sub(shown, text)
    TUTORIAL.write_text(text, encoding="utf-8")
    nbformat.write(notebook(text), NOTEBOOK)


if __name__ == "__main__":
    main()
