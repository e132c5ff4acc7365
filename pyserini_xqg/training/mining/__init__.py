"""Training data found by searching a corpus: hard negatives, positives, rounds of self-training."""
