"""Links of Google News: the older ones carry the publisher's address, the newer ones nothing.

Ids given out since July 2024 are opaque; what Google's own pages do to resolve them is closed to
programs (robots.txt). Such a link stays what it is.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import urlsplit

ARTICLE = re.compile(r"/(?:rss/)?(?:articles|read)/(?P<id>[\w-]{8,2000})(?:=*)$")
FIELD = re.compile(rb"\x08\x13\x22(?P<length>[\x00-\x7f]|[\x80-\xff][\x00-\x7f])", re.DOTALL)
"""The protocol buffer in an id: field 1 is 19, field 4 a string of this length."""


def is_google_news(url: str) -> bool:
    """Whether `url` (absolute) leads through Google News to somebody's article."""
    return _id(url) is not None


def carried(url: str) -> str:
    """The publisher's address within a link of Google News; "" where it carries none."""
    identifier = _id(url)
    try:
        data = base64.urlsafe_b64decode(f"{identifier}===") if identifier else b""
    except (binascii.Error, ValueError):
        return ""
    field = FIELD.match(data)
    if not field:
        return ""
    size = field["length"]
    length = size[0] if len(size) == 1 else (size[0] & 0x7F) + 128 * size[1]
    text = data[field.end() : field.end() + length].decode("utf-8", "replace")
    return text if re.match(r"https?://", text) else ""


def _id(url: str) -> str | None:
    parts = urlsplit(url)
    match = ARTICLE.search(parts.path) if parts.hostname == "news.google.com" else None
    return match["id"] if match else None
