"""Levels told in words, to people: a ministry's page on a country, and its list of notices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from lxml.html import HtmlElement

from extractors.charset import decode
from extractors.dates import find_days
from extractors.entry import Entry
from extractors.errors import FeedError
from extractors.feeds.feed import parse_feed, unpacked
from extractors.feeds.form import Form, forms
from extractors.feeds.listing import parse_html_list, selector
from extractors.feeds.standing import Standing
from extractors.markup import ASK, html_tree
from extractors.plain import plain_text
from extractors.source import Listing, Source

REPORT = "open it in a browser; if its form has changed, noroshi must learn the new one"
MOST_WORDS = 2_000
"""Characters of a ministry's words that are kept."""


def country(
    body: bytes, content_type: str | None, source: Source, url: str
) -> tuple[Standing, ...]:
    """What the page on one country says: the gravest of the levels that its words name.

    FeedError where it lacks its parts, or its words name no level and do not say that there is
    none.
    """
    form = forms()[source.document or ""]
    tree = html_tree(decode(unpacked(body, url, ASK), content_type)[0], url)
    place = _words(tree, form.place)
    words = " ".join(filter(None, (_words(tree, css) for css in form.words)))
    for part, css in ((place, form.place), (words, ", ".join(form.words))):
        if not part:
            raise FeedError(url, f"has nothing at {css!r}", REPORT)
    level = _level(words, form)
    if not level and not re.search(form.none, words):
        raise FeedError(url, f"names no level that is known: {words[:60]!r}", REPORT)
    updated = next(find_days(words, source.timezone), None)
    return (_standing(place, level, words, updated, form),)


def notices(
    body: bytes, content_type: str | None, source: Source, url: str
) -> tuple[Standing, ...]:
    """What the latest notice on each place says, of a feed or a page of links. FeedError where it
    is neither. Notices that advise no level are passed over."""
    form = forms()[source.document or ""]
    found: dict[str, Standing] = {}
    entries = _listed(body, content_type, source, url, form)
    for entry in sorted(entries, key=lambda entry: entry.published_at or NEVER):
        for standing in _told(entry, form):
            found[standing.key] = standing
    return tuple(found.values())


NEVER = datetime.min.replace(tzinfo=UTC)


def _listed(
    body: bytes, content_type: str | None, source: Source, url: str, form: Form
) -> tuple[Entry, ...]:
    try:
        return parse_feed(body, content_type, source, url).entries
    except FeedError:
        page = Source(
            source.id,
            source.url,
            source.name,
            timezone=source.timezone,
            listing=Listing(pattern=form.notices),
        )
        return parse_html_list(body, content_type, page, url).entries


def _told(entry: Entry, form: Form) -> Iterator[Standing]:
    """Each place that a title advises on, with its level."""
    for found in re.finditer(form.place, entry.title):
        level = _level(found[0], form)
        if level:
            yield _standing(found["place"], level, entry.title, entry.published_at, form)


def _standing(place: str, level: str, words: str, updated: datetime | None, form: Form) -> Standing:
    return Standing(
        key=place[:300],
        place=place[:300],
        level=level,
        rank=[*form.levels].index(level) + 1 if level else 0,
        words=words[:MOST_WORDS],
        updated_at=updated.astimezone(UTC) if updated else None,
    )


def _level(words: str, form: Form) -> str:
    """The gravest level whose cue stands in one of the clauses and is not denied there."""
    clauses = [clause for clause in CLAUSE.split(words) if not DENIED.search(clause)]
    gravest_first = reversed([*form.cues.items()])
    return next((level for level, cue in gravest_first if _cued(cue, clauses)), "")


CLAUSE = re.compile(r"[，,。；;！!\n]")
DENIED = re.compile(r"[无無](?!关|關)|没有|沒有|不存在|解除|取消|曾")
"""What says of a clause that its level is none that is in force."""


def _cued(cue: str, clauses: list[str]) -> bool:
    return any(re.search(cue, clause) for clause in clauses)


def _words(tree: HtmlElement, css: str) -> str:
    found = next(iter(selector(css)(tree)), None)
    return plain_text(" ".join(found.itertext())) if found is not None else ""
