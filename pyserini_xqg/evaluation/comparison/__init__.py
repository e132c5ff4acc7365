"""Comparison of runs with a baseline and controls: differences and their significance."""
