"""Recipes of distillation by name."""

from __future__ import annotations

from pyserini_xqg.training.distillation.dr_decr import DrDecrTraining
from pyserini_xqg.training.distillation.quick import QuickTraining
from pyserini_xqg.training.distillation.settings import DR_DECR, QUICK

TRAININGS = {QUICK: QuickTraining, DR_DECR: DrDecrTraining}
