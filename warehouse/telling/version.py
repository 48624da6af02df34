"""A version of an article on its way to be judged, and what was found in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.reading.rules.match import Match
from extractors.article import Arrival, Origin


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stored version that is to be judged."""

    article_id: str
    version_id: str
    url: str
    title: str
    text: str
    language: str
    origin: Origin
    source_id: str
    site_name: str | None
    published_at: datetime | None
    published_source: str | None
    first_seen_at: datetime
    arrival: Arrival = Arrival.NEW
    quiet: bool = False
    """This version is a better reading of what was read before."""

    @property
    def may_alert(self) -> bool:
        """Seed documents, articles that are old to begin with, and better readings take part and
        never alert."""
        return self.origin is Origin.NEWS and self.arrival is Arrival.NEW and not self.quiet

    @property
    def seen_at(self) -> datetime:
        """When it was published, or else when it was first seen."""
        return self.published_at or self.first_seen_at


@dataclass(frozen=True, slots=True)
class Found:
    """A match with the event it belongs to."""

    version: Waiting
    match: Match
    event_id: str
