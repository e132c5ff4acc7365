"""The demo: real embeddings on a small collection, searched and scored by stock Pyserini."""
