"""HTML: the report as one self-contained page."""
