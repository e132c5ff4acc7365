"""Query generators trained on passages and questions."""
