"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from typing import Any

from extractors.errors import FeedError
from extractors.items import Item

ASK = "open the address in a browser and look for the feed's address"


def read_json_feed(text: str, url: str) -> tuple[str, str, list[Item]]:
    """(format, title, items) of a JSON Feed; FeedError where the text is none."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FeedError(url, f"is no valid JSON ({error})", ASK) from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise FeedError(url, "is JSON, but no JSON Feed: it has no list of items", ASK)
    version = _text(feed, "version").rstrip("/").rpartition("/")[2] or "?"
    language = _text(feed, "language")
    items = [_item(item, language) for item in feed["items"] if isinstance(item, dict)]
    return f"jsonfeed {version}", _text(feed, "title"), items


def _item(item: dict[str, Any], language: str) -> Item:
    return Item(
        link=_text(item, "url") or _address(_text(item, "id")) or _text(item, "external_url"),
        title=_text(item, "title"),
        summary=_text(item, "content_html")
        or _text(item, "content_text")
        or _text(item, "summary"),
        date=_text(item, "date_published") or _text(item, "date_modified"),
        author=_author(item),
        language=_text(item, "language") or language,
        image=_text(item, "image") or _text(item, "banner_image"),
    )


def _author(item: dict[str, Any]) -> str:
    """`authors` since 1.1, `author` in 1.0."""
    listed = item.get("authors")
    people = listed if isinstance(listed, list) else [item.get("author")]
    names = (_text(person, "name") for person in people if isinstance(person, dict))
    return ", ".join(name for name in names if name)


def _address(identifier: str) -> str:
    return identifier if identifier.startswith(("http://", "https://")) else ""


def _text(owner: dict[str, Any], key: str) -> str:
    """A string member; numbers are taken too, for ids."""
    value = owner.get(key)
    return str(value) if isinstance(value, str | int | float) else ""
