"""The shipped catalogue of seed documents: a known text gets its right metadata by its hash."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class SeedRecord:
    """What is known about one seed document, whether its text was supplied or not."""

    sha256: str
    """`normalised_hash` of its text."""
    title: str
    publisher: str
    language: str
    """BCP 47."""
    topics: tuple[str, ...]
    """Categories (`alerts.reading.coding.Category`) that it speaks of, foremost first."""
    abstract: str
    """Two sentences in our own words."""
    published: date | None = None
    published_note: str | None = None
    """How the day was decided, or why there is none."""
    url: str | None = None
    """A public page on which the text stands."""


def seed_records() -> tuple[SeedRecord, ...]:
    """All records of `seeds.toml`, in its order."""
    text = files("warehouse.collecting").joinpath("seeds.toml").read_text("utf-8")
    return tuple(_record(row) for row in tomllib.loads(text)["seed"])


def normalised_hash(text: str) -> str:
    """SHA-256 (64 hexadecimal digits) of `text` in UTF-8, white space normalised.

    Each run of Unicode white space counts as one space and none stands at the ends, so that line
    ends and indentation, which change on the way, do not matter.
    """
    return sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()


def _record(row: dict[str, Any]) -> SeedRecord:
    return SeedRecord(**{**row, "topics": tuple(row["topics"])})
