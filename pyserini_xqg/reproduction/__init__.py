"""Reproductions: published and measured results, with the commands that lead to them, run and held against them."""
