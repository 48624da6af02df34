"""What a source lists becomes entries: feeds, sitemaps, lists of links, official levels."""
