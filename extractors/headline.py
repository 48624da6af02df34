"""The headline: a page's title without the name of the site."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from extractors.metadata import Metadata

LONGEST = 1_000


def headline(metadata: Metadata, url: str, fallback: str = "") -> str:
    """The article's own title; empty where the page names none. `fallback`: another's opinion."""
    title = metadata.og_title or metadata.document_title or metadata.headline or fallback
    title = title or next(iter(metadata.headings), "")
    shorter = _own_words(title, (metadata.headline, *metadata.headings))
    return (shorter or without_site(title, site_names(metadata, url)))[:LONGEST]


def without_site(title: str, names: tuple[str, ...]) -> str:
    """`title` without the tails (or the head) that a separator sets off and that name the site."""
    while True:
        parts = [match for match in SEPARATOR.finditer(title) if match.start() > 0]
        if parts and _is_site(title[parts[-1].end() :], names):
            title = title[: parts[-1].start()].rstrip()
        elif parts and _is_site(title[: parts[0].start()], names):
            title = title[parts[0].end() :].lstrip()
        else:
            return title


def site_names(metadata: Metadata, url: str) -> tuple[str, ...]:
    """What the site calls itself: its name, and the words of its host."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    labels = [label for label in host.split(".")[:-1] if len(label) > 2 and label not in SUFFIXES]
    return tuple(filter(None, map(_fold, [metadata.site_name, host, *labels])))


SEPARATOR = re.compile(
    r"\s+[|\-–—―:：·•»›/]\s+|\s*[|｜丨＿_]\s*|\s*(?:::|－|—{2,}|--)\s*|\s+[-–—]|[-–—]\s+"
)
SUFFIXES = {"com", "co", "org", "net", "gov", "edu"}
OUTLET = re.compile(
    r"(?:新聞|新闻|ニュース|日報|日报|晚報|晚报|新報|時報|时报|周刊|週刊|電視|电视|频道|頻道|通訊社|通讯社|"
    r"新聞網|网|網|オンライン|デジタル|電子版|ジャパン|Japan|News|Online|Times|Post|Daily|\.com)$",
    re.IGNORECASE,
)
"""How the names of outlets end in the four languages, for sites that do not give theirs."""


def _own_words(title: str, candidates: tuple[str, ...]) -> str:
    """The candidate that the title repeats and lengthens by a separator and more."""
    for candidate in candidates:
        start = _fold(title).find(_fold(candidate)) if len(candidate) > 3 else -1
        if start == 0 and SEPARATOR.match(title[len(candidate) :] or " | "):
            return candidate
    return ""


def _is_site(part: str, names: tuple[str, ...]) -> bool:
    folded = _fold(part)
    if not folded:
        return True
    if any(folded == name or (len(folded) > 2 and folded in name) for name in names):
        return True
    if any(len(name) > 3 and name in folded and len(folded) < 3 * len(name) for name in names):
        return True
    return len(part) < 20 and bool(OUTLET.search(part.strip()))


def _fold(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()
