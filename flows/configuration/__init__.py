"""What a person sets: the tables of noroshi.toml, read, checked, written, and what they lead to."""
