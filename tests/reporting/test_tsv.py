from __future__ import annotations

import csv

from pyserini_xqg.reporting.json import from_object, to_object
from pyserini_xqg.reporting.tsv import COLUMNS, as_tsv, changes_as_tsv, named_tsv
from tests.fixtures.reports import made


def test_rows_are_the_same_of_what_was_read_back() -> None:
    report = made()
    rows = as_tsv([report]).splitlines()
    assert as_tsv([from_object("RR@10", to_object(report))]).splitlines() == rows
    assert len(rows) == 1 + 3 * 3 + 3 * 3


def test_reports_of_several_files_have_their_names() -> None:
    report = made()
    rows = list(csv.reader(named_tsv("sweep", [("one", [report]), ("two", [report])]).splitlines(), delimiter="\t"))
    assert rows[0] == ["sweep", *COLUMNS] and len(rows) == 1 + 2 * 18
    assert rows[1][:6] == ["one", "RR@10", "plain", "", "fi", "3"] and rows[19][0] == "two"
    assert [row[1:] for row in rows[1:19]] == [row[1:] for row in rows[19:]]


def test_changes_are_those_to_the_baseline() -> None:
    rows = [line.split("\t") for line in changes_as_tsv([made()]).splitlines()]
    assert [(row[1], row[2], row[4], row[6]) for row in rows[1:]] == [
        ("new", "plain", "a", "1.0"),
        ("new", "plain", "c", "1.0"),
        ("new", "plain", "e", "1.0"),
        ("other", "plain", "a", "1.0"),
        ("other", "plain", "c", "1.0"),
    ]


def test_a_name_neither_steers_a_terminal_nor_ends_its_column() -> None:
    (_, row, *_) = named_tsv("file", [("a\x1b[2J\tb\nc", [made()])]).split("\n")
    assert row.split("\t")[0] == "a\\u001b[2J b c"
