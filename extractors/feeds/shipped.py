"""The shipped catalogue: real sources, and addresses that are known to lead nowhere."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from extractors.source import Listing, Source, SourceKind


@dataclass(frozen=True, slots=True)
class Refused:
    """A kind of address that circulates in lists but should not be added, and why."""

    pattern: str
    """Shell glob over host and path in lower case, without `www.` and without the query."""
    why: str


def shipped_sources() -> tuple[Source, ...]:
    """All sources of `sources.toml`, in its order: enabled ones and disabled ones with reasons."""
    return tuple(_source(row) for row in _catalogue()["source"])


def refusal(url: str) -> str | None:
    """Why nobody should add `url`, or None where nothing is known against it."""
    place = _place(url)
    return next((r.why for r in do_not_add() if fnmatchcase(place, r.pattern)), None)


def do_not_add() -> tuple[Refused, ...]:
    """The addresses of `sources.toml` that are dead, frozen, empty, invented or closed."""
    return tuple(Refused(**row) for row in _catalogue()["refused"])


@cache
def _catalogue() -> dict[str, Any]:
    return tomllib.loads(files("extractors.feeds").joinpath("sources.toml").read_text("utf-8"))


def _source(row: dict[str, Any]) -> Source:
    return Source(
        id=row["id"],
        url=row["url"],
        name=row["name"],
        kind=SourceKind(row["kind"]),
        language=row["language"],
        timezone=row["timezone"],
        full_text=row["full_text"],
        tags=tuple(row["tags"]),
        enabled=row["enabled"],
        reason=row.get("reason"),
        listing=Listing(**row["listing"]) if "listing" in row else None,
        document=row.get("document"),
    )


def _place(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""  # No address: whoever reads the settings says so, with file and line.
    return f"{parts.hostname or ''}{parts.path.lower()}".removeprefix("www.")
