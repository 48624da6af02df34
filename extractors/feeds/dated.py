"""Addresses that hold the day: `https://paper.example/{date:%Y%m%d}/list.js` is one a day.

`{date:…}` takes %Y, %y, %m and %d (strftime), as often as is needed, and stands for the day in the
source's zone. It may stand in the address of a source and in `url` of its listing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from extractors.dates import zone_of
from extractors.source import Source

PLACE = re.compile(r"\{date:((?:%[Yymd]|[\w/.-])+)\}")
AFTER_MIDNIGHT = timedelta(hours=1)
"""For so long the list of yesterday may still grow, and that of today need not exist."""


def is_dated(url: str) -> bool:
    """Whether the day must be filled in."""
    return bool(PLACE.search(url))


def filled_in(text: str, day: date) -> str:
    """`text` with the day in each of its places."""
    return PLACE.sub(lambda place: day.strftime(place[1]), text)


def of_day(source: Source, day: date) -> Source:
    """The source as it is on that day."""
    listing = source.listing
    told = replace(listing, url=filled_in(listing.url, day)) if listing else None
    return replace(source, url=filled_in(source.url, day), listing=told)


def issues(source: Source, read_at: datetime | None, now: datetime) -> tuple[Source, ...]:
    """The source as it is to be asked, the latest day first: today's, and yesterday's just after
    midnight and where that was not read since."""
    zone = zone_of(source.timezone)
    today = now.astimezone(zone).date()
    midnight = datetime.combine(today, datetime.min.time(), zone)
    unread = read_at is not None and read_at < midnight
    young = now - midnight < AFTER_MIDNIGHT
    days = [today, today - timedelta(days=1)] if unread or young else [today]
    return tuple(of_day(source, day) for day in days)


def as_of(source: Source, url: str) -> Source:
    """The source as it is on the day that `url`, one of its addresses, is of."""
    day = _day_in(source.url, url)
    return of_day(source, day) if day else source


def _day_in(template: str, url: str) -> date | None:
    found = re.fullmatch("".join(_pattern(template)), url)
    formats = " ".join(place[1] for place in PLACE.finditer(template))
    if not found or not formats:
        return None
    try:
        return datetime.strptime(" ".join(found.groups()), formats).date()  # noqa: DTZ007
    except ValueError:
        return None


def _pattern(template: str) -> Iterator[str]:
    """The template as a regular expression, a group for each of its places."""
    ends = [0, *(end for place in PLACE.finditer(template) for end in place.span()), len(template)]
    for number, (begin, end) in enumerate(pairwise(ends)):
        yield "(.{1,40}?)" if number % 2 else re.escape(template[begin:end])
