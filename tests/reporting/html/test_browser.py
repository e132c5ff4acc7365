"""The page in a real browser: widths, colours, directions."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.reporting.report import make_report
from tests.reporting.conftest import Material

CHROMIUM = shutil.which("chromium")
# --window-size goes down to 500 only, so the page is opened in frames; what it is asked is answered in the document.
ASK = """<!DOCTYPE html><body><script>
const answers = [];
for (const width of [390, 1280]) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `border: 0; width: ${width}px; height: 900px`;
  frame.onload = () => {
    const page = frame.contentDocument, view = frame.contentWindow, root = page.documentElement;
    const style = (selector) => view.getComputedStyle(page.querySelector(selector));
    for (const each of page.querySelectorAll("details")) each.open = true;
    const outside = [...page.querySelectorAll("body *")].filter(
      (each) => each.getBoundingClientRect().right > width + 1 && !each.closest(".scroll, svg"));
    answers.push({
      width, inner: view.innerWidth, scrolls: root.scrollWidth,
      outside: outside.map((each) => each.outerHTML.slice(0, 90)),
      wide: [...page.querySelectorAll(".scroll")].filter((each) => each.scrollWidth > each.clientWidth).length,
      tables: [...page.querySelectorAll("#runs .scroll")].map((each) => each.scrollWidth <= each.clientWidth),
      title: page.title, loaded: view.performance.getEntriesByType("resource").length,
      arabic: style(".ask[lang=ar]").direction, finnish: style(".ask[lang=fi]").direction,
      ink: style("body").color, paper: style("body").backgroundColor, axis: style(".chart text").fill,
      mean: style(".chart g[id$=-mean] path").stroke, charts: page.querySelectorAll(".chart").length,
      height: page.querySelector(".chart").getBoundingClientRect().height,
    });
    if (answers.length === 2) document.body.textContent = "ANSWER" + JSON.stringify(answers) + "END";
  };
  frame.src = "report/report.html";
  document.body.append(frame);
}
</script>"""


def asked(material: Material, dark: bool, **changed: Any) -> list[dict[str, Any]]:
    if CHROMIUM is None:
        pytest.skip("chromium is not there")
    make_report(material.files(**changed), material.output)
    page = material.folder / "ask.html"
    page.write_text(ASK)
    options = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --allow-file-access-from-files --virtual-time-budget=10000"
    )
    command = [CHROMIUM, *options.split(), f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
    command += [f"--user-data-dir={material.folder / 'profile'}", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    found = re.search("ANSWER(.*)END", unescape(done.stdout), re.DOTALL)
    assert found, done.stderr[-2000:]
    answers: list[dict[str, Any]] = json.loads(found[1])
    return sorted(answers, key=lambda answer: answer["width"])


def test_the_page_fits_a_phone_and_a_desk_and_runs_nothing(material: Material) -> None:
    phone, desk = asked(material, dark=False)
    for answer in (phone, desk):
        assert answer["inner"] == answer["width"]
        assert answer["scrolls"] <= answer["width"]
        assert answer["outside"] == []
        assert (answer["title"], answer["loaded"]) == ("A report", 0)
        assert (answer["arabic"], answer["finnish"]) == ("rtl", "ltr")
        assert answer["charts"] == 3 + 4 and answer["height"] > 90
    assert phone["wide"] > 0  # tables scroll in boxes of their own


@pytest.mark.slow
def test_ten_names_of_runs_leave_all_columns_on_the_screen(material: Material) -> None:
    names = [f"mbert-xqg-alpha-0.{number}-mean-of-lexicon_keywords" for number in range(10)]
    files = dict.fromkeys(names, material.folder / "xqg.txt") | {names[0]: material.folder / "plain.txt"}
    runs = material.runs(runs=files, controls=[(names[9], names[1])])
    phone, desk = asked(material, dark=False, runs=runs)
    assert desk["tables"][0] and phone["outside"] == desk["outside"] == []


def test_pictures_and_text_follow_the_colour_scheme(material: Material) -> None:
    light, dark = (asked(material, dark=each)[1] for each in (False, True))
    for name in ("ink", "paper", "axis", "mean"):
        assert light[name] != dark[name], name
    assert (light["axis"], dark["axis"]) == (light["ink"], dark["ink"])


def schemes() -> dict[str, dict[str, str]]:
    style = (Path(__file__).parents[3] / "pyserini_xqg" / "reporting" / "html" / "style.css").read_text()
    light, dark, *_ = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return {name: dict(re.findall(r"--([\w-]+): (#\w+)", part)) for name, part in (("light", light), ("dark", dark))}


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    shares = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_lines_have_enough_contrast(scheme: str) -> None:
    colours = schemes()[scheme]
    lines = [f"line-{number}" for number in range(6)]
    pairs = [(name, "page", 4.5) for name in ("ink", "muted", "accent", "good", "bad")]
    pairs += [(name, "tint", 4.5) for name in ("ink", "muted", "accent", "good")]
    pairs += [("ink", "warn", 4.5), ("warn-edge", "page", 4.5), *((name, "page", 3) for name in lines)]
    for name, ground, least in pairs:
        low, high = sorted(luminance(colours[each]) for each in (name, ground))
        assert (high + 0.05) / (low + 0.05) >= least, (name, ground)
