"""Sentences: where they begin and end in a folded text, and which day a sentence speaks of."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

LONGEST = 600
"""A sentence is cut here (characters), so that the work per sentence is bounded."""

# These begin with a set of characters, which the engine skips to: two to three times as fast.
_END = re.compile("[.。!?\n](?:(?<!\\.)[。!?\n]*[\"')」』”]*|(?<=\\.)[\"')]*(?= ))")
_SHORT = re.compile(r"\b(?:mr|mrs|ms|dr|st|no|gen|sen|rep|gov|vs|u\.s|u\.k|[a-z])$")
"""Before a full stop: an abbreviation, not an end."""
_BREAK = re.compile("[,;:\n\u3000()「」『』、 ](?:(?<! )|(?<=[^ -~] )|(?=[^ -~])|- )")
"""Ends a clause; a space does so between Chinese or Japanese characters."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = rf"(?:{'|'.join(_MONTHS)})[a-z]*"
_DAY = re.compile(
    rf"(?P<month>{_NAME})\.? (?P<day>\d{{1,2}})(?!\d)(?:,? (?P<year>(?:19|20)\d\d))?"
    rf"|(?:in|since|from|last|of|by) (?P<month2>{_NAME})(?: (?P<year2>(?:19|20)\d\d))?"
    r"|(?:in|since|from|of) (?P<year3>(?:19|20)\d\d)(?!\d)"
    r"|(?P<year4>(?:19|20)\d\d)年(?:度)?(?:(?P<month4>\d{1,2})月(?:(?P<day4>\d{1,2})日)?)?"
    r"|(?<![\d,.$-])(?P<year6>(?:19|20)\d\d)(?![\d,年-]|\.\d| (?:people|yen|yuan))"
    r"|(?<![\d年])(?P<month5>\d{1,2})月(?!间)(?:(?P<day5>\d{1,2})日)?"
)
_DAYLIKE = re.compile(rf"\d|(?:in|since|from|last|of|by) (?:{'|'.join(_MONTHS)})")
"""In every day that `_DAY` finds; it costs a tenth to see that there is none."""


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The slices of `text` that are sentences, in order, none longer than LONGEST."""
    start = 0
    for mark in _END.finditer(text):
        if mark.group()[0] == "." and _SHORT.search(
            text, max(start, mark.start() - 4), mark.start()
        ):
            continue
        end = mark.end()
        if end - start <= LONGEST:
            yield start, end
        else:
            yield from _pieces(start, end)
        start = end
    yield from _pieces(start, len(text))


def _pieces(start: int, end: int) -> Iterator[tuple[int, int]]:
    for cut in range(start, end, LONGEST):
        yield cut, min(cut + LONGEST, end)


def clause(sentence: str, start: int, end: int) -> tuple[int, int]:
    """The slice of the clause around `sentence[start:end]`."""
    low, high = 0, len(sentence)
    for first, last in _breaks(sentence):
        if last <= start:
            low = last
        elif first >= end:
            high = first
            break
    return low, high


@lru_cache(maxsize=16)
def _breaks(sentence: str) -> tuple[tuple[int, int], ...]:
    """The ends of its clauses. Remembered, as several events ask the same sentence in a row."""
    return tuple([mark.span() for mark in _BREAK.finditer(sentence)])


@lru_cache(maxsize=16)
def days(sentence: str, today: date) -> tuple[tuple[int, date], ...]:
    """Days named in a sentence, with their place: the latest that each can mean, seen from `today`.

    A year means its last day, a month its last day, one that is over its middle; a month without
    a year is the nearest one that is not more than two months ahead, or next year's where it says
    so (来年3月).
    """
    if not _DAYLIKE.search(sentence):
        return ()
    found = ((mark.start(), _day(mark, today)) for mark in _DAY.finditer(sentence))
    return tuple([(place, day) for place, day in found if day])


def _day(found: re.Match[str], today: date) -> date | None:
    groups = found.groupdict()
    year = _number(groups, "year", "year2", "year3", "year4", "year6")
    month = _month(groups["month"] or groups["month2"]) or _number(groups, "month4", "month5")
    number = _number(groups, "day", "day4", "day5")
    if not month:
        return date(year, 12, 31) if year else None
    if not 1 <= month <= 12:
        return None
    if not year and _is_extended(found):
        return _made(today.year + (month < today.month), month, number)
    year = year or _nearest(month, number, today)
    if number is None and (year, month) < (today.year, today.month):
        number = _MIDDLE
    return _made(year, month, number)


def _is_extended(found: re.Match[str]) -> bool:
    """Whether something now lasts until then: that day is still to come."""
    before = _TO.search(found.string, max(found.start() - 4, 0), found.start())
    return bool(before or _UNTIL.match(found.string, found.end()))


def _nearest(month: int, number: int | None, today: date) -> int:
    """The year of a month that comes without one."""
    for year in (today.year + 1, today.year):
        day = _made(year, month, number or 1)
        if day and day - today <= _AHEAD:
            return year
    return today.year - 1


_AHEAD = timedelta(days=62)
"""How far ahead a month without a year may lie: "in January", read in December."""
_TO = re.compile("(?:延|延长|延期|展延)(?:至|到)$")
_UNTIL = re.compile("(?:末日?|[上中下]旬)?まで(?:の)?延")
_MIDDLE = 15
"""Who tells in December what was done "in November" seldom means its last week."""


def _number(groups: dict[str, str | None], *names: str) -> int | None:
    return next((int(found) for name in names if (found := groups[name])), None)


def _month(name: str | None) -> int | None:
    return _MONTHS.index(name[:3]) + 1 if name else None


def _made(year: int, month: int, day: int | None) -> date | None:
    """The day, or the month's last; None where the calendar has no such day."""
    last = monthrange(year, month)[1]
    number = last if day is None else day
    return date(year, month, number) if 1 <= number <= last else None
