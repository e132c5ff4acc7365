"""OpenAI-compatible servers as query generators."""
