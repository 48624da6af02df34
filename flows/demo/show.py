"""`noroshi demo`: two cycles of the real pipeline over a loopback site, and what they brought."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import Callable, Coroutine, Iterator, Sized
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from flows.cli.console import clean
from flows.configuration.settings import House, load
from flows.cycle.report import rows
from flows.cycle.summary import Summary
from flows.demo.stage import (
    Chat,
    Inbox,
    Outlet,
    Served,
    Site,
    chat,
    free_port,
    inbox,
    sample_site,
    saved_site,
    serving,
)
from flows.orchestration.prefect_server import environment_for, running
from flows.progress import audience, stages_on
from flows.watch import watch
from warehouse.database import PUBLISHED, Warehouse, query

SHOWN_PER_CHANNEL = 8
"""Messages shown in full; saved pages may bring many more."""

QUERIES = (
    (
        "What is in the warehouse?",
        """
SELECT origin, lang, count(*) AS articles, min(published_at)::DATE AS first,
       max(published_at)::DATE AS last
FROM articles
GROUP BY origin, lang
ORDER BY origin, lang""",
    ),
    (
        "What happened, and how many articles say so?",
        """
SELECT category, direction, severity, actor, target, news AS articles, title
FROM events
WHERE category IS NOT NULL AND news > 0
ORDER BY news DESC, first_seen_at
LIMIT 8""",
    ),
    (
        "Did every message arrive?",
        """
SELECT channel, state, count(*) AS messages, max(attempts) AS attempts
FROM deliveries
GROUP BY channel, state
ORDER BY channel""",
    ),
)


@dataclass(frozen=True, slots=True)
class _Stand:
    """What is up while the demo runs."""

    served: Served
    box: Inbox
    room: Chat


def show_demo(
    folder: Path, pages: Path | None, out: Console, err: Console, *, prefect: bool = True
) -> int:
    """Run the demo in `folder`; 0 where both cycles did what they should."""
    site = saved_site(pages) if pages else sample_site()
    _afresh(folder)
    with serving(site) as served, inbox() as mails, chat() as room:
        stand = _Stand(served, mails, room)
        house = _settle(folder, site, stand)
        _introduce(site, stand, out)
        with _driver(house, prefect, err) as run:
            first = _cycle("First cycle", house, run, out, err)
            _show_messages(stand, out)
            asked, seen = len(served.requests), (len(mails.mails), len(room.messages))
            served.later = True
            second = _cycle(_what_is_later(site), house, run, out, err)
            if site.later:
                _show_messages(stand, out, seen)
        _show_warehouse(house, out)
        again = [path for path in served.requests[asked:] if not _is_feed(site, path)]
    return _verdict(first, second, len(site.later), again, err)


def _afresh(folder: Path) -> None:
    """Remove what an earlier demo left, and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "pipeline", ignore_errors=True)
    for name in (PUBLISHED, "noroshi.toml"):
        (folder / name).unlink(missing_ok=True)


def _settle(folder: Path, site: Site, stand: _Stand) -> House:
    """Write the demo's settings, as a person would write them, and read them."""
    sources = "".join(
        f'\n[[source]]\nid = "{outlet.id}"\nname = "{outlet.name}"\nkind = "{outlet.kind}"\n'
        f'url = "{stand.served.address}{outlet.path}"\n' + _of_kind(outlet)
        for outlet in site.outlets
    )
    file = folder / "noroshi.toml"
    file.write_text(
        f"""# Settings of the demo: everything is on loopback. Its servers end with it.
contact = "mailto:reader@demo.invalid"
data_folder = "."
timezone = "Asia/Hong_Kong"

[fetch]
pace_seconds = 0
per_host = 8
poll_max_minutes = 0              # every source at every cycle

[sources]
shipped = false
backlog_hours = 1000000           # its news is of November 2025, and to be told all the same
{sources}
[[channel]]
name = "inbox"
url = "{stand.box.url}"

[[channel]]
name = "chat"
url = "{stand.room.url}"
labels = "zh-Hant"
timezone = "Asia/Tokyo"
""",
        encoding="utf-8",
    )
    return load(file)


def _of_kind(outlet: Outlet) -> str:
    if outlet.document is None:
        return ""
    return f'document = "{outlet.document}"\ntimezone = "Asia/Hong_Kong"\n'


def _introduce(site: Site, stand: _Stand, out: Console) -> None:
    out.rule("noroshi demo")
    if any("sample" in outlet.name.lower() for outlet in site.outlets):
        out.print("Sample articles by invented outlets; their facts are of November 2025.")
        out.print("The travel alert that is raised before the second cycle is invented too.\n")
    out.print(f"News site  {stand.served.address}, {len(site.pages)} addresses", markup=False)
    for outlet in site.outlets:
        out.print(f"           {outlet.form:<13} {outlet.name}  {outlet.path}", markup=False)
    out.print(f"Inbox      SMTP on 127.0.0.1:{stand.box.port}", markup=False)
    out.print(f"Chat       Mattermost webhook on 127.0.0.1:{stand.room.port}", markup=False)


_Driver = Callable[[House], Coroutine[None, None, Summary]]


@contextlib.contextmanager
def _driver(house: House, prefect: bool, err: Console) -> Iterator[_Driver]:
    """How a cycle is run: on a Prefect server of the demo's own, or as plain calls."""
    if not prefect:
        yield _plain
        return
    home, port = house.data_folder / "pipeline" / "prefect", free_port()
    quiet = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}
    os.environ.update(environment_for(home, port) | quiet)
    with contextlib.ExitStack() as stack:
        with err.status("Starting the Prefect server (10 to 20 seconds) …"):
            began = time.monotonic()
            address = stack.enter_context(running(home, port))
        err.print(f"Prefect    {address}, up after {time.monotonic() - began:.0f} s")
        try:
            yield _as_flow
        finally:
            _flush()


async def _plain(house: House) -> Summary:
    return await watch(house, progress=audience.get())


def _flush() -> None:
    from flows.orchestration import orchestrated

    orchestrated.flush()


async def _as_flow(house: House) -> Summary:
    from flows.orchestration import orchestrated

    return await orchestrated.watch(str(house.file))


def _cycle(title: str, house: House, run: _Driver, out: Console, err: Console) -> Summary:
    out.print()
    out.rule(title)
    token = audience.set(stages_on(err))
    try:
        summary = asyncio.run(run(house))
    finally:
        audience.reset(token)
    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    for label, value in rows(summary):
        table.add_row(label, value)
    out.print(table)
    for line in summary.errors:
        err.print(Text(clean(line), style="red"))
    return summary


def _what_is_later(site: Site) -> str:
    if not site.later:
        return "Second cycle: nothing is new"
    return "Second cycle: an official level was raised, and nothing else is new"


def _show_messages(stand: _Stand, out: Console, seen: tuple[int, int] = (0, 0)) -> None:
    """What has arrived since there were `seen` mails and chat messages."""
    mails, messages = stand.box.mails[seen[0] :], stand.room.messages[seen[1] :]
    out.rule(f"What arrived in the inbox: {_counted(mails)}")
    for mail in mails[:SHOWN_PER_CHANNEL]:
        part = mail.get_body(("plain", "html"))
        text = part.get_content().replace("\r\n", "\n") if part else ""
        out.print(_panel(text, mail["Subject"]), soft_wrap=False)
    out.rule(f"What arrived in the chat: {_counted(messages)}")
    for message in messages[:SHOWN_PER_CHANNEL]:
        out.print(_panel(message, "chat"), soft_wrap=False)


def _counted(messages: Sized) -> str:
    return "1 message" if len(messages) == 1 else f"{len(messages)} messages"


def _panel(text: str, title: str) -> Panel:
    """A message in a frame, long lines folded: nothing of it is left out."""
    body = Text(clean(text).strip(), overflow="fold")
    return Panel(body, title=Text(clean(title), overflow="ellipsis"), expand=False)


def _show_warehouse(house: House, out: Console) -> None:
    warehouse = Warehouse(house.data_folder)
    out.print()
    out.rule("The warehouse")
    out.print(f"{warehouse.published}", markup=False)
    with warehouse.reading(timezone=house.settings.timezone) as connection:
        for question, sql in QUERIES:
            columns, records = query(connection, sql)
            out.print(f"\n{question}", style="bold", markup=False)
            out.print(sql.strip(), style="dim", markup=False)
            table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
            for column in columns:
                table.add_column(column)
            for record in records:
                table.add_row(*(Text("" if cell is None else clean(cell)) for cell in record))
            out.print(table, soft_wrap=False)
    out.print(
        f'Ask more: noroshi sql --config {house.file} "SHOW TABLES"', markup=False, soft_wrap=True
    )


def _is_feed(site: Site, path: str) -> bool:
    return path in {outlet.path for outlet in site.outlets}


def _verdict(first: Summary, second: Summary, raised: int, again: list[str], err: Console) -> int:
    """What the two cycles should have done, and did not; `raised` levels are new to the second."""
    problems = []
    if not first.new or first.useless:
        problems.append("the first cycle stored nothing")
    if (second.new, second.changed, second.alerts) != (raised, 0, raised):
        problems.append("the second cycle stored or told something again, or missed what was new")
    if again:
        problems.append(f"the second cycle fetched {len(again)} pages again")
    for problem in problems:
        err.print(Text(f"error: {problem}", style="bold red"))
    return 1 if problems else 0
