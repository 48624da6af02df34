"""Durations as people write them: `30m`, `6h`, `1d 12h`, `2w`."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PART = re.compile("([0-9]{1,6})([smhdw])")


def duration(text: str) -> timedelta:
    """What `text` means. Raises ValueError where it is no duration."""
    compact = text.replace(" ", "").lower()
    parts = _PART.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise ValueError(f"{text!r} is no duration such as '30m', '6h' or '1d 12h'")
    return sum((timedelta(**{_UNITS[unit]: int(n)}) for n, unit in parts), timedelta())
