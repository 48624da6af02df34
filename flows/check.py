"""Checking a source: polled once, dry, with all that a person wants to know before trusting it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from extractors.article import article_id
from extractors.entry import Entry
from extractors.feeds.poll import Poll, SourceState, poll
from extractors.googlenews import is_google_news
from extractors.language import detect_language
from extractors.source import Source, SourceKind
from extractors.web.fetch import Fetcher, server_of
from extractors.web.robots import Found, Visitor
from flows.configuration.settings import House

SAMPLE = 50
"""Entries whose language is looked at, and whose pages are asked about at robots.txt."""
COMMON = 0.1
"""The share of the entries that a language must have to be named."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A poll, and what a cycle would make of it."""

    poll: Poll
    new: int
    """Entries that are not stored."""
    pages: int
    """Pages that a cycle would ask for."""
    robots: str
    """What robots.txt says of these, for people."""
    languages: tuple[str, ...]
    """Of the titles and summaries, the most common first."""


async def check(
    house: House,
    sources: Sequence[Source],
    known: Callable[[list[str]], Collection[str]],
    advance: Callable[[], None],
) -> list[Checked]:
    """Ask each of `sources` in full. `known` tells which of some article ids are stored."""
    own = house.limits.own_servers | {server_of(source.url) for source in sources}
    async with Fetcher(house.user_agent, replace(house.limits, own_servers=own)) as fetcher:
        visitor = Visitor(fetcher, obey=house.settings.fetch.robots)

        async def one(source: Source) -> Checked:
            done = await poll(source, SourceState(), visitor)
            checked = await _checked(done, visitor, known)
            advance()
            return checked

        return list(await asyncio.gather(*(one(source) for source in sources)))


def row(checked: Checked, now: datetime) -> dict[str, object]:
    """What is shown of a check."""
    done = checked.poll
    dates = [entry.published_at for entry in done.entries if entry.published_at]
    newest = max(dates, default=None)
    validators = done.state.validators
    named = {"ETag": validators.etag, "Last-Modified": validators.last_modified}
    return {
        "id": done.source.id,
        "status": done.status,
        "format": done.format,
        "items": len(done.entries),
        "newest": newest,
        "age_hours": round((now - newest).total_seconds() / 3600, 1) if newest else None,
        "lang": ", ".join(checked.languages) or done.source.language,
        "validators": ", ".join(name for name, value in named.items() if value) or None,
        "robots": checked.robots,
        "new": checked.new,
        "pages": checked.pages,
        "seconds": round(done.seconds, 2),
        "remark": _remark(checked),
    }


async def _checked(
    done: Poll, visitor: Visitor, known: Callable[[list[str]], Collection[str]]
) -> Checked:
    stored = known([article_id(entry.url) for entry in done.entries])
    fresh = [entry for entry in done.entries if article_id(entry.url) not in stored]
    wanted = [entry for entry in fresh if _has_page(entry, done.source)]
    refused, verdict = await _asked(wanted, visitor)
    return Checked(done, len(fresh), len(wanted) - refused, verdict, _languages(done.entries))


def _has_page(entry: Entry, source: Source) -> bool:
    readable = source.full_text and source.kind is not SourceKind.STATE
    return readable and not is_google_news(entry.link)


async def _asked(entries: Sequence[Entry], visitor: Visitor) -> tuple[int, str]:
    """(how many of the pages robots.txt refuses, its verdict for people)."""
    if not entries:
        return 0, "not asked: no page is wanted"
    if not visitor.obey:
        return 0, "not heeded ([fetch] robots = false)"
    sample = entries[:SAMPLE]
    found = [await visitor.robots(entry.link) for entry in sample]
    refused = sum(
        not robots.allows(entry.link) for robots, entry in zip(found, sample, strict=True)
    )
    if all(robots.found is Found.UNREACHABLE for robots in found):
        return refused, "robots.txt does not answer"
    return refused, f"refuses {refused} of {len(sample)} pages" if refused else "allows its pages"


def _languages(entries: Sequence[Entry]) -> tuple[str, ...]:
    texts = [f"{entry.title}\n{entry.summary[:1_000]}" for entry in entries[:SAMPLE]]
    counted = Counter(detect_language(text, None) for text in texts if text.strip())
    common = [name for name, n in counted.most_common() if n >= COMMON * counted.total()]
    return tuple(name for name in common if name != "und")


def _remark(checked: Checked) -> str | None:
    done, warnings = checked.poll, list(checked.poll.warnings)
    if done.error:
        return str(done.error)
    if not done.entries:
        warnings.append("it has no entries")
    language = done.source.language
    if language and checked.languages and language not in checked.languages:
        warnings.append(f"the settings call its language {language}")
    return "; ".join(warnings) or None
