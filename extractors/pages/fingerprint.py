"""Fingerprints: whether two texts are one text, in spaced and unspaced scripts alike.

A text is the set of its runs of four tokens, a token being a word of a spaced script, a number, or
a character of Chinese, Japanese or Korean. Two texts are the same where three fifths of their runs
are: an agency's credit, a dropped paragraph or newer figures leave it the same text, its lead alone
is another. Texts are compared after folding, so that script variants and widths do not count.

The only file that knows rensa.
"""

from __future__ import annotations

import re
import struct
from hashlib import blake2b

import rensa

SAME = 0.6
"""Likeness from which two texts are one. The reference pairs of the same text reach 0.66 at least,
those of different texts 0.48 at most (`python -m tests.benchmarks.neardup`)."""
SHORTEST = 24
"""Runs below which a text is too short to tell: two outlets may give one teaser by themselves."""

Runs = frozenset[str]


def runs(folded: str) -> Runs:
    """The runs of a folded text; few or none for a short one."""
    tokens = TOKEN.findall(folded)
    return frozenset(map(" ".join, zip(*(tokens[n:] for n in range(RUN)), strict=False)))


def likeness(one: Runs, other: Runs) -> float:
    """Jaccard's: what both have of what either has; 0 where one of them has nothing."""
    common = len(one & other)
    return common / (len(one) + len(other) - common) if common else 0.0


def same(one: Runs, other: Runs) -> bool:
    """Whether two texts are one."""
    fewer, more = sorted((len(one), len(other)))
    return fewer >= SHORTEST and fewer >= SAME * more and likeness(one, other) >= SAME


def bands(text: Runs) -> tuple[int, ...]:
    """Twenty numbers of 64 bits; none for a text that is too short to tell.

    Texts of likeness s share one of them with probability 1 - (1 - s³)²⁰: 0.993 at 0.6, 0.02 at
    0.1. What shares none need not be compared (MinHash with bands: Leskovec, Rajaraman, Ullman,
    Mining of Massive Datasets, section 3.4).
    """
    if len(text) < SHORTEST:
        return ()
    sketch = rensa.RMinHash(BANDS * ROWS, SEED)
    sketch.update(list(text))  # in whatever order: each hash function keeps its least value
    digest = sketch.digest()
    return tuple(_number(digest[n : n + ROWS]) for n in range(0, BANDS * ROWS, ROWS))


RUN = 4
BANDS = 20
ROWS = 3
SEED = 42
TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
    r"|\d+|[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+"
)


def _number(rows: list[int]) -> int:
    packed = struct.pack(f"<{ROWS}I", *rows)
    return int.from_bytes(blake2b(packed, digest_size=8).digest(), "little", signed=True)
