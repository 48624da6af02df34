"""OPML 2.0 (http://opml.org/spec2.opml): lists of feeds as other programs exchange them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from lxml import etree

from extractors.address import absolute_url
from extractors.charset import decode
from extractors.errors import FeedError, OpmlError
from extractors.language import normal_tag
from extractors.markup import xml_tree
from extractors.plain import plain_text
from extractors.source import Source, SourceKind

MOST = 5_000
"""Feeds of one list."""
OURS = "https://noroshi.invalid/opml"
"""Namespace of the attributes that only noroshi reads."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of a list."""

    url: str
    """As the list spells it, absolute."""
    title: str
    id: str = ""
    """Where noroshi wrote the list."""
    kind: SourceKind = SourceKind.FEED
    language: str | None = None
    timezone: str = ""
    full_text: bool = True
    tags: tuple[str, ...] = ()


def parse_opml(body: bytes, where: str) -> tuple[Outline, ...]:
    """The feeds of a list, nested however deep, in its order; the names of the outlines around a
    feed are its tags where it has none of its own.

    OpmlError where `body` (of the file or address `where`) is no OPML, or lists no feed.
    """
    try:
        root = xml_tree(decode(body)[0].lstrip("\ufeff \t\r\n"), where)
    except FeedError as error:
        raise OpmlError(where, error.what, ASK) from error
    if _name(root) != "opml":
        raise OpmlError(where, f"is no OPML: its first element is <{_name(root)[:40]}>", ASK)
    found = tuple(_outlines(root))
    if not found:
        raise OpmlError(where, "lists no feed (no outline has an xmlUrl that is an address)", ASK)
    if len(found) > MOST:
        raise OpmlError(where, f"lists more than {MOST:,} feeds", "split it")
    return found


def to_opml(sources: Iterable[Source], title: str, now: datetime) -> str:
    """`sources` as a list that other readers take up, and that `parse_opml` reads back."""
    root = etree.Element("opml", version="2.0", nsmap={"noroshi": OURS})
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    etree.SubElement(head, "dateCreated").text = format_datetime(now)
    body = etree.SubElement(root, "body")
    for source in sources:
        etree.SubElement(body, "outline", _attributes(source))
    text = etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8")
    return str(text.decode())


ASK = "export the list again from the program that wrote it"


def _outlines(root: etree._Element) -> Iterator[Outline]:
    for element in root.iter():
        if _name(element) == "outline" and (outline := _outline(element)):
            yield outline


def _outline(element: etree._Element) -> Outline | None:
    """The feed of an outline; None where it is a folder, or has no http address."""
    given = {_local(str(name)).lower(): str(value) for name, value in element.attrib.items()}
    try:
        url = absolute_url(given.get("xmlurl", ""))
    except ValueError:
        return None
    language = given.get("language", "")
    return Outline(
        url=url,
        title=plain_text(given.get("title") or given.get("text") or "")[:300],
        id=element.get(f"{{{OURS}}}id", ""),
        kind=_kind(element.get(f"{{{OURS}}}kind", "")),
        language=normal_tag(language) if re.fullmatch(r"[A-Za-z-]{2,20}", language) else None,
        timezone=element.get(f"{{{OURS}}}timezone", ""),
        full_text=element.get(f"{{{OURS}}}fullText", "true") != "false",
        tags=_tags(given.get("category", "")) or tuple(_folders(element)),
    )


def _kind(text: str) -> SourceKind:
    return SourceKind.SITEMAP if text == SourceKind.SITEMAP else SourceKind.FEED


def _tags(category: str) -> tuple[str, ...]:
    """Categories are separated by commas; slashes make paths of them."""
    parts = (plain_text(part.strip("/ "))[:100] for part in category.split(","))
    return tuple(part for part in parts if part)[:20]


def _folders(element: etree._Element) -> Iterator[str]:
    above = [e for e in element.iterancestors() if _name(e) == "outline"]
    for folder in reversed(above[:5]):
        if name := plain_text(folder.get("text") or folder.get("title") or "")[:100]:
            yield name


def _attributes(source: Source) -> dict[str, str]:
    optional = {
        "language": source.language or "",
        "category": ",".join(source.tags),
        f"{{{OURS}}}kind": "" if source.kind is SourceKind.FEED else str(source.kind),
        f"{{{OURS}}}fullText": "" if source.full_text else "false",
    }
    return {
        "text": source.name,
        "title": source.name,
        "type": "rss",
        "xmlUrl": source.url,
        f"{{{OURS}}}id": source.id,
        f"{{{OURS}}}timezone": source.timezone,
        **{name: value for name, value in optional.items() if value},
    }


def _name(element: etree._Element) -> str:
    return _local(element.tag).lower() if isinstance(element.tag, str) else ""


def _local(name: str) -> str:
    return name.rpartition("}")[2]
