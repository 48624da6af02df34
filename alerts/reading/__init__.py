"""What does a text say? Folding, vocabulary, relevance, coding, rules and events."""
