"""Retention: how long what is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept, in days; 0 is for ever. Articles, events and alerts stay."""

    requests: int = 30
    runs: int = 400
    versions: int = 0
    """Contents that an article had before its present one."""
