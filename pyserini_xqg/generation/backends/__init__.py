"""Query generators, one file for each that ``xqg generate --generator`` knows."""
