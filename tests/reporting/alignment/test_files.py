from __future__ import annotations

import json
from pathlib import Path

from pyserini_xqg.reporting.alignment.files import alignment_as_tsv, alignment_object, read_alignment
from pyserini_xqg.reporting.json import to_object
from pyserini_xqg.reporting.tsv import as_tsv
from tests.reporting.alignment.conftest import made


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    alignment = made()
    (tmp_path / "alignment.json").write_text(json.dumps(alignment_object(alignment, {"seed": 3})), encoding="utf-8")
    found = read_alignment(tmp_path / "alignment.json")
    assert (found.name, found.settings, found.counts) == ("alignment.json", {"seed": 3}, {"english": 12})
    assert found.chosen == {"mine (cosine)": "0.3, 0.5"}
    assert [to_object(each) for each in found.reports] == [to_object(each) for each in alignment.reports]
    (weak,) = found.groups["cosine A@1"]
    assert (weak.name, weak.languages, weak.values["mine"]) == ("weak", ["ur"], 0.75)
    assert [(each["run"], each["against"], each["difference"]) for each in weak.differences][:2] == [
        ("mine", "plain", 0.25),
        ("mine", "mine shuffled", 0.0),
    ]
    assert alignment_as_tsv(alignment) == as_tsv(found.reports) + "\n"
