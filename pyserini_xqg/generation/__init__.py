"""What writes queries for passages, in other languages."""
