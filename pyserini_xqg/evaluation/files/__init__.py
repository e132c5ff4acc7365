"""Files of an evaluation: runs, qrels, texts of passages, gold answers, predictions."""
