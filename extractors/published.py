"""When a page was published, as far as it tells.

The only file that knows htmldate.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import htmldate
from lxml.html import HtmlElement

from extractors.body import blocks
from extractors.dates import find_days, find_moments, has_time, parse_date
from extractors.metadata import Metadata

logging.getLogger("htmldate").setLevel(logging.CRITICAL)  # It warns of pages without date.


@dataclass(frozen=True, slots=True)
class Published:
    """A moment, aware; midnight where `day_only`."""

    moment: datetime
    day_only: bool
    source: str
    """`metadata`, `url` or `text`."""


def published(metadata: Metadata, tree: HtmlElement, url: str, zone: str) -> Published | None:
    """The metadata; else the day in the address; else what the page shows; else htmldate's guess.

    Where only a day is told, the first time that the page shows for that day completes it. `zone`
    (IANA) is that of dates without one.
    """
    stated = [(date, moment) for date in metadata.dates if (moment := parse_date(date, zone))]
    day = _agreed([moment for _, moment in stated])
    timed = (moment for date, moment in stated if has_time(date) and _same_day(moment, day))
    if moment := next(timed, None):
        return Published(moment, False, "metadata")
    top = _top(tree)
    if day:
        return _completed(day, top, zone, "metadata")
    told = day_in_address(url, zone)
    if told:
        return _completed(told, top, zone, "url")
    shown = next(find_moments(top, zone), None) or next(find_days(top, zone), None)
    return _completed(shown or _guess(tree, url, zone), top, zone, "text")


def day_in_address(url: str, zone: str) -> datetime | None:
    """The day that an address names: /2026/11/01/, /2026/1101/, 20261101, 202611011230."""
    days = (parse_date("-".join(match.groups()[:3]), zone) for match in DAY.finditer(url))
    return next((day for day in days if day), None)


DAY = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[/._-]?(0[1-9]|1[0-2])[/._-]?([0-2]\d|3[01])(?:\d{4}|\d{6})?(?!\d)"
)
TOP = 20_000
"""Characters of visible text in which a byline is looked for."""
UNSEEN = frozenset({"head", "script", "style", "template"})


def _agreed(moments: list[datetime]) -> datetime | None:
    """The first, which is the most trusted, unless more of the others agree on another day."""
    votes = Counter(moment.date() for moment in moments)
    return max(moments, key=lambda moment: votes[moment.date()], default=None)


def _same_day(moment: datetime, day: datetime | None) -> bool:
    return day is not None and moment.date() == day.date()


def _completed(day: datetime | None, top: str, zone: str, source: str) -> Published | None:
    if day is None:
        return None
    shown = find_moments(top, zone)
    same = next((moment for moment in shown if _same_day(moment, day)), None)
    return Published(same or day, same is None, source)


def _top(tree: HtmlElement) -> str:
    lengths = 0
    top = []
    for line in blocks(tree, UNSEEN):
        top.append(line)
        lengths += len(line) + 1
        if lengths > TOP:
            break
    return " ".join(top)[:TOP]


def _guess(tree: HtmlElement, url: str, zone: str) -> datetime | None:
    """Without its extensive search, which makes days of years in copyright notices."""
    found = htmldate.find_date(tree, url=url, original_date=True, extensive_search=False)
    return parse_date(found, zone) if found else None
