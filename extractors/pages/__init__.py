"""What a page says becomes an article: text, title, date, and whether it is new."""
