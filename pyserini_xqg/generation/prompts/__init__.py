"""Prompts, the same when a generator is trained and when it is used."""
