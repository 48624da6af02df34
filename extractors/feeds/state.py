"""Official documents that say what is in force now: read by the forms of `state_documents.toml`,
and their changes told as entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from urllib.parse import quote

from extractors.article import Arrival, digest
from extractors.dates import parse_date
from extractors.entry import Entry
from extractors.errors import FeedError
from extractors.feeds.advice import REPORT, country, notices
from extractors.feeds.feed import Feed
from extractors.feeds.form import Form, forms
from extractors.feeds.standing import Change, Comparison, Standing, Turn, compare
from extractors.feeds.tree import Node, data_tree, filled, select, text_at
from extractors.plain import plain_text
from extractors.source import Source

NO = frozenset({"", "0", "n", "no", "false"})
MOST = 2_000
"""Records of one document."""


def parse_state(body: bytes, content_type: str | None, source: Source, url: str) -> Feed:
    """The levels that the document states, as `Feed.standings`; it has no entries by itself.

    FeedError where it is not whole, not of its form, or names a level that the form does not know:
    nothing may be taken for lifted because a page is broken.
    """
    form = forms()[source.document or ""]
    if form.of_words:
        told = notices if form.notices else country
        return Feed(
            source.document or "", "", (), (), standings=told(body, content_type, source, url)
        )
    tree, _ = data_tree(body, content_type, url)
    nodes = [node for node in select(tree, form.items) if isinstance(node.value, dict)][:MOST]
    found: dict[str, Standing] = {}
    for standing in _standings(nodes, form, source, url):
        former = found.get(standing.key)
        # Superseded records stand beside the one in force.
        found[standing.key] = max(former or standing, standing, key=lambda s: s.rank)
    return Feed(source.document or "", "", (), (), standings=tuple(found.values()))


def changes(
    feed: Feed, former: Iterable[Standing] | None, source: Source, now: datetime
) -> tuple[tuple[Entry, ...], Comparison]:
    """(entries, comparison): what has changed since `former`, told in the document's language.

    FeedError where the document speaks of other places altogether.
    """
    form, seen = forms()[source.document or ""], feed.standings or ()
    known = None if former is None else tuple(former)
    if form.notices:  # What a list of notices has no room for any more is in force all the same.
        listed = {standing.key for standing in seen}
        seen = (*seen, *(standing for standing in known or () if standing.key not in listed))
    elif known and not {s.key for s in known} & {s.key for s in seen}:
        names = ", ".join(s.place for s in seen[:3])
        raise FeedError(source.url, f"speaks of other places than before ({names})", REPORT)
    compared = compare(known, seen, now)
    return tuple(_entry(change, form, source) for change in compared.changes), compared


def _standings(nodes: list[Node], form: Form, source: Source, url: str) -> Iterator[Standing]:
    if not nodes:
        raise FeedError(url, f"has no records at {form.items or 'its root'!r}", REPORT)
    for place in filter(None, (form.place, form.in_force, form.level)):
        if not any(text_at(node, place) for node in nodes):
            raise FeedError(url, f"has no {place!r} in any of its {len(nodes)} records", REPORT)
    for node in nodes:
        key, place = filled(form.key, node), plain_text(text_at(node, form.place))
        if key and place:
            yield _standing(node, key, place, form, source, url)


def _standing(node: Node, key: str, place: str, form: Form, source: Source, url: str) -> Standing:
    in_force = not form.in_force or _yes(text_at(node, form.in_force))
    level = _level(node, form, url) if in_force else ""
    words = (plain_text(text_at(node, path))[:2_000] for path in form.words)
    date = parse_date(text_at(node, form.updated), source.timezone) if form.updated else None
    return Standing(
        key=key[:300],
        place=place[:300],
        level=level,
        rank=[*form.levels].index(level) + 1 if level else 0,
        words=" ".join(filter(None, words)),
        updated_at=date.astimezone(UTC) if date else None,
    )


def _level(node: Node, form: Form, url: str) -> str:
    if form.flags:
        return _gravest(node, form, url)
    level = text_at(node, form.level).casefold()
    if level not in form.levels:
        raise FeedError(url, f"names the level {level!r}, which is not known", REPORT)
    return level


def _gravest(node: Node, form: Form, url: str) -> str:
    said = {level: text_at(node, path) for level, path in form.flags.items()}
    missing = [form.flags[level] for level, text in said.items() if not text]
    if missing:
        raise FeedError(url, f"does not say {', '.join(missing)}", REPORT)
    return next((level for level in reversed(said) if _yes(said[level])), "")


def _yes(text: str) -> bool:
    return text.strip().casefold() not in NO


def _entry(change: Change, form: Form, source: Source) -> Entry:
    now = change.now
    address = f"{form.page}#{_mark(now)}"
    return Entry(
        source_id=source.id,
        url=address,
        link=form.page,
        title=_sentence(form, change.turn, change),
        summary="\n".join(_text(change, form)),
        published_at=_date(change),
        language=form.language,
        published_source="document",
        arrival=Arrival.BACKLOG if change.turn is Turn.STANDING else Arrival.NEW,
    )


def _mark(now: Standing) -> str:
    """What tells this change from every other one: the same for the same change, seen twice."""
    state = digest(f"{now.level}\n{now.words}\n{now.updated_at}")[:8]
    return f"{quote(now.key.replace(' ', '-'), safe='-')}-{now.revision}-{state}"


def _text(change: Change, form: Form) -> Iterator[str]:
    told = _sentence(form, change.turn, change)
    before = change.turn is not Turn.STANDING
    # In one sentence: it is the one that an alert shows.
    yield f"{told} {_sentence(form, 'before', change)}" if before else told
    yield _sentence(form, "now", change)
    if change.now.words:
        yield _sentence(form, "words", change)


def _sentence(form: Form, name: str, change: Change) -> str:
    def called(standing: Standing | None) -> str:
        return form.levels[standing.level] if standing and standing.level else none

    none = form.sentences["none"]
    return form.sentences[name].format(
        place=change.now.place,
        level=called(change.now),
        former=called(change.former),
        words=change.now.words,
    )


def _date(change: Change) -> datetime | None:
    """The document's own date where it is one of this change: of a record that is gone, and where
    the date has stayed the same, it is that of an earlier one."""
    former = change.former.updated_at if change.former else None
    date = change.now.updated_at
    return date if date != former else None
