"""GDELT's DOC 2.0 API, mode artlist
(https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/): articles of the world's press by query.

It tells title, address and when it saw the article, on a grid of fifteen minutes; never the text,
and not when the article was published.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from extractors.charset import decode
from extractors.errors import FeedError
from extractors.feeds.feed import Feed
from extractors.feeds.tree import data_tree
from extractors.items import Item, entries_of
from extractors.plain import plain_text
from extractors.source import Source
from extractors.web.remedy import LATER

LANGUAGES = {"english": "en", "japanese": "ja", "korean": "ko", "chinese": "zh"}
"""GDELT's names of languages. It does not tell the scripts of Chinese apart; the text does."""


def parse_gdelt(body: bytes, content_type: str | None, source: Source, url: str) -> Feed:
    """The articles of an answer; none where nothing was found.

    FeedError for a refusal: GDELT says it in plain text or HTML, with status 200 at times.
    """
    if not body.lstrip().startswith(b"{"):
        raise _refusal(body, content_type, url)
    tree, _ = data_tree(body, content_type, url)
    articles = tree.get("articles", [])
    if not isinstance(articles, list):
        raise FeedError(url, "holds no list of articles", "add mode=artlist&format=json to it")
    entries, warnings = entries_of(_items(articles), source, url)
    return Feed("gdelt artlist", "", entries, warnings)


def _refusal(body: bytes, content_type: str | None, url: str) -> FeedError:
    said = plain_text(decode(body[:2_000], content_type)[0])[:200]
    if "limit requests" in said.lower():
        return FeedError(url, f"refuses for now: {said!r}", LATER)
    return FeedError(url, f"refuses the query: {said!r}", "correct the query in the address")


def _items(articles: list[Any]) -> Iterator[Item]:
    for article in articles:
        if isinstance(article, dict):
            yield _item({k: v for k, v in article.items() if isinstance(v, str)})


def _item(article: dict[str, str]) -> Item:
    return Item(
        link=article.get("url", ""),
        title=article.get("title", ""),
        date=article.get("seendate", ""),
        date_source="seen",
        language=LANGUAGES.get(article.get("language", "").lower(), ""),
        image=article.get("socialimage", ""),
        publisher=article.get("domain", ""),
    )
