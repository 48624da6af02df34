"""A digest: the events of a day or a week by category, and the health of the sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.reading.coding import Category, Severity
from alerts.telling.notice import Notice


class Standing(StrEnum):
    """How an event stands in a period."""

    NEW = "new"
    """First reported in it."""
    CONTINUING = "continuing"
    """Reported before, and again in it."""
    BACKLOG = "backlog"
    """All that came of it was older: what a new source held already, or an archive."""


class Span(StrEnum):
    """How long a digest looks back."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Happening:
    """One event in a period."""

    notice: Notice
    """What there is to say of it; of an event that alerted nobody too."""
    standing: Standing = Standing.NEW
    articles: int = 1
    """That joined it in the period."""
    outlets: int = 1
    """That report it so far."""
    muted: bool = False
    """Somebody wants to hear no more of it: it is no news, and stands apart."""


@dataclass(frozen=True, slots=True)
class DigestSection:
    """The events of one category."""

    category: str
    """One of `alerts.reading.coding.Category`, or `none` for rules with keywords alone."""
    happenings: tuple[Happening, ...]
    """New ones, then continuing ones, then the backlog; of each the gravest first."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What happened in a period and how well it was watched."""

    since: datetime
    until: datetime
    happenings: tuple[Happening, ...]
    """One an event."""
    sources_ok: int = 0
    sources_failing: tuple[str, ...] = ()
    """Names of those that gave no usable answer last time."""
    sources_silent: tuple[str, ...] = ()
    """Names of those that answer and have brought nothing for unusually long."""
    articles: int = 0
    span: Span = Span.DAY

    @property
    def told(self) -> tuple[Happening, ...]:
        """What is news: the events that are not muted."""
        return tuple(happening for happening in self.happenings if not happening.muted)

    @property
    def muted(self) -> tuple[Happening, ...]:
        """The events that are muted."""
        return tuple(happening for happening in self.happenings if happening.muted)


def sections(happenings: Sequence[Happening]) -> tuple[DigestSection, ...]:
    """The events by category; the category with the gravest event first, none left out."""
    kinds = [*Category, *sorted({_kind(h) for h in happenings} - {*Category})]
    grouped = ((kind, [h for h in happenings if _kind(h) == kind]) for kind in kinds)
    found = [DigestSection(str(kind), _in_order(members)) for kind, members in grouped if members]
    return tuple(sorted(found, key=lambda s: -max(_rank(h) for h in s.happenings)))


def _kind(happening: Happening) -> str:
    return happening.notice.category or "none"


def _in_order(happenings: list[Happening]) -> tuple[Happening, ...]:
    order = list(Standing)
    return tuple(
        sorted(
            happenings,
            key=lambda h: (order.index(h.standing), -_rank(h), h.notice.first_seen_at),
        )
    )


def _rank(happening: Happening) -> int:
    known = {severity.value: severity.rank for severity in Severity}
    return known.get(happening.notice.severity, -1)
