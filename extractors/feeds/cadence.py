"""Cadence: when a source is asked again.

Who publishes often is asked at every cycle; who publishes seldom is asked less often; who fails is
left alone for longer and longer; who names a time is not asked before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median

from extractors.errors import ExtractorError, FetchError, HttpError

HOUR, DAY = 3600.0, 86_400.0
ENOUGH = 5
"""Dates that are needed to know how often a source publishes."""
RECENT = 20
"""Of its dates, so many are looked at: what it does now counts."""
SHARE = 8
"""A source is asked so many times in its usual interval: on average, news is found after a
sixteenth of it."""
FREE_FAILURES = 2
"""Failures in a row that change nothing: most pass within minutes."""
LONGEST_PASSING = 2 * HOUR
LONGEST_LASTING = DAY
"""Back-off of a host that fails, and of one that refuses or no longer knows the address."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Within what an interval is chosen, in seconds."""

    cycle: float = 900.0
    """From one cycle to the next."""
    floor: float = 0.0
    """Least time between two polls of a source; 0: it may be asked at every cycle."""
    ceiling: float = 1800.0
    """Most time between two polls of a source that answers; 0: all are asked at every cycle, the
    failing ones too."""


def usual_seconds(dates: Iterable[datetime]) -> float | None:
    """The usual time between two publications; None where too few are known.

    The median: the silence of nights and weekends does not count.
    """
    latest = sorted(dates)[-RECENT:]
    if len(latest) < ENOUGH:
        return None
    return median((later - earlier).total_seconds() for earlier, later in pairwise(latest))


def after_success(usual: float | None, fresh: float | None, bounds: Bounds, jitter: float) -> float:
    """Seconds until a source that answered is asked again; 0: at the next cycle.

    What it calls fresh (`fresh`) lengthens the interval up to the source's `usual` one: whoever
    publishes more often than he says is asked as often as he publishes. `jitter` is from 0 to 1.
    """
    wanted = 0.0 if usual is None else max(usual / SHARE, min(fresh or 0.0, usual))
    wanted = max(min(wanted, bounds.ceiling), bounds.floor)
    return 0.0 if wanted <= bounds.cycle and not bounds.floor else _spread(wanted, jitter)


def after_failure(error: ExtractorError, streak: int, bounds: Bounds, jitter: float) -> float:
    """Seconds until a source that failed for the `streak`-th time in a row is asked again.

    Not before a Retry-After, of which a day at the most is believed.
    """
    asked = (error.retry_after or 0.0) if isinstance(error, FetchError) else 0.0
    crowded = isinstance(error, HttpError) and error.status == 429
    doublings = streak - (0 if crowded else FREE_FAILURES)
    if doublings <= 0 or not bounds.ceiling:
        wait = bounds.floor
    else:
        lasting = isinstance(error, HttpError) and not error.temporary
        longest = LONGEST_LASTING if lasting else LONGEST_PASSING
        wait = min(bounds.cycle * 2.0 ** min(doublings, 20), longest)
    return max(min(asked, DAY), _spread(wait, jitter))


def _spread(seconds: float, jitter: float) -> float:
    """From 75 to 95 % of an interval: not all at once, and early enough for the cycle that begins
    when the interval ends."""
    return seconds * (0.75 + 0.2 * jitter)
