"""Commands on sources: list, check, retry; add, import and export stand in `subscribe.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from flows.cli.console import (
    ConfigOption,
    Format,
    FormatOption,
    add_group,
    err,
    house,
    out,
    say_error,
    show,
    unknown,
)
from flows.cli.subscribe import sources_add, sources_export, sources_import

if TYPE_CHECKING:
    from extractors.source import Source
    from flows.configuration.settings import House


def register(app: typer.Typer) -> None:
    """Add the group."""
    commands: dict[str, Callable[..., int]] = {
        "list": sources_list,
        "check": sources_check,
        "retry": sources_retry,
        "add": sources_add,
        "import": sources_import,
        "export": sources_export,
    }
    add_group(app, "sources", "Where the news comes from.", commands)


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
    if how is Format.TABLE:
        rows = [{**row, "next_poll": row["next_poll"] or _at_once(row)} for row in rows]
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


def _at_once(row: dict[str, object]) -> str:
    """What people read where no moment is set for the next poll."""
    return {"off": "never: off", "gone": "never: gone"}.get(str(row["state"]), "next cycle")


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
    from extractors.web.fetch import host_of
    from warehouse.collecting import respite, sources

    settings = house(config)
    known = {source.id for source in settings.sources}
    if strange := sorted(set(id) - known):
        return unknown("source", strange[0], known)
    warehouse = settings.warehouse
    with warehouse.writing("ask sources again") as connection:
        sources.ask_again(connection, id)
        respite.forget(connection, [host_of(s.url) for s in settings.sources if s.id in id])
    warehouse.publish()
    out().print(f"asked with the next cycle: {', '.join(id)}", markup=False)
    return 0


def sources_check(
    source: Annotated[
        str | None, typer.Argument(help="an id or an address (default: all that are on)")
    ] = None,
    how: FormatOption = Format.TABLE,
    config: ConfigOption = None,
) -> int:
    """Poll sources once, dry: what they answer, how fresh it is, and what a cycle would fetch.

    Nothing is stored. An address need not be that of a source in the settings.

    Example: noroshi sources check hk-rthk-en-local

    Example: noroshi sources check https://example.org/feed.xml
    """
    from flows.check import check, row
    from flows.progress import stages_on

    settings = house(config)
    chosen, known = _chosen(settings, source), {one.id for one in settings.sources}
    if not chosen:
        return unknown("source", source, known) if source else _none_on()
    with stages_on(err()).stage("check", len(chosen)) as advance:
        checked = asyncio.run(check(settings, chosen, _stored(settings), advance))
    rows = [row(one, datetime.now(UTC)) for one in checked]
    _show_checks(rows, how, settings.settings.timezone, alone=source is not None)
    return 1 if all(one.poll.error for one in checked) else 0


def _none_on() -> int:
    say_error("no source is switched on; `noroshi sources list` says why each is off")
    return 2


def _chosen(settings: House, wanted: str | None) -> list[Source]:
    from extractors.source import Source

    if wanted is None:
        return [source for source in settings.sources if source.enabled]
    named = [source for source in settings.sources if wanted in {source.id, source.url}]
    if named or not wanted.startswith(("http://", "https://")):
        return named
    return [Source(urlsplit(wanted).hostname or wanted, wanted, wanted)]


def _stored(settings: House) -> Callable[[list[str]], set[str]]:
    """Which of some article ids are in the published warehouse."""
    from warehouse.collecting.articles import known

    def stored(ids: list[str]) -> set[str]:
        warehouse = settings.warehouse
        if not warehouse.ready:
            return set()
        with warehouse.reading() as connection:
            return known(connection, ids)

    return stored


def _show_checks(rows: list[dict[str, object]], how: Format, zone: str, *, alone: bool) -> None:
    """One source as lines of name and value, several as a table."""
    if alone and how is Format.TABLE:
        lines = [{"": name, "value": value} for name, value in rows[0].items()]
        show(lines, ["", "value"], how, zone=zone)
        return
    names = ["id", "status", "items", "new", "age_hours", "lang", "robots", "remark"]
    show(rows, names if how is Format.TABLE else list(rows[0]), how, zone=zone)


def _health(settings: House) -> dict[str, dict[str, Any]]:
    from warehouse.storage.rows import fetch_dicts

    warehouse = settings.warehouse
    if not warehouse.ready:
        return {}
    with warehouse.reading(timezone=settings.settings.timezone) as connection:
        return {
            str(row["id"]): row for row in fetch_dicts(connection.execute("FROM source_health"))
        }
