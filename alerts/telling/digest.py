"""A digest: the events of one day by category, and the health of the sources."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.reading.coding import Category, Severity
from alerts.telling.notice import Notice


@dataclass(frozen=True, slots=True)
class DigestSection:
    """The events of one category, the gravest first."""

    category: str
    """One of `alerts.reading.coding.Category`, or `none` for rules with keywords alone."""
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """What happened on `day` (ISO 8601) and how well it was watched."""

    day: str
    notices: tuple[Notice, ...]
    """One an event."""
    sources_ok: int
    sources_failing: tuple[str, ...]
    articles: int


def sections(digest: Digest) -> tuple[DigestSection, ...]:
    """The events by category, in the categories' order; none is left out, none is empty."""
    kinds = [*Category, *sorted({n.category or "none" for n in digest.notices} - {*Category})]
    grouped = (
        (kind, [n for n in digest.notices if (n.category or "none") == kind]) for kind in kinds
    )
    return tuple(
        DigestSection(str(kind), _gravest_first(found)) for kind, found in grouped if found
    )


def _gravest_first(notices: list[Notice]) -> tuple[Notice, ...]:
    known = {severity.value: severity.rank for severity in Severity}
    return tuple(sorted(notices, key=lambda n: (-known.get(n.severity, -1), n.first_seen_at)))
