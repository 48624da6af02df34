"""Which rules of a reader an article answers: rule books, their queries, their flaws."""
