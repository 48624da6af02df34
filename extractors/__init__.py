"""The outside world becomes articles: sources, polite fetching, feeds, pages, language."""
