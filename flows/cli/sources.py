"""Commands on sources: list, check, retry; add, import and export stand in `subscribe.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.console import (
    ConfigOption,
    Format,
    FormatOption,
    err,
    house,
    markup,
    out,
    say_error,
    show,
)
from flows.cli.subscribe import sources_add, sources_export, sources_import

if TYPE_CHECKING:
    from extractors.poll import Poll
    from extractors.source import Source
    from flows.settings import House


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        help="Where the news comes from.", no_args_is_help=True, rich_markup_mode=markup()
    )
    commands: dict[str, Callable[..., int]] = {
        "list": sources_list,
        "check": sources_check,
        "retry": sources_retry,
        "add": sources_add,
        "import": sources_import,
        "export": sources_export,
    }
    for verb, function in commands.items():
        group.command(verb)(function)
    app.add_typer(group, name="sources")


def sources_list(how: FormatOption = Format.TABLE, config: ConfigOption = None) -> int:
    """List the sources and how they fare: on or off and why, when they last brought something.

    Example: noroshi sources list
    """
    settings = house(config)
    health = _health(settings)
    rows = [
        _source_row(source, health.get(source.id, {}), datetime.now(UTC))
        for source in sorted(settings.sources, key=lambda s: (not s.enabled, s.id))
    ]
    columns = list(rows[0]) if rows else ["id"]
    shown = ["id", "state", "last_new", "next_poll", "errors", "remark"]
    show(
        rows,
        shown if rows and how is Format.TABLE else columns,
        how,
        zone=settings.settings.timezone,
        none="no sources are configured",
    )
    return 0


def _source_row(source: Source, health: dict[str, Any], now: datetime) -> dict[str, object]:
    usual, due = health.get("usual_seconds"), health.get("next_poll_at")
    known = health.get("state", "never polled")
    return {
        "id": source.id,
        "state": known if source.enabled and known != "off" else _switch(source),
        "enabled": source.enabled,
        "kind": str(source.kind),
        "lang": source.language,
        "last_success": health.get("last_success_at"),
        "last_new": health.get("last_new_at"),
        "newest": health.get("newest_at"),
        "usual_hours": round(usual / 3600, 1) if usual is not None else None,
        "next_poll": due if source.enabled and due and due > now else None,
        "errors": health.get("error_streak"),
        "remark": _remark(source, health),
        "url": source.url,
    }


def _switch(source: Source) -> str:
    return "never polled" if source.enabled else "off"


def _remark(source: Source, health: dict[str, Any]) -> object:
    """What a person should know first."""
    if not source.enabled:
        return source.reason
    if health.get("state") == "gone":
        return f"gone for good; find its new address, or `noroshi sources retry {source.id}`"
    if health.get("error"):
        return health["error"]
    moved = health.get("moved_to")
    return f"it has moved to {moved}: put that into the settings" if moved else None


def sources_retry(
    id: Annotated[list[str], typer.Argument(help="the sources")], config: ConfigOption = None
) -> int:
    """Ask sources again with the next cycle, whatever they said: 410, Retry-After, failures.

    Example: noroshi sources retry hk-rthk-en-local
    """
    from warehouse import sources
    from warehouse.database import Warehouse

    settings = house(config)
    if unknown := sorted(set(id) - {source.id for source in settings.sources}):
        say_error(f"there is no source {unknown[0]!r}; `noroshi sources list` names them")
        return 2
    warehouse = Warehouse(settings.data_folder)
    with warehouse.writing("ask sources again") as connection:
        sources.ask_again(connection, id)
    warehouse.publish()
    out().print(f"asked with the next cycle: {', '.join(id)}", markup=False)
    return 0


def sources_check(
    id: Annotated[str | None, typer.Argument(help="one source (default: all that are on)")] = None,
    how: FormatOption = Format.TABLE,
    config: ConfigOption = None,
) -> int:
    """Poll sources once, dry: nothing is stored.

    Example: noroshi sources check hk-rthk-en-local
    """
    settings = house(config)
    chosen = [s for s in settings.sources if (s.id == id if id else s.enabled)]
    if not chosen:
        say_error(f"there is no source {id!r}; `noroshi sources list` names them")
        return 2
    polls = asyncio.run(_poll(settings, chosen))
    rows = [_verdict(poll, datetime.now(UTC)) for poll in polls]
    show(rows, list(rows[0]), how, zone=settings.settings.timezone)
    return 1 if all(poll.error for poll in polls) else 0


def _health(settings: House) -> dict[str, dict[str, Any]]:
    from warehouse.database import Warehouse
    from warehouse.rows import fetch_dicts

    warehouse = Warehouse(settings.data_folder)
    if not warehouse.published.exists():
        return {}
    with warehouse.reading(timezone=settings.settings.timezone) as connection:
        return {
            str(row["id"]): row for row in fetch_dicts(connection.execute("FROM source_health"))
        }


async def _poll(settings: House, chosen: list[Source]) -> list[Poll]:
    from extractors.fetch import Fetcher
    from extractors.poll import SourceState, poll
    from flows.progress import stages_on

    async with Fetcher(settings.user_agent, settings.limits) as fetcher:
        with stages_on(err()).stage("check", len(chosen)) as advance:

            async def one(source: Source) -> Poll:
                done = await poll(source, SourceState(), fetcher)
                advance()
                return done

            return list(await asyncio.gather(*(one(source) for source in chosen)))


def _verdict(poll: Poll, now: datetime) -> dict[str, object]:
    dates = [entry.published_at for entry in poll.entries if entry.published_at]
    newest = max(dates, default=None)
    return {
        "id": poll.source.id,
        "status": poll.status,
        "format": poll.format,
        "items": len(poll.entries),
        "newest": newest,
        "age_hours": round((now - newest).total_seconds() / 3600, 1) if newest else None,
        "lang": poll.source.language,
        "seconds": round(poll.seconds, 2),
        "remark": str(poll.error) if poll.error else "; ".join(poll.warnings) or None,
    }
