"""Keyword queries from bilingual dictionaries."""
