"""Plans as text."""

from __future__ import annotations

from pyserini_xqg.planning.plan import Plan

NONE = "-"


def plan_as_text(plan: Plan) -> str:
    """A plan for a terminal: counts, a line for each stage, and the commands."""
    rows: list[tuple[str, ...]] = [("", "hours", "disk", "while it runs", "memory")]
    rows.append(("corpus", NONE, said_bytes(plan.corpus_bytes), NONE, NONE))
    for stage in plan.stages:
        hours = NONE if stage.name == "search" else "unknown" if stage.hours is None else f"{stage.hours:,.1f}"
        sizes = [said_bytes(size) if size else NONE for size in (stage.output_bytes, stage.working_bytes)]
        rows.append((stage.name, hours, *sizes, said_bytes(stage.memory_bytes)))
    return "\n".join(
        [
            f"{plan.passages:,} passages, {plan.queries:,} queries, {plan.dimension} dimensions, "
            f"{plan.machines} process{'es' if plan.machines > 1 else ''}, {plan.factory}",
            "",
            *(f"{row[0]:10}" + "".join(f"{cell:>15}" for cell in row[1:]) for row in rows),
            "",
            f"most disk at once: {said_bytes(plan.most_disk_bytes)}; vectors of the original pipeline for the same: "
            f"{said_bytes(plan.original_bytes)}",
            "",
            *plan.commands,
        ]
    )


def said_bytes(size: float) -> str:
    """A size in words, in units of 1,000."""
    for unit, bytes in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= bytes:
            return f"{size / bytes:,.1f} {unit}" if size < 100 * bytes else f"{size / bytes:,.0f} {unit}"
    return f"{size / 1e3:,.1f} kB"
