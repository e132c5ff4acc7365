"""``xqg doctor``: an examination of all that xQG and Pyserini need."""
