"""Bot checks: answers that stand in front of a page and are none."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LOOKED_AT = 64 * 1024
"""Bytes of a body in which marks are looked for: such pages are small."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """The marks of one kind of check; all of those that are given must be there."""

    name: str
    """Whose it is."""
    origin: str
    status: tuple[int, ...] = ()
    header: str = ""
    body: tuple[bytes, ...] = ()

    def fits(self, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether an answer bears the marks. `headers` have lower-case names."""
        if self.status and status not in self.status:
            return False
        name, _, value = self.header.partition(": ")
        return value in headers.get(name, "") and all(mark in body for mark in self.body)


def challenge_in(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """Whose bot check an answer is; None where it is none."""
    start = body[:LOOKED_AT]
    return next((known.name for known in _known() if known.fits(status, headers, start)), None)


@cache
def _known() -> tuple[Challenge, ...]:
    text = files("extractors.web").joinpath("challenges.toml").read_text("utf-8")
    return tuple(
        Challenge(
            row["name"],
            row["origin"],
            tuple(row.get("status", ())),
            row.get("header", ""),
            tuple(mark.encode() for mark in row.get("body", ())),
        )
        for row in tomllib.loads(text)["challenge"]
    )
