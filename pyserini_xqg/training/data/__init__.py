"""Training data: validation, leaks, batches."""
