"""Demo: real embeddings on a small collection, searched and scored by stock Pyserini."""
