"""A response: an answer that can be used, and what to ask with next time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Validators:
    """What a host gave to ask "has it changed since?" with (RFC 9110, section 8.8)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that can be used: the body (200) or the word that it has not changed (304)."""

    url: str
    """As requested."""
    final_url: str
    """After redirects."""
    status: int
    body: bytes
    """Decompressed; empty for 304."""
    content_type: str | None
    """The whole header, charset parameter included."""
    validators: Validators
    """For the next request; those of the request where a 304 brings none."""
    fetched_at: datetime
    seconds: float
    """From the start of the request that succeeded to its last byte."""
    headers: tuple[tuple[str, str], ...] = ()
    """As they came, in their order."""
    moved_to: str | None = None
    """Where the host sends everybody for good (301 and 308 all the way, RFC 9110, 15.4)."""
    fresh_seconds: float | None = None
    """For how long the host calls it fresh, where it says so."""

    @property
    def not_modified(self) -> bool:
        """The host says that the body is the one we have."""
        return self.status == 304
