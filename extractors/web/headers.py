"""What the headers of an answer ask of us: when to come back, and for how long it stays fresh."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header: a number or a date (RFC 9110, section 10.2.3)."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value.strip()[:9])
    moment = _date(value)
    return max(0.0, (moment - now).total_seconds()) if moment else None


def fresh_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """For how long the answer stays fresh (RFC 9111, section 4.2); None where it does not say.

    `headers` have lower-case names.
    """
    control = headers.get("cache-control", "").lower()
    if re.search(r"\bno-(?:cache|store)\b", control):
        return None
    stated = re.search(r'(?<![-\w])max-age\s*=\s*"?(\d{1,9})', control)
    if stated:
        return max(0.0, float(stated[1]) - _age(headers))
    expires = _date(headers.get("expires"))
    return max(0.0, (expires - now).total_seconds()) if expires else None


def _age(headers: Mapping[str, str]) -> float:
    """Seconds that the answer has spent in caches already."""
    value = headers.get("age", "").strip()
    return float(value[:9]) if value.isdigit() else 0.0


def _date(value: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and not moment.tzinfo else moment
