"""Retrievers trained on questions and passages."""
