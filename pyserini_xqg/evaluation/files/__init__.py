"""Files of an evaluation: runs, qrels, texts, gold answers."""
