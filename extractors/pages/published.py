"""When a page was published, as far as it tells.

The only file that knows htmldate.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import htmldate
from lxml.html import HtmlElement

from extractors.dates import find_days, find_moments, has_time, parse_date
from extractors.pages.body import UNSEEN, blocks
from extractors.pages.metadata import Metadata

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


def published_in_text(text: str, url: str, zone: str, made_on: str | None) -> Published | None:
    """Of a document without markup: the day in the address, the first date that its head shows, or
    the day it was made (`made_on`, ISO 8601)."""
    top = western(text[:TOP_OF_DOCUMENT])
    if told := day_in_address(url, zone):
        return _completed(told, top, zone, "url")
    if shown := next(find_moments(top, zone), None) or next(find_days(top, zone), None):
        return _completed(shown, top, zone, "text")
    made = parse_date(made_on, zone) if made_on else None
    return Published(made, False, "metadata") if made else None


def western(text: str) -> str:
    """Dates as official papers write them, in figures: 令和7年, 二〇二五年十一月十四日."""
    folded = ERA.sub(_year, unicodedata.normalize("NFKC", text))
    return IN_WORDS.sub(lambda found: f"{_figures(found[1])}{found[2]}", folded)


def day_in_address(url: str, zone: str) -> datetime | None:
    """The day that an address names: /2026/11/01/, /2026/1101/, 20261101, 202611011230."""
    days = (parse_date("-".join(match.groups()[:3]), zone) for match in DAY.finditer(url))
    return next((day for day in days if day), None)


DAY = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[/._-]?(0[1-9]|1[0-2])[/._-]?([0-2]\d|3[01])(?:\d{4}|\d{6})?(?!\d)"
)
TOP_OF_DOCUMENT = 1_500
"""Characters of a press release in which its date is looked for; further down stand others."""
TOP = 20_000
"""Characters of visible text in which a byline is looked for."""


ERA = re.compile(r"(令和|平成)\s?(元|\d{1,2})\s?年")
FIRST_YEARS = {"令和": 2019, "平成": 1989}
"""Of the present emperor's era and the one before."""
IN_WORDS = re.compile(r"([〇○零一二三四五六七八九十]{1,4})(?=[年月日])(.)")
DIGITS = {**{c: n for n, c in enumerate("〇一二三四五六七八九")}, "○": 0, "零": 0}


def _year(found: re.Match[str]) -> str:
    number = 1 if found[2] == "元" else int(found[2])
    return f"{FIRST_YEARS[found[1]] + number - 1}年"


def _figures(words: str) -> str:
    """二〇二五 is 2025, 十四 is 14."""
    if "十" not in words:
        return "".join(str(DIGITS[c]) for c in words)
    tens, _, ones = words.partition("十")
    return str(10 * DIGITS.get(tens[-1:], 1) + DIGITS.get(ones[:1], 0))


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
