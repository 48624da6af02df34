"""What a killed cycle may leave, and what must be there when the next one has run.

The law: however often a cycle was killed, the next whole one leaves the warehouse as if nobody
had been killed, and every reader got every message; twice only what a channel was taking as the
kill fell: one message, the last of its round.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from itertools import islice, pairwise
from pathlib import Path

import duckdb

from alerts.telling.writing.escape import markdown
from alerts.telling.writing.render import render
from extractors.web.warc import record_at
from flows.cycle.workers import WORTH_A_POOL
from flows.demo.stage import Answer, Chat, Inbox, Outlet, Site, chat, inbox, sample_site, serving
from tests.children import LONGEST_SECONDS, child
from warehouse.database import PUBLISHED, Warehouse
from warehouse.telling.letters import notice_from_json

NOROSHI = Path(sys.executable).with_name("noroshi")
LOG = "warehouse.duckdb.wal"
PREVIOUS = "previous.duckdb"
EXTRA_PAGES = WORTH_A_POOL
"""Enough for the batch to be read by a pool of processes."""

EXTRA = Outlet("extra", "Extra", "en", "feed", "/extra.xml", "RSS 2.0")
"""A source of many pages, beside those of the sample."""

KEPT = (
    "SELECT id, version_id, version_no, url, title, text, text_from FROM store.article",
    "SELECT id, version_id FROM store.former_version",
    "SELECT article_id, version_id FROM store.uncoded",
    "SELECT article_id, version_id, relevant FROM store.coding",
    "SELECT article_id, category, direction, evidence::VARCHAR FROM store.coded_event",
    "SELECT id, article_id, event_id FROM store.match",
    "SELECT id, category, direction, severity, title FROM store.event",
    "SELECT event_id, article_id FROM store.event_article",
    "SELECT id, event_id, article_id FROM store.alert",
    "SELECT id, alert_id, channel, state, attempts FROM store.delivery",
    "SELECT source_id, body_hash FROM store.source_state",
    "SELECT article_id, part, url, body_hash FROM store.article_page",
    "SELECT article_id, looks FROM store.revisit",
)
"""All that a cycle writes but moments and logs."""

Message = tuple[str, str, str]
"""Channel, first line and the id that came with it; no two alerts of the sample share them."""
Moment = tuple[int, int]
Kept = list[list[tuple[object, ...]]]


@dataclass(slots=True)
class Tally:
    """What the rounds came to."""

    rounds: int = 0
    hits: int = 0
    messages: int = 0
    duplicates: int = 0

    def count(self, hit: bool) -> None:
        """One round more."""
        self.rounds += 1
        self.hits += hit

    def clear(self) -> None:
        """Begin to count."""
        self.rounds = self.hits = self.messages = self.duplicates = 0

    def __str__(self) -> str:
        return (
            f"{self.rounds} rounds, {self.hits} kills that hit; {self.messages} messages wanted, "
            f"0 lost, {self.duplicates} sent twice under their id (accepted, and not settled when "
            "the kill fell)"
        )


@dataclass(slots=True)
class World:
    """A site and two readers, which outlive every cycle."""

    address: str
    outlets: tuple[Outlet, ...]
    box: Inbox
    room: Chat
    tally: Tally = field(default_factory=Tally)

    def settle(self, folder: Path, outlets: Sequence[Outlet]) -> Path:
        """Write settings for a data folder."""
        sources = "".join(
            f'[[source]]\nid = "{o.id}"\nkind = "{o.kind}"\nurl = "{self.address}{o.path}"\n'
            for o in outlets
            if o.document is None  # official levels have tests of their own
        )
        file = folder / "noroshi.toml"
        file.write_text(
            'data_folder = "."\n[fetch]\npace_seconds = 0\nper_host = 8\n'
            "private_addresses = true\n[sources]\n"
            f"shipped = false\nbacklog_hours = 1000000\n{sources}"
            f'[[channel]]\nname = "inbox"\nurl = "{self.box.url}"\n'
            f'[[channel]]\nname = "chat"\nurl = "{self.room.url}"\n'
        )
        return file

    def now(self) -> Moment:
        """How much the readers have by now."""
        return len(self.box.mails), len(self.room.messages)

    def received(self, since: Moment, until: Moment) -> list[Message]:
        """What the readers got between two moments."""
        mails = self.box.mails[since[0] : until[0]]
        talk = zip(self.room.messages, self.room.ids, strict=False)
        return [
            *(("inbox", str(mail["Subject"]), _id_of(mail)) for mail in mails),
            *(
                ("chat", text.partition("\n")[0].strip("*"), id)
                for text, id in islice(talk, since[1], until[1])
            ),
        ]


def _id_of(mail: EmailMessage) -> str:
    return str(mail["Message-ID"]).strip("<>").partition("@")[0]


@contextlib.contextmanager
def world() -> Iterator[World]:
    """The sample site with further pages, an inbox and a chat."""
    sample = sample_site()
    pages = {f"/extra/{n}": partial(_page, n) for n in range(EXTRA_PAGES)}
    site = Site(sample.outlets, {**sample.pages, **pages, EXTRA.path: _feed})
    with serving(site) as served, inbox() as box, chat() as room:
        yield World(served.address, sample.outlets, box, room)


def _feed() -> Answer:
    items = "".join(
        f"<item><title>{_title(n)}</title><link>http://site.invalid/extra/{n}</link></item>"
        for n in range(EXTRA_PAGES)
    )
    feed = f'<rss version="2.0"><channel><title>Extra</title>{items}</channel></rss>'
    return "application/rss+xml; charset=utf-8", feed.encode()


def _title(n: int) -> str:
    return f"Harbour notes number {n}: ferries, fish and fog"


def _page(n: int) -> Answer:
    body = "".join(
        f"<p>On day {day} of week {n} the early ferry left pier {n % 7} on time, and the market "
        f"sold {day * 7 + n} boxes of fish before the fog came in over the eastern channel.</p>"
        for day in range(1, 7)
    )
    text = (
        f"<html lang=en><head><title>{_title(n)}</title>"
        '<meta property="article:published_time" content="2025-11-10T08:00:00+08:00"></head>'
        f"<body><article><h1>{_title(n)}</h1>{body}</article></body></html>"
    )
    return "text/html; charset=utf-8", text.encode()


@dataclass(slots=True)
class Undisturbed:
    """A beginning, and what one whole cycle makes of it."""

    begin: Path
    """A data folder to copy."""
    kept: Kept
    messages: set[Message]

    def case(self, folder: Path) -> Path:
        """A new data folder with this beginning."""
        return Path(shutil.copytree(self.begin, folder))


def undisturbed(
    world: World,
    driver: Driver,
    folder: Path,
    outlets: Sequence[Outlet],
    former: Sequence[Outlet] = (),
) -> Undisturbed:
    """A cycle over `outlets` that begins with nothing, or where one over `former` has been."""
    begin = folder / "begin"
    begin.mkdir(parents=True)
    if former:
        world.settle(begin, former)
        assert driver.order(begin) == (0, [])
    world.settle(begin, outlets)
    whole = Path(shutil.copytree(begin, folder / "whole"))
    began = world.now()
    assert driver.order(whole) == (0, [])
    told = world.received(began, world.now())
    assert len(told) == len(set(told)), "no two alerts share channel and first line"
    assert len(told) >= 4, "there is something to lose"
    return Undisturbed(begin, kept(whole / PUBLISHED), set(told))


def run(folder: Path) -> int:
    """One `noroshi run`, to its end."""
    with _started(folder) as process:
        _, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
        _expect_no_process_in(process.pid)
    return process.returncode


@contextlib.contextmanager
def _started(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with child(
        [NOROSHI, "run", "--config", folder / "noroshi.toml"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    ) as process:
        yield process


class Driver:
    """A process that runs cycles and kills them at seams; see `tests.flows.cycle.crossing`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def order(self, folder: Path, **where: object) -> tuple[int, list[str]]:
        """Exit status (negative: the signal) and the seams that were crossed."""
        assert self._process.stdin
        assert self._process.stdout
        order = {"config": str(folder / "noroshi.toml"), **where}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        assert select.select([self._process.stdout], [], [], LONGEST_SECONDS)[0], "it does not end"
        answer = json.loads(self._process.stdout.readline())
        return answer["status"], answer["crossed"]


@contextlib.contextmanager
def driver() -> Iterator[Driver]:
    """A driver that is up."""
    with child(
        [sys.executable, "-m", "tests.flows.cycle.crossing"],
        seconds=7200,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as process:
        yield Driver(process)


def kill_with_workers(folder: Path) -> None:
    """Start a cycle and kill it alone, as soon as it has processes that read pages."""
    with _started(folder) as process:
        deadline = time.monotonic() + 120
        while len(_members(process.pid)) < 3:  # itself, multiprocessing's tracker, a worker
            assert process.poll() is None, "it ended without workers"
            assert time.monotonic() < deadline, "no worker was started"
            time.sleep(0.1)
        process.kill()
        process.wait()
        _expect_no_process_in(process.pid)


def texts(folder: Path) -> int:
    """How many pages were read and published."""
    with duckdb.connect(str(folder / PUBLISHED), read_only=True) as connection:
        (count,) = connection.execute(
            "SELECT count(DISTINCT text) FROM articles WHERE text_from = 'page'"
        ).fetchall()[0]
    return int(count)


@dataclass(slots=True)
class Case:
    """A data folder through its kills. One round is one process, whether it was killed or not."""

    world: World
    plain: Undisturbed
    folder: Path
    moments: list[Moment] = field(default_factory=list)
    """When each round began, as the readers saw it."""
    settled: list[set[Message]] = field(default_factory=list)
    """What was written down as sent at the end of each."""

    def kill_at_random(self, seconds: float, chance: random.Random) -> bool:
        """Start a cycle and kill it within `seconds`, alone or with its workers; whether it was
        at work by then and still. None of them outlives it."""
        with self._round(), _started(self.folder) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, seconds))
            alive = process.poll() is None
            hit = alive and self._at_work(process.pid)
            if alive:
                kill = os.killpg if chance.random() < 0.5 else os.kill
                kill(process.pid, signal.SIGKILL)
                process.wait()
            _expect_no_process_in(process.pid)
        return hit

    def _at_work(self, pid: int) -> bool:
        lock = self.folder / "pipeline" / "cycle.lock"
        return lock.exists() and lock.read_text().startswith(f"{pid} ")

    def kill_at(self, driver: Driver, **where: object) -> list[str]:
        """Run a cycle that kills itself where the driver is told to; the seams it crossed, or
        none where it came to its end."""
        with self._round():
            status, crossed = driver.order(self.folder, **where)
            assert status in {0, -signal.SIGKILL}
        return crossed if status else []

    @contextlib.contextmanager
    def _round(self) -> Iterator[None]:
        self.moments.append(self.world.now())
        with _watched(self.folder / PUBLISHED):
            yield
        _expect_readable(self.folder / PUBLISHED)
        self.settled.append(_settled(self.folder))

    def recover(self, driver: Driver | None = None) -> None:
        """One whole cycle more, and everything is as if nobody had been killed; then clear up."""
        with self._round():
            if driver:
                assert driver.order(self.folder) == (0, [])
            else:
                run(self.folder)
        self._expect_whole()
        shutil.rmtree(self.folder)

    def _expect_whole(self) -> None:
        """Nothing lost, nothing left over, nothing told twice without its reason."""
        for what, now, wanted in zip(
            KEPT, kept(self.folder / PUBLISHED), self.plain.kept, strict=True
        ):
            assert now == wanted, what
        _expect_records(self.folder)
        assert sorted(p.name for p in self.folder.iterdir()) == [
            PUBLISHED,
            "noroshi.toml",
            "pipeline",
            "warc",
        ]
        # What is committed after the publication (the run, say) stays in the log of the live file;
        # where the file system shares no blocks, the former edition is kept.
        assert {p.name for p in (self.folder / "pipeline").iterdir()} - {LOG, PREVIOUS} == {
            "cycle.lock",
            "lines",
            "notes",
            "warehouse.duckdb",
            "writer.lock",
        }
        self._expect_messages()

    def _expect_messages(self) -> None:
        moments = [*self.moments, self.world.now()]
        rounds = [self.world.received(*pair) for pair in pairwise(moments)]
        received = [message for told in rounds for message in told]
        assert set(received) == self.plain.messages, "each was told, and nothing else"
        for number, told in enumerate(rounds):
            assert len(told) == len(set(told)), "no round tells anything twice"
            former = self.settled[number - 1] if number else set()
            assert not former & set(told), "what was settled is never told again"
            earlier = [message for before in rounds[:number] for message in before]
            under_way = {message for before in rounds[:number] for message in _lasts(before)}
            assert {*told} & {*earlier} <= under_way, "nor what was not under way in a kill"
        self.world.tally.messages += len(self.plain.messages)
        self.world.tally.duplicates += len(received) - len(set(received))


def _lasts(told: Sequence[Message]) -> Iterable[Message]:
    """The last message of each channel."""
    return {message[0]: message for message in told}.values()


def kept(file: Path) -> Kept:
    """What a warehouse file holds, without moments and logs."""
    with duckdb.connect(str(file), read_only=True) as connection:
        return [sorted(connection.execute(query).fetchall()) for query in KEPT]


def _expect_records(folder: Path) -> None:
    """Each page's record is whole, whatever cut other records short."""
    with duckdb.connect(str(folder / PUBLISHED), read_only=True) as connection:
        found = connection.execute("SELECT url, warc_file, warc_offset FROM pages").fetchall()
    assert found
    for url, file, offset in found:
        assert record_at(folder / "warc" / file, offset).answer.final_url == url


def _settled(folder: Path) -> set[Message]:
    """What the live file says was sent. Looks at a copy: the next cycle is to do the recovery."""
    live = Warehouse(folder).live
    with tempfile.TemporaryDirectory() as elsewhere:
        for file in live.parent.glob(f"{live.name}*"):
            shutil.copy(file, elsewhere)
        copy = Path(elsewhere, live.name)
        if not copy.exists():
            return set()
        with duckdb.connect(str(copy)) as connection:
            return {_message(*row) for row in _sent(connection)}


def _sent(connection: duckdb.DuckDBPyConnection) -> list[Message]:
    try:
        return connection.execute(
            "SELECT channel, notice, delivery.id FROM store.delivery JOIN store.alert "
            "ON alert.id = delivery.alert_id WHERE state = 'sent'"
        ).fetchall()
    except duckdb.CatalogException:  # killed before the first migration was committed
        return []


def _message(channel: str, notice: str, id: str) -> Message:
    subject = render(notice_from_json(notice), labels="en", timezone="Asia/Hong_Kong").subject
    return channel, subject if channel == "inbox" else markdown(subject), id


def _expect_readable(published: Path) -> None:
    if published.exists():
        with duckdb.connect(str(published), read_only=True) as connection:
            assert connection.execute("SELECT count(*) FROM articles").fetchone()


@contextlib.contextmanager
def _watched(published: Path) -> Iterator[None]:
    """Open the published copy again and again: from the first time that it is there, it opens."""
    done, seen = threading.Event(), []

    def look() -> None:
        existed = False
        while not done.wait(0.1):
            existed = existed or published.exists()
            try:
                if existed:
                    with duckdb.connect(str(published), read_only=True) as connection:
                        connection.execute("SELECT count(*) FROM articles").fetchone()
            except duckdb.Error as error:
                seen.append(error)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    assert not seen


def _members(group: int) -> list[str]:
    """Command lines of the processes of a group that are still alive."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended while we looked
            state, _, of = stat.read_text().rpartition(")")[2].split()[:3]
            if int(of) == group and state != "Z":
                found.append((stat.parent / "cmdline").read_text().replace("\0", " "))
    return found


def _expect_no_process_in(group: int) -> None:
    deadline = time.monotonic() + 60
    while left := _members(group):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
