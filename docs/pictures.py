"""The drawings of the documents, as SVG: python docs/pictures.py writes them into docs/pictures.

`sum.svg` is computed, `alpha.svg` drawn from the table in `choosing-weights.md`. Both are plain text, so that the same
figures give the same file on every machine.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from pyserini_xqg.reporting.html.curve_chart import spread

DOCS = Path(__file__).resolve().parent
TABLE = re.compile(r"^\| (?P<name>alpha|[a-z]{2}|mean) \| (?P<values>(?:\d+\.\d \| )+\d+\.\d) \|$", re.MULTILINE)
BEGIN = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" font-family="sans-serif" \
font-size="15">
<title>{title}</title>
<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>
"""
ALPHA = 0.3
# Degrees: a passage, two queries that were generated for it, a user's question, and another passage.
PASSAGE, QUERIES, QUESTION, OTHER = 12, (33, 50), 40, 66
BLUE, GREEN, RED, GREY = "#1f5fa8", "#2e7d32", "#b3261e", "#5f6368"


def unit(degrees: float) -> complex:
    """A vector of length 1."""
    return complex(math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))


def product(one: complex, other: complex) -> float:
    """The inner product."""
    return (one * other.conjugate()).real


def sum_picture() -> str:
    """What the sum does to a vector."""
    passage, other, question = unit(PASSAGE), unit(OTHER), unit(QUESTION)
    augmented = (1 - ALPHA) * passage + ALPHA * sum(map(unit, QUERIES)) / len(QUERIES)
    before, after, rival = (product(question, vector) for vector in (passage, augmented, other))
    assert before < rival < after, "the picture has to show a passage that is found thanks to its queries"
    left, bottom, length = 40.0, 330.0, 300.0

    def arrow(to: complex, colour: str, text: str, dashed: bool = False, lift: float = 0) -> str:
        x, y = left + length * to.real, bottom - length * to.imag
        dash = ' stroke-dasharray="6 5"' if dashed else ""
        head = math.degrees(math.atan2(-to.imag, to.real))
        return (
            f'<line x1="{left:.0f}" y1="{bottom:.0f}" x2="{x:.1f}" y2="{y:.1f}" stroke="{colour}" '
            f'stroke-width="3"{dash}/>\n'
            f'<path d="M0 0 L-12 5 L-12 -5 Z" fill="{colour}" transform="translate({x:.1f} {y:.1f}) '
            f'rotate({head:.1f})"/>\n<text x="{x + 10:.1f}" y="{y + 5 - lift:.1f}" fill="{colour}">{text}</text>\n'
        )

    shown = BEGIN.format(width=760, height=360, title="What the sum does to a passage's vector")
    shown += arrow(passage, BLUE, f"e(p), the passage: {before:.2f}")
    shown += arrow(other, GREY, f"another passage: {rival:.2f}")
    for number, query in enumerate(map(unit, QUERIES)):
        shown += arrow(query, GREEN, "e(q), queries generated for the passage" if number else "e(q)", True)
    shown += arrow(question, RED, "a user's question", lift=-4)
    shown += arrow(augmented, BLUE, f"<tspan font-weight='bold'>v(p), in the index: {after:.2f}</tspan>")
    lines = (
        "The numbers are the question's scores.",
        "Plain, the other passage comes first.",
        "With its queries added, the right one does.",
    )
    for number, line in enumerate(lines):
        shown += f'<text x="440" y="{28 + 22 * number}" fill="#202124">{line}</text>\n'
    return shown + "</svg>\n"


def alpha_picture() -> str:
    """The curves of a table, by weight."""
    text = (DOCS / "choosing-weights.md").read_text(encoding="utf-8")
    rows = {found["name"]: [float(value) for value in found["values"].split(" | ")] for found in TABLE.finditer(text)}
    weights, *curves = rows.items()
    lowest = math.floor(min(min(values) for _, values in curves) / 5) * 5
    highest = math.ceil(max(max(values) for _, values in curves) / 5) * 5
    left, top, width, height = 60.0, 30.0, 560.0, 280.0

    def place(weight: float, value: float) -> str:
        x = left + width * weight / max(weights[1])
        return f"{x:.1f},{top + height * (highest - value) / (highest - lowest):.1f}"

    shown = BEGIN.format(width=760, height=370, title="R@1 by the weight of the queries")
    for value in range(lowest, highest + 1, 5):
        y = place(0, value).split(",")[1]
        shown += f'<line x1="{left}" y1="{y}" x2="{left + width}" y2="{y}" stroke="#dadce0"/>\n'
        shown += f'<text x="{left - 10}" y="{float(y) + 5:.1f}" text-anchor="end" fill="#202124">{value}</text>\n'
    for weight in weights[1]:
        x = place(weight, lowest).split(",")[0]
        shown += f'<text x="{x}" y="{top + height + 22}" text-anchor="middle" fill="#202124">{weight:.1f}</text>\n'
    shown += f'<text x="{left}" y="18" fill="#202124">R@1 (%)</text>\n'
    shown += f'<text x="{left + width / 2}" y="{top + height + 48}" text-anchor="middle" fill="#202124">'
    shown += "alpha, the weight of the mean of a passage's queries</text>\n"
    for name, values in curves:
        colour, stroke = (BLUE, 4) if name == "mean" else (GREY, 1.5)
        points = " ".join(place(weight, value) for weight, value in zip(weights[1], values, strict=True))
        shown += f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{stroke}"/>\n'
    ends = sorted((values[-1], name) for name, values in curves)
    heights = spread([(value - lowest) / (highest - lowest) for value, _ in ends], 16 / height)
    for share, (value, name) in zip(heights, ends, strict=True):
        x, y = place(weights[1][-1], value).split(",")
        beside = top + height * (1 - share)
        colour = BLUE if name == "mean" else GREY
        shown += f'<line x1="{x}" y1="{y}" x2="{float(x) + 18:.1f}" y2="{beside:.1f}" stroke="{colour}"/>\n'
        shown += f'<text x="{float(x) + 22:.1f}" y="{beside + 5:.1f}" fill="{colour}">{name}</text>\n'
    return shown + "</svg>\n"


PICTURES = {"sum.svg": sum_picture, "alpha.svg": alpha_picture}

if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (DOCS / "pictures" / name).write_text(draw(), encoding="utf-8")
