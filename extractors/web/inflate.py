"""Inflating what others compressed, never beyond a cap: a bomb costs no more than the cap."""

from __future__ import annotations

import zlib

GZIP_MAGIC = b"\x1f\x8b"
_GZIP_OR_ZLIB = 47
"""zlib's `wbits`: a 32 KiB window, and the header tells gzip from zlib."""


class Plain:
    """A stream that is not compressed, counted like one that is."""

    complete = True

    def __init__(self, cap: int) -> None:
        self._room = cap

    def add(self, data: bytes) -> bytes:
        """`data`; OverflowError beyond the cap."""
        self._room -= len(data)
        if self._room < 0:
            raise OverflowError("larger than the cap")
        return data


class Inflater:
    """A gzip (of any number of members) or zlib stream that comes in pieces."""

    def __init__(self, cap: int) -> None:
        self._plain = Plain(cap)
        self._cap = cap
        self._member = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._held = b""
        self.complete = True
        """False while a member is begun and not ended."""

    def add(self, data: bytes) -> bytes:
        """What `data` inflates to. OverflowError beyond the cap, zlib.error for damage."""
        parts = []
        data, self._held = self._held + data, b""
        while data and self._goes_on(data):
            parts.append(self._plain.add(self._member.decompress(data, self._cap + 1)))
            self.complete = self._member.eof
            data = self._member.unused_data
        return b"".join(parts)

    def _goes_on(self, data: bytes) -> bool:
        """False for padding after the last member, and for half of the next one's mark."""
        if not self._member.eof:
            return True
        if data.startswith(GZIP_MAGIC):
            self._member = zlib.decompressobj(_GZIP_OR_ZLIB)
        elif data == GZIP_MAGIC[:1]:
            self._held = data
        return data.startswith(GZIP_MAGIC)


def gunzip(body: bytes, cap: int) -> bytes:
    """`body` inflated; what can be read of it where it is cut short.

    Raises OverflowError beyond `cap` bytes and zlib.error where it is no gzip.
    """
    return Inflater(cap).add(body)
