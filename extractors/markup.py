"""HTML and XML trees of hostile text: bounded, without entities, nothing loaded from elsewhere."""

from __future__ import annotations

from lxml import etree
from lxml import html as lxml_html

from extractors.errors import FeedError
from extractors.plain import printable
from extractors.web.remedy import LATER

LONGEST = 10_000_000
"""Characters of a document that are read."""


def html_tree(text: str, url: str) -> lxml_html.HtmlElement:
    """The tree of an HTML page, mended as browsers mend it; FeedError where there is none."""
    parser = lxml_html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False
    )
    body = printable(text[:LONGEST]).encode("utf-8", "replace")
    try:
        tree = lxml_html.document_fromstring(body, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise FeedError(url, f"is no HTML page ({error})", ASK) from error
    for element in tree.xpath("//script | //style | //template | //noscript"):
        element.drop_tree()
    return tree


def xml_tree(text: str, url: str) -> etree._Element:
    """The tree of a whole XML document; FeedError where it is damaged or cut short."""
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    if len(text) > LONGEST:
        raise FeedError(url, f"is longer than {LONGEST:,} characters", ASK)
    start = text.find("<", text.find("?>") + 2 if text.startswith("<?xml") else 0)
    try:
        # Control characters are in XML only by mistake, and would end the reading of it.
        body = printable(text[max(start, 0) :]).encode("utf-8", "replace")
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FeedError(url, f"is no whole XML document ({error})", ASK) from error


ASK = f"open the address in a browser, or {LATER}"
