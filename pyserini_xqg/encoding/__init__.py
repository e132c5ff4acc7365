"""From texts to vectors, and the two Pyserini encoders over it."""
