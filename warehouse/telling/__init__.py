"""Versions that wait to be judged, what follows from them, and the outbox."""
