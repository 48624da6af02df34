"""A bundle: several alerts that one channel gets as one message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from alerts.telling.notice import Notice

NAMED = 20
"""Alerts that a bundle names; the others are counted by category."""


class Held(StrEnum):
    """Why alerts were put together."""

    QUIET = "quiet"
    """They came in the quiet hours of the channel."""
    CAP = "cap"
    """They were more than the channel takes in an hour."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle tells."""

    held: Held
    total: int
    categories: tuple[tuple[str, int], ...]
    """How many of each category (`none` for rules with keywords alone), most first."""
    notices: tuple[Notice, ...]
    """The gravest, at most NAMED."""
