"""Joining: the further pages of an article that is spread over several."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

MOST_PAGES = 10
"""Pages of one article. Longer ones are galleries, mostly."""


def next_page(tree: HtmlElement, url: str) -> str | None:
    """The address of the article's next page, where it is unambiguous; else None.

    A link to it is marked as the next one (`rel`, or the words of its text), and its address is
    that of this page but for the page's number, which is one more. `rel=next` alone does not do:
    many systems mark the next article so.
    """
    found = {link for link in _links(tree, url) if follows(url, link)}
    return found.pop() if len(found) == 1 else None


def follows(url: str, link: str) -> bool:
    """Whether `link` is `url` with a page number that is one more."""
    stem, number = numbered(url)
    following, further = numbered(link)
    return bool(further) and stem == following and (further or 1) == (number or 1) + 1


def numbered(url: str) -> tuple[str, int]:
    """An address without its page number, and that number; 0 where it has none."""
    parts = urlsplit(url)
    place = f"{parts.scheme}://{parts.netloc.lower()}"
    for pattern in IN_QUERY:
        if match := pattern.search(f"&{parts.query}"):
            rest = pattern.sub("", f"&{parts.query}").lstrip("&")
            return f"{place}{parts.path}?{rest}".rstrip("?"), int(match[1])
    query = f"?{parts.query}" if parts.query else ""
    for pattern in IN_PATH:
        if match := pattern.search(parts.path):
            stem = parts.path[: match.start()] + parts.path[match.end() :]
            return f"{place}{stem.rstrip('/')}{query}", int(match[1])
    return f"{place}{parts.path.rstrip('/')}{query}", 0


def continued(text: str, further: str) -> str | None:
    """Both texts as one; None where the further page brings nothing, so that it is no page of it.

    Lines that stand on both (the lead, a byline, "Page 2 of 3") are kept once.
    """
    known = set(text.splitlines())
    added = [line for line in further.splitlines() if line not in known]
    return "\n".join([text, *added]) if any(map(str.strip, added)) else None


IN_QUERY = (re.compile(r"&(?:page|paged|pg|pageno|page_no|p)=(\d{1,2})(?=&|$)", re.I),)
IN_PATH = (
    re.compile(r"/page/(\d{1,2})(?=/?$)"),
    re.compile(r"[_-](\d{1,2})(?=\.\w{2,5}$)"),
    re.compile(r"(?<=[^/])/(\d{1,2})(?=/?$)"),
)
"""Where systems put the number of a page: /page/2, story_2.html, /story/2."""
WORDS = re.compile(
    r"^(?:次の?ページ(?:へ|を読む)?|次へ|続きを読む|下一?[页頁]|下一版|後一頁|next(?: page)?)$",
    re.I,
)
"""What such a link says, without the arrows and counts around it."""
DECORATION = re.compile(r"[\s»›>→▶»:\uff1a()（）\[\]【】|/\d]+$|^[\s«‹<←()（）\[\]【】]+")


def _links(tree: HtmlElement, url: str) -> Iterator[str]:
    host = urlsplit(url).netloc.lower()
    for element in tree.iter("link", "a"):
        target = element.get("href")
        if not target or not _is_next(element):
            continue
        try:
            link = urljoin(url, target.strip()).partition("#")[0]
            same = urlsplit(link).netloc.lower() == host
        except ValueError:
            continue
        if same:
            yield link


def _is_next(element: HtmlElement) -> bool:
    if "next" in (element.get("rel") or "").lower().split():
        return True
    if element.tag != "a":
        return False
    said = unicodedata.normalize("NFKC", " ".join(element.itertext()))[:60].strip()
    return bool(WORDS.match(DECORATION.sub("", said).strip()))
