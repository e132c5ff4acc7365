"""Comparisons as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport, as_object


def as_json(reports: Sequence[MeasureReport], with_changes: bool = False) -> str:
    """All of it; `with_changes` adds the questions on which a run differs from the one it is held against."""
    return json.dumps({report.measure: as_object(report, with_changes) for report in reports}, indent=2)
