"""Scores of generated queries, and the choice of the best of them."""
