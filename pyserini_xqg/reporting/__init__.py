"""What was measured as one page to look at, and as rows for programs and papers."""
