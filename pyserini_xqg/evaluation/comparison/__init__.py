"""Runs held against a baseline and controls: differences and their significance."""
