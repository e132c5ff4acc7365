"""Changed questions: what each run found for them, what is relevant, and what was generated for it."""
