"""Dates as feeds and pages write them.

Read here and not by feedparser, which takes a date without a zone, or with a zone that it does not
know (HKT, JST), for UTC: nine hours wrong for a Japanese source.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EARLIEST = 1991
"""The year of the first web page: earlier dates in feeds are defaults of somebody's software."""


def parse_date(text: str, zone: str = "UTC") -> datetime | None:
    """An aware datetime in the offset that `text` states, else in the IANA `zone`.

    A day without a time is its midnight. None for what is no date. Understands ISO 8601 and W3CDTF
    with the usual liberties, RFC 822 and 5322, `2026年11月1日 12時30分`, `2026/11/1 12:30`.
    """
    cleaned = " ".join(text.strip()[:100].split())
    if not cleaned:
        return None
    found = (read(cleaned, zone) for read in READERS)
    moment = next((moment for moment in found if moment), None)
    return moment if moment and moment.year >= EARLIEST else None


def find_moments(text: str, zone: str = "UTC") -> Iterator[datetime]:
    """The dates with a time that stand in running text, in its order."""
    return _found(MOMENT, text, zone)


def find_days(text: str, zone: str = "UTC") -> Iterator[datetime]:
    """The dates that stand in running text, in its order, as midnights."""
    return _found(DAY, text, zone)


def has_time(text: str) -> bool:
    """Whether a date that `parse_date` reads states a time of day."""
    return bool(re.search(r"\d:\d\d|\d[時时点點]|T\d{4}|\d{12}", text))


def zone_of(name: str) -> tzinfo:
    """The IANA zone `name`; ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no IANA time zone") from error


NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS = {name: number for number, name in enumerate(NAMES, start=1)}
TIME = (
    r"(?:[T ,　]*(?P<noon>上午|下午|午前|午後)?\s*(?P<h>\d{1,2})\s*[:：時时点點]\s*(?P<min>\d{1,2})"
    r"(?:\s*[:：分]\s*(?P<s>\d{1,2})(?:[.,]\d+)?\s*秒?|\s*分)?\s*(?P<half>[ap]\.?m\.?)?)?"
)
ZONE = (
    r"\s*\(?(?P<zone>Z|[+-]\d{1,2}:?\d{2}|[+-]\d{2}"
    r"|[A-Za-z][A-Za-z/_+-]{1,30}\d{0,2}(?::?\d\d)?)?\)?"
)
NUMERIC = re.compile(
    r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*日?"
    r"(?:\s*[(（][^)）]{1,6}[)）])?" + TIME + ZONE,
    re.IGNORECASE,
)
COMPACT = re.compile(
    r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?:T?(?P<h>\d\d)(?P<min>\d\d)(?P<s>\d\d)?)?" + ZONE,
    re.IGNORECASE,
)
NAMED = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?(?:(?P<d>\d{1,2})(?:st|nd|rd|th)?[\s-]+(?P<month>[A-Za-z]{3})[a-z]*\.?"
    r"|(?P<month2>[A-Za-z]{3})[a-z]*\.?\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?),?[\s-]+(?P<y>\d{4}|\d\d)\b"
    r",?(?:\s+at)?" + TIME + ZONE,
    re.IGNORECASE,
)
MOMENT = re.compile(
    r"\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?(?:\s?[(（][^)）]{1,6}[)）])?"
    r"[T ,　|]{0,3}(?:(?:上午|下午|午前|午後)\s?)?\d{1,2}\s?[:：時时]\s?\d{1,2}(?:[:：]\d{2})?"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4},?(?: at)? \d{1,2}:\d{2}(?: ?[ap]\.?m\.?)?"
    r"(?: [A-Z]{3,4}\b)?"
    r"|\d{1,2} [A-Z][a-z]{2,8}\.? \d{4},? \d{1,2}:\d{2}(?: [A-Z]{3,4}\b)?"
)
DAY = re.compile(
    r"\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}(?!\d)"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|\d{1,2} [A-Z][a-z]{2,8} \d{4}"
)
HOUR = r"\d{1,2} ?[:：時时点點] ?\d{1,2}"
REWRITTEN: tuple[tuple[re.Pattern[str], str], ...] = (
    # A weekday between day and time: 2026年11月1日 星期日 12:30, 2026年11月1日（日曜日）
    (
        re.compile(
            r"(?<=[日\d]) ?[(（]?(?:(?:星期|週|周)[一二三四五六日天]|[月火水木金土日]曜日?)[)）]?"
        ),
        " ",
    ),
    # The zone before the time: 2026-11-01 HKT 12:30; "Issued at" of Hong Kong's press releases.
    (re.compile(rf"(?<=[日\d]) {{0,2}}(?:Issued at )?(HKT|JST|CST|GMT) ({HOUR})"), r" \2 \1"),
    (
        re.compile(rf"(?<=[日\d]) {{0,2}}(?:香港|北京|日本|台[北灣湾])[時时][間间] ?({HOUR})"),
        r" \1",
    ),
    # A dash between the two: Nov 1, 2026 - 12:30
    (re.compile(rf"(?<=\d{{4}}) [-–—] ({HOUR})"), r" \1"),
    # The year aside: 2026 11/01 12:30:15
    (re.compile(r"(?<!\d)(20\d\d) {1,3}(\d\d) ?/ ?(\d\d)(?= {1,3}\d\d:\d\d)"), r"\1/\2/\3"),
    # The time first: 12:30 2026-11-01, 12:30, 1 November 2026
    (
        re.compile(
            r"(?<!\d)(\d{1,2}:\d\d)(?: HKT| JST)?,? (20\d\d[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)"
            r"|\d{1,2} [A-Z][a-z]{2,8} 20\d\d|[A-Z][a-z]{2,8} \d{1,2}, 20\d\d)(?!,? \d{1,2}:)"
        ),
        r"\2 \1",
    ),
)
"""Ways to set dates in running text, and the one way in which they are looked for."""
UNIX = re.compile(r"1\d{9}(?P<ms>\d{3})?")


def _found(pattern: re.Pattern[str], text: str, zone: str) -> Iterator[datetime]:
    for way, rewritten in REWRITTEN:
        text = way.sub(rewritten, text)
    moments = (parse_date(match[0], zone) for match in pattern.finditer(text))
    return (moment for moment in moments if moment)


def _numbers(text: str, zone: str) -> datetime | None:
    match = NUMERIC.match(text) or COMPACT.fullmatch(text)
    return (
        _moment(match, int(match["y"]), int(match["m"]), int(match["d"]), zone) if match else None
    )


def _names(text: str, zone: str) -> datetime | None:
    match = NAMED.match(text)
    month = MONTHS.get((match["month"] or match["month2"]).lower()) if match else None
    if not match or not month:
        return None
    year, day = int(match["y"]), int(match["d"] or match["d2"])
    # Two digits as RFC 5322, section 4.3, has it.
    century = 0 if year > 99 else 2000 if year < 50 else 1900
    return _moment(match, century + year, month, day, zone)


def _seconds(text: str, zone: str) -> datetime | None:
    match = UNIX.fullmatch(text)
    return datetime.fromtimestamp(int(text[:10]), zone_of(zone)) if match else None


READERS: tuple[Callable[[str, str], datetime | None], ...] = (_seconds, _numbers, _names)


def _moment(match: re.Match[str], y: int, m: int, d: int, zone: str) -> datetime | None:
    parts = match.groupdict()
    hour = _hour(int(parts["h"] or 0), parts.get("half") or parts.get("noon") or "")
    minute, second = int(parts["min"] or 0), int(parts["s"] or 0)
    try:
        # ISO 8601 knows 24:00 as the end of a day, and leap seconds are written 60.
        day = datetime(y, m, d, tzinfo=_offset(parts["zone"] or "", zone))
        return _later(day, hour, minute, min(second, 59))
    except (ValueError, OverflowError):
        return None


def _later(day: datetime, hour: int, minute: int, second: int) -> datetime | None:
    if hour > 24 or minute > 59:
        return None
    return day + timedelta(hours=hour, minutes=minute, seconds=second)


def _hour(hour: int, half: str) -> int:
    if half.lower().startswith("p") or half in {"下午", "午後"}:
        return hour + 12 if hour < 12 else hour
    if half.lower().startswith("a") or half in {"上午", "午前"}:
        return hour % 12
    return hour


def _offset(written: str, zone: str) -> tzinfo:
    """The written zone where it is known, the source's otherwise."""
    name = written.lower()
    number = re.fullmatch(r"(?:gmt|utc)?([+-])(\d{1,2}):?(\d\d)?", name)
    if number:
        span = timedelta(hours=int(number[2]), minutes=int(number[3] or 0))
        return timezone(-span if number[1] == "-" else span)
    if zone.startswith("Asia/") and name in _offsets("offsets_in_asia"):
        return _offsets("offsets_in_asia")[name]
    if "/" in written:
        return _named_zone(written, zone)
    return _offsets("offsets").get(name) or zone_of(zone)


def _named_zone(written: str, zone: str) -> tzinfo:
    try:
        return zone_of(written)
    except ValueError:
        return zone_of(zone)


@cache
def _offsets(table: str) -> dict[str, timezone]:
    text = files("extractors").joinpath("timezones.toml").read_text("utf-8")
    return {name: _timezone(value) for name, value in tomllib.loads(text)[table].items()}


def _timezone(value: str) -> timezone:
    span = timedelta(hours=int(value[1:3]), minutes=int(value[4:6]))
    return timezone(-span if value[0] == "-" else span)
