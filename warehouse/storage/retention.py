"""Retention: how long what is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept, in days; 0 is for ever. Seed documents, events and alerts stay, and
    the articles that they are about."""

    requests: int = 30
    runs: int = 400
    versions: int = 0
    """Contents that an article had before its present one."""
    news: int = 0
    """Articles that report no event, since they were first stored."""
    official: int = 0
    """Changes of an official document of which no rule told anybody, likewise."""
