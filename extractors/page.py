"""Pages: the title, text and date of an article, out of the HTML around them.

The only file that knows trafilatura. Everything here is a plain function of the page's bytes and
can run in another process.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import trafilatura
from lxml import etree
from lxml import html as lxml_html

from extractors.address import canonical_url
from extractors.charset import decode
from extractors.dates import find_days, find_moments, has_time, parse_date
from extractors.errors import EmptyPage, PageError
from extractors.headline import headline
from extractors.items import image_url
from extractors.language import detect_language, normal_tag
from extractors.metadata import Metadata, read_metadata
from extractors.plain import plain_lines, plain_text, printable

LONGEST = 5_000_000
"""Characters of HTML that are read. The longest real article page seen has 2 million."""

# It warns of every page without text; we raise.
for _name in ("trafilatura", "htmldate"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Page:
    """What an article page says. Strings are plain text."""

    title: str
    text: str
    """Paragraphs, one a line."""
    author: str | None
    published: datetime | None
    """Aware: in the offset that the page states, else in the source's zone; midnight where
    `day_only`."""
    day_only: bool
    published_source: str | None
    """`metadata`, `text` or `url`."""
    language: str
    site_name: str | None
    image: str | None
    canonical_url: str | None
    """As the page claims; not to be believed without a look at the host."""
    warnings: tuple[str, ...] = ()


def read_page(
    body: bytes,
    url: str,
    content_type: str | None = None,
    hint_language: str | None = None,
    timezone: str = "UTC",
) -> Page:
    """The article in the HTML `body` of `url`.

    `timezone` (IANA) is that of dates without zone. PageError where the body is empty, is no HTML,
    or holds no article text.
    """
    markup, warnings = _markup(body, url, content_type)
    tree = _tree(markup, url)
    metadata = read_metadata(tree)
    try:
        document, text = _article(tree, url)
    except FOREIGN as error:
        raise PageError(url, f"cannot be read ({type(error).__name__})", REPORT) from error
    title = headline(metadata, url, document.title or "")
    text = _without_title(text, title)
    if not text:
        raise PageError(url, "holds no article text", "open it in a browser; it may need scripts")
    date = _published(metadata, tree, url, document.date or "", timezone)
    hint = hint_language or (normal_tag(metadata.language) if metadata.language else None)
    return Page(
        title=title,
        text=text,
        author=metadata.author or plain_text(document.author or "")[:300] or None,
        published=date.moment if date else None,
        day_only=bool(date and date.day_only),
        published_source=date.source if date else None,
        language=detect_language(f"{title}\n{text}", hint),
        site_name=metadata.site_name or plain_text(document.sitename or "")[:200] or None,
        image=image_url(metadata.image, url),
        canonical_url=_canonical(metadata.canonical, url),
        warnings=warnings,
    )


FOREIGN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    etree.LxmlError,
)
"""What trafilatura and its libraries have been seen to raise on hostile pages."""
REPORT = "the page is unusual; report it with its HTML"
NO_PAGE = "the address leads to no article page; open it in a browser"
TAG = re.compile(r"<\s*(?:!doctype|html|head|body|div|p|article|title|meta|span|table|br)\b", re.I)


def _markup(body: bytes, url: str, content_type: str | None) -> tuple[str, tuple[str, ...]]:
    if not body.strip():
        raise EmptyPage(url, "the answer is empty (0 bytes)", "the next cycle tries again")
    if body.startswith(b"%PDF"):
        raise PageError(url, "is a PDF, not an HTML page", "PDF is not read yet")
    text, _ = decode(body, content_type)
    if not TAG.search(text[:100_000]):
        raise PageError(url, "is no HTML page", NO_PAGE)
    if len(text) > LONGEST:
        return printable(text[:LONGEST]), (f"only the first {LONGEST:,} characters were read",)
    return printable(text), ()


def _tree(markup: str, url: str) -> lxml_html.HtmlElement:
    """Parsed within libxml2's bounds on depth; nothing is loaded."""
    parser = lxml_html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False
    )
    try:
        tree = lxml_html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise PageError(url, "is no HTML page", NO_PAGE) from error
    return tree


ENOUGH_PROSE = 0.6
"""See `_article`; measured on 236 pages in eight language groups, 0.5 to 0.7 are alike."""


def _article(tree: lxml_html.HtmlElement, url: str) -> tuple[trafilatura.settings.Document, str]:
    """trafilatura's metadata, and the better of two readings of the text.

    `favor_precision` leaves out the menus and promotions that its default lets in, above all on
    short bulletins, but sometimes takes the wrong block or too little. It is believed as long as it
    keeps most of the prose that the default finds (`ENOUGH_PROSE`): menus have no full stops.
    """
    strict = _read(tree, url, favor_precision=True)
    loose = _read(tree, url)
    strict_text, loose_text = (plain_lines(d.text or "") if d else "" for d in (strict, loose))
    kept = prose(strict_text) >= ENOUGH_PROSE * prose(loose_text)
    document = strict or loose or trafilatura.settings.Document()
    return document, strict_text if strict_text and kept else loose_text


def _without_title(text: str, title: str) -> str:
    """Some pages have the headline within the block of the text."""
    first, _, rest = text.partition("\n")
    return rest if first.casefold() == title.casefold() else text


def prose(text: str) -> int:
    """Characters in lines that end like sentences."""
    return sum(len(line) for line in text.splitlines() if line[-1:] in SENTENCE_ENDS)


SENTENCE_ENDS = frozenset("。！？!?.」』”…")


def _read(
    tree: lxml_html.HtmlElement, url: str, favor_precision: bool = False
) -> trafilatura.settings.Document | None:
    found = trafilatura.bare_extraction(
        tree,
        url=url,
        favor_precision=favor_precision,
        with_metadata=favor_precision,
        include_comments=False,
        date_extraction_params={"original_date": True, "extensive_search": True},
    )
    return found if isinstance(found, trafilatura.settings.Document) else None


@dataclass(frozen=True, slots=True)
class _Published:
    moment: datetime
    day_only: bool
    source: str


def _published(
    metadata: Metadata, tree: lxml_html.HtmlElement, url: str, guess: str, zone: str
) -> _Published | None:
    """The metadata; else the day in the address; else what the page shows; else htmldate's guess.

    Where only a day is told, the first time that the page shows for that day completes it.
    """
    stated = [(date, parse_date(date, zone)) for date in metadata.dates]
    day = next((moment for _, moment in stated if moment), None)
    timed = next((moment for date, moment in stated if moment and has_time(date)), None)
    if timed and day and timed.date() == day.date():
        return _Published(timed, False, "metadata")
    top = _top(tree)
    if day:
        return _completed(day, top, zone, "metadata")
    if _in_address(guess, url):
        return _completed(parse_date(guess, zone), top, zone, "url")
    shown = next(find_moments(top, zone), None) or next(find_days(top, zone), None)
    return _completed(shown or parse_date(guess, zone), top, zone, "text")


def _completed(day: datetime | None, top: str, zone: str, source: str) -> _Published | None:
    if day is None:
        return None
    shown = find_moments(top, zone)
    same = next((moment for moment in shown if moment.date() == day.date()), None)
    return _Published(same or day, same is None, source)


def _top(tree: lxml_html.HtmlElement) -> str:
    """The visible text, from the top: bylines stand there."""
    texts: Iterable[str] = tree.xpath("//body//text()[not(parent::script or parent::style)]")
    return " ".join(" ".join(texts).split())[:20_000]


def _in_address(day: str, url: str) -> bool:
    return bool(day) and re.sub(r"\D", "", day) in re.sub(r"[/._-]", "", url)


def _canonical(claimed: str, url: str) -> str | None:
    try:
        return canonical_url(claimed, url) if claimed else None
    except ValueError:
        return None
