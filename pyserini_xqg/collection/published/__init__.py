"""Published data sets by name: where they come from, under which licence, and their files as Pyserini reads them."""
