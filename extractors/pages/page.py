"""Pages: the title, text and date of an article, out of the HTML around them.

Everything here is a plain function of the page's bytes and can run in another process.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from lxml import etree
from lxml import html as lxml_html

from extractors.address import canonical_url
from extractors.charset import decode
from extractors.errors import EmptyPage, PageError
from extractors.items import image_url
from extractors.language import detect_language, normal_tag
from extractors.pages.body import UNSEEN, blocks, read_text, with_lead
from extractors.pages.furniture import without_furniture
from extractors.pages.headline import headline
from extractors.pages.join import next_page
from extractors.pages.metadata import read_metadata
from extractors.pages.paywall import WARNING, walled
from extractors.pages.pdf import PDF, read_pdf
from extractors.pages.published import published, published_in_text
from extractors.plain import plain_lines, plain_text, printable
from extractors.web.remedy import LATER

LONGEST = 5_000_000
"""Characters of HTML that are read. The longest real article page seen has 2 million."""


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
    section: str | None = None
    paywalled: bool = False
    """It keeps the rest of its text for those who pay or log in."""
    next_url: str | None = None
    """Of the article's next page, where it has one beyond doubt."""


def read_page(
    body: bytes,
    url: str,
    content_type: str | None = None,
    hint_language: str | None = None,
    timezone: str = "UTC",
) -> Page:
    """The article in the HTML or PDF `body` of `url`.

    `timezone` (IANA) is that of dates without zone. PageError where the body is empty, is neither,
    or holds no article text.
    """
    if body.startswith(PDF):
        return _read_pdf(body, url, hint_language, timezone)
    markup, warnings = _markup(body, url, content_type)
    tree = _tree(markup, url)
    metadata = read_metadata(tree)
    try:
        text, doubts = read_text(tree, url)
        date = published(metadata, tree, url, timezone)
    except FOREIGN as error:
        raise PageError(url, f"cannot be read ({type(error).__name__})", REPORT) from error
    title = headline(metadata, url)
    text = without_furniture(with_lead(text, tree, metadata.description))
    text = _without_title(text, title)
    if not text:
        raise PageError(url, "holds no article text", "open it in a browser; it may need scripts")
    wall = walled(metadata.free, blocks(tree, UNSEEN))
    hint = hint_language or (normal_tag(metadata.language) if metadata.language else None)
    return Page(
        title=title,
        text=text,
        author=metadata.author or None,
        published=date.moment if date else None,
        day_only=bool(date and date.day_only),
        published_source=date.source if date else None,
        language=detect_language(f"{title}\n{text}", hint),
        site_name=metadata.site_name or None,
        image=image_url(metadata.image, url),
        canonical_url=_canonical(metadata.canonical, url),
        warnings=warnings + doubts + ((WARNING,) if wall else ()),
        section=metadata.section or None,
        paywalled=wall,
        next_url=next_page(tree, url),
    )


def _read_pdf(body: bytes, url: str, hint_language: str | None, timezone: str) -> Page:
    """The text of a PDF. Its properties name who made the file, and hardly ever its author."""
    found = read_pdf(body, url)
    text = plain_lines(found.text)
    title = plain_text(found.title)
    if not text:
        raise PageError(url, "is a PDF without text (scanned, perhaps)", "open it in a browser")
    date = published_in_text(text, url, timezone, found.made_on)
    return Page(
        title=title,
        text=_without_title(text, title),
        author=None,
        published=date.moment if date else None,
        day_only=bool(date and date.day_only),
        published_source=date.source if date else None,
        language=detect_language(f"{title}\n{text}", hint_language),
        site_name=None,
        image=None,
        canonical_url=None,
        warnings=found.warnings,
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
"""What trafilatura, htmldate and their libraries have been seen to raise on hostile pages."""
REPORT = "the page is unusual; report it with its HTML"
NO_PAGE = "the address leads to no article page; open it in a browser"
TAG = re.compile(r"<\s*(?:!doctype|html|head|body|div|p|article|title|meta|span|table|br)\b", re.I)


CONTROL = re.compile(
    r"&#(?:0*(?:[0-8]|1[1-24-9]|2\d|3[01]|127)(?!\d)|x0*(?:[0-8bcef]|1[0-9a-f]|7f)(?![0-9a-f]));?",
    re.I,
)
"""References to control characters: libxml2 makes the characters of them, and trafilatura drops all
of a page that has one."""


def _markup(body: bytes, url: str, content_type: str | None) -> tuple[str, tuple[str, ...]]:
    if not body.strip():
        raise EmptyPage(url, "the answer is empty (0 bytes)", LATER)
    text = CONTROL.sub("", decode(body, content_type)[0])
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


def _without_title(text: str, title: str) -> str:
    """Some pages have the headline within the block of the text."""
    first, _, rest = text.partition("\n")
    return rest if first.casefold() == title.casefold() else text


def _canonical(claimed: str, url: str) -> str | None:
    try:
        return canonical_url(claimed, url) if claimed else None
    except ValueError:
        return None
