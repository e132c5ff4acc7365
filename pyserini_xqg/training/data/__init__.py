"""Training data: reading, validation, leaks, English forms, batches."""
