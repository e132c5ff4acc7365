"""Dictionaries for the lexicon, made of what users can get."""
