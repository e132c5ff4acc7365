"""Retrievers distilled from a teacher: QuiCK and DR.DECR."""
