"""The headline: a page's title without the name of the site."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from extractors.pages.metadata import Metadata

LONGEST = 1_000


def headline(metadata: Metadata, url: str, fallback: str = "") -> str:
    """The article's own title; empty where the page names none. `fallback`: another's opinion.

    What readers see above the article goes first: JSON-LD's headline, then the h1 that the titles
    confirm. Open Graph's title is written for social media, the document's for search engines.
    """
    names = site_names(metadata, url)
    told = (
        metadata.headline if not metadata.headline.endswith(("...", "…")) else "",
        _confirmed(metadata),
        metadata.og_title,
        metadata.document_title,
        fallback,
        *metadata.headings,
    )
    return without_site(next(filter(None, told), "")[:LONGEST], names)


def without_site(title: str, names: tuple[str, ...]) -> str:
    """`title` without the tails (or the head) that a separator sets off and that name the site.

    Where a tail named the site, short parts set off by the same sign are its sections.
    """
    section = ""
    while True:
        parts = [match for match in SEPARATOR.finditer(title) if match.start() > 0]
        if not parts:
            return title
        first, last = parts[0], parts[-1]
        sign, tail = last[0].strip(), title[last.end() :].strip()
        if _is_site(tail, names) or _is_label(tail, sign, section, last.start()):
            title, section = title[: last.start()].rstrip(), sign
        elif _is_site(title[: first.start()], names):
            title = title[first.end() :].lstrip()
        else:
            return title


def site_names(metadata: Metadata, url: str) -> tuple[str, ...]:
    """What the site calls itself: its name, and the words of its host."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    labels = [label for label in host.split(".")[:-1] if len(label) > 2 and label not in SUFFIXES]
    return tuple(filter(None, map(_fold, [metadata.site_name, host, *labels])))


SEPARATOR = re.compile(
    r"\s+[-|–—―:：·•»›/@]\s+|\s*(?:[|｜丨ㅣ＿－：]|_+|::|—{2,}|--+)\s*|\s+[-–—]|[-–—]\s+"
    r"|(?<=[^\x00-\x7f])-"
)
"""A hyphen without spaces separates only where no Latin word stands before it."""
LABEL = {"_", "__", "|", "｜", "＿", "丨"}
"""Signs that hardly occur within a headline."""
LONGEST_LABEL = 6
SUFFIXES = {"com", "co", "org", "net", "gov", "edu"}
OUTLET = re.compile(
    r"(?:新聞|新闻|ニュース|日報|日报|晚報|晚报|新報|時報|时报|周刊|週刊|電視|电视|频道|頻道|通訊社|通讯社|"
    r"新聞網|网|網|オンライン|デジタル|電子版|ジャパン|Japan|News|Online|Times|Post|Daily|\.com)$",
    re.IGNORECASE,
)
"""How the names of outlets end in the four languages, for sites that do not give theirs."""


def _confirmed(metadata: Metadata) -> str:
    """The h1 with which the document's or Open Graph's title begins; others name the site."""
    titles = [_fold(metadata.document_title), _fold(metadata.og_title)]
    for heading in metadata.headings:
        folded = _fold(heading)
        if len(folded) > 5 and any(title.startswith(folded) for title in titles):
            return heading
    return ""


def _is_label(tail: str, sign: str, section: str, before: int) -> bool:
    """A short word behind a sign that headlines do not use, or behind one that set off the site."""
    telling = sign in LABEL or (section and sign == section)
    return bool(telling) and len(tail) <= LONGEST_LABEL and before >= LONGEST_LABEL


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
