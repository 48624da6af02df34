"""The steps of a cycle, each with its parts; `flows.watch` says in which order they come."""
