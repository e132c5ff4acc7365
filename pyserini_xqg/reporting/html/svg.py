"""SVG that goes into a page: its colours are the page's, its text stays text, its ids are its own."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup
from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.figure import Figure

from pyserini_xqg.collection.visible_text import visible

SALT = "xqg"
# Stand-ins that matplotlib writes, and what the page's style sheet has for them.
INK, MUTED, MEAN, PAGE = "#010101", "#020202", "#030303", "#050505"
LINES = tuple(f"#0400{number:02x}" for number in range(6))
COLOURS = {
    INK: "var(--ink)",
    MUTED: "var(--rule)",
    MEAN: "var(--accent)",
    PAGE: "var(--page)",
    **{stand_in: f"var(--line-{number})" for number, stand_in in enumerate(LINES)},
}
SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": SALT,
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "axes.unicode_minus": True,
}
HEX = re.compile("#[0-9a-f]{6}")


@contextmanager
def drawing(width: float, height: float) -> Iterator[Figure]:
    """A figure of so many inches, drawn in the page's style whatever a matplotlibrc of the user says."""
    with rc_context():
        rcdefaults()
        rcParams.update(SETTINGS)  # type: ignore[arg-type]
        yield Figure(figsize=(width, height), layout=None, frameon=False)


def inline(figure: Figure, identifier: str, title: str, description: str, tips: Mapping[str, str]) -> Markup:
    """The figure as an element of a page.

    Parameters
    ----------
    figure : Figure
        Drawn in :func:`drawing`.
    identifier : str
        Begins the ids within the picture; another one for every picture of a page.
    title, description : str
    tips : mapping
        The gid of a part to what is shown where one points at it.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
    text = re.sub(r"<!DOCTYPE[^>]*>", "", buffer.getvalue())
    root = ElementTree.fromstring(text)
    for parent in list(root.iter()):
        for child in list(parent):
            # What matplotlib says of itself, and a style that would be the whole page's.
            if child.tag.endswith(("}metadata", "}style")):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {_local(name): _own(value, identifier, _local(name)) for name, value in element.items()}
        if "style" in element.attrib:
            element.attrib["style"] = HEX.sub(lambda found: COLOURS.get(found[0], found[0]), element.attrib["style"])
        if (gid := (element.get("id") or "").removeprefix(f"{identifier}-")) in tips:
            tip = ElementTree.Element("title")
            tip.text = visible(tips[gid])
            element.insert(0, tip)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib |= {
        "class": "chart",
        "role": "img",
        "aria-labelledby": f"{identifier}-title {identifier}-desc",
    }
    for place, (tag, end, words) in enumerate((("title", "title", title), ("desc", "desc", description))):
        element = ElementTree.Element(tag, {"id": f"{identifier}-{end}"})
        element.text = visible(words)
        root.insert(place, element)
    return Markup(ElementTree.tostring(root, encoding="unicode", short_empty_elements=False))


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _own(value: str, identifier: str, name: str) -> str:
    if name == "id":
        return f"{identifier}-{value}"
    if name == "href":
        return value.replace("#", f"#{identifier}-", 1)
    return value.replace("url(#", f"url(#{identifier}-")


def shortened(name: str, length: int = 14) -> str:
    """A name that takes so many characters at most, and steers nothing."""
    name = visible(name)
    return name if len(name) <= length else f"{name[: length - 1]}\N{HORIZONTAL ELLIPSIS}"
