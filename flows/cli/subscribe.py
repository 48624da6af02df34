"""Commands that bring sources in and out: sources add, import, export."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.console import (
    ConfigOption,
    Format,
    FormatOption,
    err,
    house,
    out,
    say,
    say_error,
    show,
)

if TYPE_CHECKING:
    from extractors.feeds.discovery import Discovered
    from extractors.source import Source
    from flows.configuration.settings import House


def sources_add(
    url: Annotated[str, typer.Argument(help="a feed, a sitemap, or the site it belongs to")],
    id: Annotated[str | None, typer.Option("--id", help="what to call it in rules")] = None,
    name: Annotated[str | None, typer.Option(help="what to call it in messages")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="add the first one without asking")] = False,
    how: FormatOption = Format.TABLE,
    config: ConfigOption = None,
) -> int:
    """Find the feed of a site and add it to noroshi.toml.

    Tried in turn: the address itself, the feeds that its page names or links to, the usual places,
    the sitemap of its robots.txt. The first that was found is the one that is added; give the
    address of another one to have that.

    Example: noroshi sources add https://example.org --yes
    """
    from extractors.feeds.opml import Outline
    from flows.configuration.own_sources import add_sources, offered, toml_of

    settings = house(config)
    found = asyncio.run(_discovered(settings, _whole(url)))
    show([_offer(one) for one in found], [*_offer(found[0])], how, zone=settings.settings.timezone)
    chosen = _named(found[0].source, id, name, settings)
    outline = Outline(chosen.url, chosen.name)
    (verdict,) = offered([outline], settings.sources)
    if verdict.source is None:
        say_error(f"{chosen.url}: {verdict.remark}")
        return 2
    say(f"\n{toml_of(chosen)}")
    if not yes and not _agreed(f"Add this to {settings.file}?"):
        say("nothing was added; --yes adds it without asking")
        return 1
    add_sources(settings, [chosen])
    out().print(f"{chosen.id}: added to {settings.file}", markup=False, soft_wrap=True)
    return 0


def sources_import(
    file: Annotated[Path, typer.Argument(help="an OPML file")],
    preview: Annotated[bool, typer.Option(help="say what would be added, and add nothing")] = False,
    how: FormatOption = Format.TABLE,
    config: ConfigOption = None,
) -> int:
    """Add the feeds of an OPML file, as other readers export them, to noroshi.toml.

    Example: noroshi sources import subscriptions.opml --preview
    """
    from extractors.feeds.opml import parse_opml
    from flows.configuration.own_sources import add_sources, offered

    settings = house(config)
    feeds = offered(parse_opml(_read(file), str(file)), settings.sources)
    new = [item.source for item in feeds if item.source]
    if new and not preview:
        add_sources(settings, new)
    rows = [
        {"id": item.source.id if item.source else None, "url": item.url, "remark": item.remark}
        for item in feeds
    ]
    show(rows, ["id", "url", "remark"], how)
    verb = "would be added" if preview else f"added to {settings.file}"
    say(f"{len(new)} of {len(feeds)} feeds {verb}")
    return 0


def sources_export(
    file: Annotated[Path | None, typer.Argument(help="where to (default: print it)")] = None,
    all: Annotated[bool, typer.Option("--all", help="those that are switched off too")] = False,
    config: ConfigOption = None,
) -> int:
    """Write the feeds and sitemaps as OPML, for other readers or another noroshi.

    Example: noroshi sources export feeds.opml
    """
    from extractors.feeds.opml import to_opml
    from extractors.source import SourceKind

    settings = house(config)
    chosen = [source for source in settings.sources if all or source.enabled]
    exchanged = [s for s in chosen if s.kind in {SourceKind.FEED, SourceKind.SITEMAP}]
    text = to_opml(exchanged, "noroshi", datetime.now(UTC))
    if left := len(chosen) - len(exchanged):
        say(f"{left} sources are no feeds and were left out")
    if file is None:
        sys.stdout.write(text)
        return 0
    _write(file, text)
    say(f"{len(exchanged)} feeds written to {file}")
    return 0


async def _discovered(settings: House, url: str) -> Sequence[Discovered]:
    from extractors.feeds.discovery import discover
    from extractors.web.fetch import Fetcher, server_of

    # The server is the reader's own choice, wherever it is.
    own = settings.limits.own_servers | {server_of(url)}
    async with Fetcher(settings.user_agent, replace(settings.limits, own_servers=own)) as fetcher:
        with err().status(f"Looking around {url} …"):
            return await discover(url, fetcher)


def _whole(url: str) -> str:
    """As people type it: without a scheme it is https."""
    return url if "://" in url else f"https://{url}"


def _named(source: Source, id: str | None, name: str | None, settings: House) -> Source:
    """The source as it is to be called, with a guess at the zone of dates that carry none."""
    from flows.configuration.own_sources import id_for

    called = name or source.name
    taken = {known.id for known in settings.sources}
    zone = ZONES.get(source.language or "", "UTC")
    chosen = id or id_for(called, source.url, taken)
    return replace(source, id=chosen, name=called, timezone=zone)


ZONES = {"ja": "Asia/Tokyo", "zh-Hans": "Asia/Shanghai", "zh-Hant": "Asia/Hong_Kong"}


def _offer(found: Discovered) -> dict[str, object]:
    dates = [entry.published_at for entry in found.feed.entries if entry.published_at]
    return {
        "url": found.source.url,
        "format": found.feed.format,
        "items": len(found.feed.entries),
        "newest": max(dates, default=None),
        "lang": found.source.language,
        "title": found.source.name,
        "found": found.how,
    }


def _agreed(question: str) -> bool:
    """What a person answers; no where nobody can be asked."""
    return sys.stdin.isatty() and typer.confirm(question, default=True, err=True)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file}: it cannot be read ({error.strerror})") from error


def _write(file: Path, text: str) -> None:
    from flows.errors import FlowError

    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"it cannot be written ({error.strerror})"
        raise FlowError(file, what, "name a folder that you may write to") from error
