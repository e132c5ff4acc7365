"""Sweeps: a grid of settings from one index that keeps its vectors."""
