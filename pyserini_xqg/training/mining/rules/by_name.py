"""Mining rules by name; a rule is a file of this folder and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from pyserini_xqg.training.mining.rules import cora, negatives, sentri
from pyserini_xqg.training.mining.rules.base import MiningRule

RULES: Mapping[str, MiningRule] = {
    "sentri": sentri.RULE,
    "cora": cora.RULE,
    "negatives": negatives.RULE,
}
