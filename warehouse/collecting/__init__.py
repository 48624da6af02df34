"""Articles, the answers that they were read from, and what collecting remembers."""
