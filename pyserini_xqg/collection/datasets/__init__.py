"""Published data sets: question sets, training data and parallel text, each read to the same few types."""
