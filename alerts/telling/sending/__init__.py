"""Messages go to services, and their answers are read."""
