"""Whether an event is told, to whom and when. No words, no network."""
