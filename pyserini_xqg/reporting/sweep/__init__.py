"""A sweep as text, and its files, which a report reads."""
