"""What a page says about itself: JSON-LD, Open Graph and the meta elements of news systems."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lxml.html import HtmlElement

from extractors.plain import plain_text

LARGEST_JSON = 1_000_000
"""Characters of one JSON-LD block; more is data of an application."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """Strings as the page gives them, markup removed; empty where it gives none."""

    headline: str
    """JSON-LD `headline`."""
    og_title: str
    document_title: str
    headings: tuple[str, ...]
    """The h1 elements."""
    dates: tuple[str, ...]
    """Dates of publication, the most trusted first."""
    author: str
    site_name: str
    image: str
    canonical: str
    language: str
    section: str
    description: str
    free: bool | None
    """Whether the page says that all of it may be read without paying or logging in; None where it
    does not say."""


def read_metadata(tree: HtmlElement) -> Metadata:
    """The metadata of a parsed page."""
    meta = _metas(tree)
    article = next(articles(tree), {})
    told = _names(_resolved(article.get("author"), tree)) or _author(meta) or _byline(tree)
    return Metadata(
        headline=plain_text(_string(article.get("headline"))),
        og_title=plain_text(meta.get("og:title", "") or meta.get("twitter:title", "")),
        document_title=plain_text(
            _first(tree, "//head/title//text()") or _first(tree, "//title//text()")
        ),
        headings=tuple(filter(None, map(_words, tree.iterfind(".//h1")))),
        dates=tuple(_dates(tree, meta, article)),
        author=_without_by(plain_text(told))[:300],
        site_name=plain_text(meta.get("og:site_name", "") or _names(article.get("publisher")))[
            :200
        ],
        image=meta.get("og:image", "") or meta.get("twitter:image", "") or _image(article),
        canonical=_first(tree, "//link[@rel='canonical']/@href"),
        language=_first(tree, "/html/@lang") or _string(article.get("inLanguage")),
        section=plain_text(_section(article) or meta.get("article:section", ""))[:100],
        description=plain_text(meta.get("og:description", "") or meta.get("description", "")),
        free=_free(article, meta),
    )


def articles(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """The JSON-LD objects that describe an article (https://schema.org/Article and its kinds)."""
    return (thing for thing in _all_things(tree) if ARTICLE.search(_string(thing.get("@type"))))


def _all_things(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    for script in tree.iterfind(".//script[@type='application/ld+json']"):
        yield from _things(_json((script.text or "")[:LARGEST_JSON]))


def _resolved(value: Any, tree: HtmlElement) -> Any:
    """The things that stand elsewhere on the page for mere references to them (`{"@id": …}`), as
    WordPress writes them."""
    members = value if isinstance(value, list) else [value]
    wanted = {_string(m.get("@id")) for m in members if isinstance(m, dict) and "name" not in m}
    if not wanted:
        return value
    return [thing for thing in _all_things(tree) if _string(thing.get("@id")) in wanted]


PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "datepublished",
    "pubdate",
    "publishdate",
    "publish_date",
    "publish-date",
    "publication_date",
    "date_published",
    "published_time",
    "parsely-pub-date",
    "cxenseparse:recs:publishtime",
    "weibo:article:create_at",
    "bt:pubdate",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "dc.date.created",
    "livetime",  # RTHK
    "release_date",  # Asahi
    "firstpublishedtime",
    "og:pubdate",
    "datecreated",
    "article:create_at",
    "date",
)
"""Names (meta name, property, itemprop) of the date of publication, the most exact first."""
ARTICLE = re.compile(r"Article|BlogPosting|Report|LiveBlog|NewsItem", re.IGNORECASE)
BYLINE = (
    "//*[@itemprop='author']//*[@itemprop='name'] | //*[@itemprop='author'] | //a[@rel='author']"
    " | //*[contains(concat(' ', @class, ' '), ' author ')]"
    " | //*[contains(concat(' ', @class, ' '), ' byline ')]"
)
LONGEST_BYLINE = 100
LOOSE_DATE = re.compile(r'"datePublished"\s*:\s*"([^"]{8,40})"')


def _metas(tree: HtmlElement) -> dict[str, str]:
    """The first non-empty content of each meta name, names in lower case without spaces."""
    found: dict[str, str] = {}
    for element in tree.iterfind(".//meta[@content]"):
        content = (element.get("content") or "").strip()
        for attribute in ("property", "name", "itemprop"):
            name = (element.get(attribute) or "").lower().replace(" ", "")
            if name and content:
                found.setdefault(name, content)
    return found


def _dates(tree: HtmlElement, meta: dict[str, str], article: dict[str, Any]) -> Iterator[str]:
    stated = _string(article.get("datePublished"))
    yield from [stated] if stated else _loose_dates(tree)
    yield from (meta[name] for name in PUBLISHED if name in meta)
    for element in tree.iterfind(".//*[@itemprop='datePublished']"):
        yield from filter(None, [element.get("datetime") or element.get("content")])
    yield from _times(tree)


def _times(tree: HtmlElement) -> Iterator[str]:
    """<time datetime> of the article's head: the only one of the page, or the first in <article>.

    Others belong to teasers.
    """
    times = tree.xpath("//time[@datetime]")
    inside = tree.xpath("(//article)[1]//time[@datetime] | //time[@pubdate]")
    chosen = inside[:1] or (times if len(times) == 1 else [])
    yield from (element.get("datetime") or "" for element in chosen)


def _loose_dates(tree: HtmlElement) -> Iterator[str]:
    """From JSON-LD that is no valid JSON, which is common."""
    for script in tree.iterfind(".//script[@type='application/ld+json']"):
        yield from LOOSE_DATE.findall((script.text or "")[:LARGEST_JSON])[:1]


def _json(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _things(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The objects of a block: alone, in a list, in `@graph` or as the page's main entity."""
    if isinstance(value, list) and depth < 4:
        for member in value[:50]:
            yield from _things(member, depth + 1)
    if isinstance(value, dict):
        yield value
        for key in ("@graph", "mainEntity"):
            if depth < 4:
                yield from _things(value.get(key), depth + 1)


def _string(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(_string(member) for member in value[:5] if isinstance(member, str))
    return value.strip() if isinstance(value, str) else ""


def _names(value: Any) -> str:
    """The names of people or organisations: strings, objects or lists of either."""
    members = value if isinstance(value, list) else [value]
    names = (_string(m.get("name")) if isinstance(m, dict) else _string(m) for m in members[:10])
    return ", ".join(name for name in names if name and not name.startswith("http"))


def _author(meta: dict[str, str]) -> str:
    names = (meta.get(key, "") for key in ("author", "article:author", "byl", "dc.creator"))
    return next((name for name in names if name and not name.startswith("http")), "")


def _byline(tree: HtmlElement) -> str:
    """The first short text that the markup calls the author's."""
    found = (_words(element) for element in tree.xpath(BYLINE))
    return next((words for words in found if 1 < len(words) <= LONGEST_BYLINE), "")


def _without_by(name: str) -> str:
    """A byline without the word for it."""
    return BY.sub("", name).strip()


BY = re.compile(r"^(?:by\b[:：]?|(?:作者|撰文|文|記者|记者|執筆)\s?[:：|｜/／])\s*", re.IGNORECASE)


def _section(article: dict[str, Any]) -> str:
    """The first: pages with several name the section that the article stands in first."""
    stated = article.get("articleSection")
    first = stated[0] if isinstance(stated, list) and stated else stated
    return _string(first)


def _free(article: dict[str, Any], meta: dict[str, str]) -> bool | None:
    """https://schema.org/isAccessibleForFree, as a Boolean or in words; else Facebook's tier
    (https://developers.facebook.com/docs/instant-articles/subscriptions/content-tiering)."""
    stated = article.get("isAccessibleForFree")
    if isinstance(stated, bool):
        return stated
    if isinstance(stated, str) and stated.strip().rpartition("/")[2].lower() in {"true", "false"}:
        return stated.strip().lower().endswith("true")
    tier = meta.get("article:content_tier", "").lower()
    return {"free": True, "locked": False}.get(tier)


def _image(article: dict[str, Any]) -> str:
    image = article.get("image")
    first = image[0] if isinstance(image, list) and image else image
    return _string(first.get("url")) if isinstance(first, dict) else _string(first)


def _first(tree: HtmlElement, path: str) -> str:
    found = tree.xpath(path)
    return _string(str(found[0])) if isinstance(found, list) and found else ""


def _words(element: HtmlElement) -> str:
    texts: Iterable[str] = element.itertext()
    return plain_text(" ".join(texts))[:500]
