"""The body of an answer, chunk by chunk: unpacked, counted, and whole.

We unpack it ourselves: httpx unpacks a whole chunk before it can be counted.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import AsyncIterator

from extractors.errors import BodyTooLarge, HostUnreachable, HttpError
from extractors.web.challenge import LOOKED_AT
from extractors.web.inflate import Inflater, Plain
from extractors.web.remedy import CHECK_ADDRESS, CHECK_HOST, TOO_LARGE


async def whole_body(url: str, encoding: str, chunks: AsyncIterator[bytes], cap: int) -> bytes:
    """All of it, at most `cap` bytes. Raises BodyTooLarge; HostUnreachable where it is damaged or
    breaks off, HttpError where nobody asked for that encoding (Content-Encoding in lower case)."""
    stream = _stream(url, encoding, cap)
    try:
        parts = [stream.add(chunk) async for chunk in chunks]
    except OverflowError as error:
        raise BodyTooLarge(url, f"is larger than {cap:,} bytes", TOO_LARGE) from error
    except zlib.error as error:
        raise HostUnreachable(url, f"sent a damaged body ({error})", CHECK_HOST) from error
    if not stream.complete:
        raise HostUnreachable(url, "broke off within the answer", CHECK_HOST)
    return b"".join(parts)


async def beginning(encoding: str, chunks: AsyncIterator[bytes]) -> bytes:
    """The beginning of an error's body, as far as it can be unpacked."""
    stream = Plain(LOOKED_AT) if encoding == "identity" else Inflater(LOOKED_AT)
    parts: list[bytes] = []
    with contextlib.suppress(OverflowError, zlib.error):
        async for chunk in chunks:
            parts.append(stream.add(chunk))
    return b"".join(parts)


def _stream(url: str, encoding: str, cap: int) -> Inflater | Plain:
    if encoding == "identity":
        return Plain(cap)
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return Inflater(cap)
    what = f"answered in the encoding {encoding[:40]!r}, which was not asked for"
    raise HttpError(url, 415, what, CHECK_ADDRESS)
