from __future__ import annotations

import json
import re
from typing import Any

from pyserini_xqg.reporting.report import make_report
from tests.reporting.conftest import EVIL, Material, Page, alignment_summary, sweep_summary


def page_of(material: Material, **changed: Any) -> Page:
    make_report(material.files(**changed), material.output)
    return Page((material.output / "report.html").read_text(encoding="utf-8"))


def test_a_page_is_well_formed_and_shows_all_parts(material: Material) -> None:
    page = page_of(material)
    assert page.problems == []
    assert {each.get("id") for each in page.all("section")} == {
        *("summary", "runs", "sweeps", "alignment", "changes", "made")
    }
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert len(ids) == len(set(ids))
    links = {str(found["href"]).removeprefix("#") for found in page.all("a")}
    assert links and links <= set(ids)
    text = page.text
    for said in (
        "xqg against plain",
        "mean of the languages",
        "control of xqg",
        "Mistä 8",
        "River 8",
        "rank 2 of plain; rank 1 of xqg",
        "alpha 0.3, hubness 0, queries all, languages own",
        "(3 of 5)",
        "Arabic script",
        "augmentation.alpha",
        "abc123",
        "faiss-cpu",
    ):
        assert said in text, said


def test_a_page_needs_nothing_from_elsewhere(material: Material) -> None:
    page = page_of(material)
    html = (material.output / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", html)
    assert not [tag for tag, _ in page.elements if tag in ("script", "link", "img", "iframe", "object", "base")]
    sources = [value for _, found in page.elements for key, value in found.items() if key in ("src", "srcset", "href")]
    assert all(str(value).startswith("#") for value in sources)
    assert not [key for _, found in page.elements for key in found if key.startswith("on")]
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert str(policy["content"]).startswith("default-src 'none'")


def test_markup_in_texts_stays_text(material: Material) -> None:
    folder = material.folder
    (folder / "fi.tsv").write_text("".join(f"fi{n}\tMissä {EVIL}?\n" for n in range(24)), encoding="utf-8")
    evil = folder / f"{EVIL.replace('/', '')}.txt"
    evil.write_bytes((folder / "xqg.txt").read_bytes())
    runs = material.runs(
        runs={"plain": folder / "plain.txt", EVIL: evil, "s": folder / "shuffled.txt"}, controls=[("s", EVIL)]
    )
    measure = f"A {EVIL}"
    (folder / "align.json").write_text(json.dumps(alignment_summary(measure, ("a", EVIL, "c"))))
    (folder / "index" / "xqg.json").write_text(json.dumps({"kind": EVIL, "settings": {EVIL: EVIL}, "packages": {}}))
    summary = json.dumps(sweep_summary()).replace('"own"', json.dumps(EVIL)).replace('"fi"', json.dumps(EVIL))
    (folder / "sweep" / "sweep.json").write_text(summary)
    page = page_of(material, runs=runs, title=EVIL)
    assert page.problems == []
    assert not page.all("script")
    assert ("title", EVIL) in page.texts and ("h1", EVIL) in page.texts
    assert f"Missä {EVIL}?" in page.text and f"Mistä 8 & {EVIL}?" in page.text and f"river 8, {EVIL}" in page.text
    assert page.text.count(EVIL) > 40
    assert "<script" not in (folder / "report" / "report.html").read_text(encoding="utf-8").lower()


def test_right_to_left_texts_say_so(material: Material) -> None:
    page = page_of(material)
    asked = page.all("p", class_="ask") or [found for _, found in page.elements if found.get("class") == "ask"]
    assert {(found["lang"], found["dir"]) for found in asked} == {("fi", "auto"), ("ar", "rtl")}
    assert page.all("li", lang="ur", dir="rtl") and page.all("li", lang="ar", dir="rtl")
    assert not page.all("li", lang="fi", dir="rtl")
    assert page.all("html", lang="en")


HEBREW, GROUP = "ריצה עם שאילתות", "קבוצה"


def test_names_are_set_apart_wherever_they_stand(material: Material) -> None:
    """One that is written from right to left would reorder what stands beside it."""
    names = {name: f"{HEBREW} {name}" for name in ("plain", "xqg", "shuffled", "below")}
    (material.folder / "below.txt").write_bytes((material.folder / "plain.txt").read_bytes())
    runs = material.runs(
        runs={names[name]: material.folder / f"{name}.txt" for name in names},
        controls=[(names["shuffled"], names["xqg"]), (names["xqg"], names["below"])],
        groups={GROUP: ["ar"]},
        cluster=material.folder / f"{HEBREW}.tsv",
    )
    questions = [f"{language}{number}" for language in ("fi", "ar") for number in range(24)]
    (material.folder / f"{HEBREW}.tsv").write_text("".join(f"{each}\t{each}\n" for each in questions))
    (material.folder / "sweep").rename(material.folder / HEBREW)
    (material.folder / "align.json").write_text(
        json.dumps(alignment_summary(runs=(HEBREW, f"{HEBREW} 2", f"{HEBREW} 3"))).replace("Arabic script", GROUP)
    )
    page = page_of(material, runs=runs, sweeps=[material.folder / HEBREW])
    assert page.problems == []
    found = [(tag, text) for tag, text in page.texts if HEBREW in text or GROUP in text]
    assert len(found) > 100
    # Pictures have texts, titles and descriptions of their own, in which nothing else stands on the page.
    assert {tag for tag, _ in found} <= {"bdi", "text", "title", "desc"}


def test_no_dash_stands_for_nothing_and_no_hyphen_for_a_minus(material: Material) -> None:
    runs = material.runs(groups={"weak": ["ar"]}, measures=["RR@10"])
    page = page_of(material, runs=runs, alignments=())
    assert not [text for tag, text in page.texts if text.strip() in ("–", "-") or text.startswith("– ")]
    assert " - " not in page.text


def test_changed_questions_are_folded_up(material: Material) -> None:
    page = page_of(material)
    assert len(page.all("details", **{"class": "group"})) == 2
    depth, articles = [], 0
    for tag, found in page.elements:
        if tag == "details":
            depth.append(found)
        articles += tag == "article"
    assert articles == 20 and not [found for found in depth if found.get("class") == "group" and "open" in found]


def test_differences_are_drawn_and_have_intervals(material: Material) -> None:
    page = page_of(material)
    titles = [text for tag, text in page.texts if tag == "title" and "−" in text]
    assert titles == [
        "Success@1: xqg − plain, shuffled",
        "RR@10: xqg − plain, shuffled",
        "RR@10: chosen − plain",
        "cosine A@1: queries − plain, shuffled",
    ]
    heads = [text for tag, text in page.texts if tag == "th" and text == "95% interval"]
    assert len(heads) == 2 * 2 + 1 + 2
    assert {found["class"] for found in page.all("abbr", title="significantly above the baseline")} == {"above"}


def test_figures_of_many_runs_are_folded_up_and_of_one_are_open(material: Material) -> None:
    def figures(page: Page) -> list[bool]:
        return ["open" in found for tag, found in page.elements if tag == "details" and not found.get("class")]

    one = page_of(material, sweeps=(), alignments=(), artifacts=(), queries=None, changes=0)
    assert figures(one) == [True, True]
    runs = material.runs(controls=[])
    assert (
        figures(page_of(material, runs=runs, sweeps=(), alignments=(), artifacts=(), queries=None, changes=0))
        == [False] * 4
    )


def test_a_band_is_explained_and_its_figures_are_in_the_table(material: Material) -> None:
    assert "95% interval of each point" not in page_of(material).text
    summary = sweep_summary()
    for point in summary["curves"]["RR@10"]["alpha"]:
        point |= {"low": point["mean"] - 0.031, "high": point["mean"] + 0.042}
    (material.folder / "sweep" / "sweep.json").write_text(json.dumps(summary))
    page = page_of(material)
    assert "95% interval of each point" in page.text and "41.9 to 49.2" in page.text


def test_the_curves_have_their_values(material: Material) -> None:
    page = page_of(material)
    titles = [text for tag, text in page.texts if tag == "title" and " over " in text]
    assert [title.split(",")[0] for title in titles] == [
        "RR@10 over alpha",
        "RR@10 over queries of each language",
        "RR@10 over languages whose queries count",
    ]  # one value of hubness is no curve
    for value in ("45.0", "57.5", "70.0", "62.5"):
        assert value in page.text


def test_a_control_that_gains_as_much_is_prominent(material: Material) -> None:
    page = page_of(material)
    warnings = page.all("p", **{"class": "warning"})
    assert len(warnings) >= 2
    assert "Not above its control: shuffled gains as much as xqg or more on the mean of the languages" in page.text
    assert "gain on the mean of the languages, not above its control" in page.text


def test_control_characters_are_shown(material: Material) -> None:
    page = page_of(material, title="A\x1b[2J report\u202e")
    assert "A\\u001b[2J report\\u202e" in page.text and "\x1b" not in page.text
