"""Two machines send from one lake: what a dead one was at the other takes over, and no more."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.telling.deciding.outbox import deliveries_for
from extractors.article import digest
from flows.configuration.desk import desk
from flows.configuration.settings import House, load
from flows.cycle.delivery import Round
from tests.children import child
from tests.flows.newsroom import Newsroom, newsroom
from tests.postgres import PASSWORD, Postgres
from tests.servers import Reply, Request
from tests.warehouse.samples import a_notice
from warehouse.database import query
from warehouse.storage import presence
from warehouse.telling import outbox
from warehouse.telling.outbox import Announcement

ROUNDS = int(os.environ.get("ROUNDS", "3"))
MESSAGES = 8
SECONDS = 0.1
"""How long the room takes for a message by default."""

SENDING = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from flows.configuration.desk import desk
from flows.configuration.settings import load
from flows.cycle.delivery import Round
house = load(Path(sys.argv[1]))
served = Round(house.warehouse, desk(house, house.channels()), lambda: datetime.now(UTC))
asyncio.run(served.run(last=True))
"""


@dataclass(slots=True)
class Room:
    """A chat that takes its time, and says when it was asked and what it accepted."""

    seconds: float = SECONDS
    asked: list[str] = field(default_factory=list)
    got: list[str] = field(default_factory=list)
    more: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, request: Request) -> Reply:
        title = str(json.loads(request.body)["title"]).rpartition(" — ")[2]
        with self.more:
            self.asked.append(title)
            self.more.notify_all()
        time.sleep(self.seconds)
        self.got.append(title)
        return Reply(b"ok", 200, "text/plain")

    def wait_for(self, count: int) -> None:
        """Until so many messages were begun."""
        with self.more:
            assert self.more.wait_for(lambda: len(self.asked) >= count, 120)


@dataclass(slots=True)
class Machines:
    """Two data folders, one lake and one chat room."""

    here: House
    there: House
    room: Room
    postgres: Postgres

    def post(self) -> list[str]:
        """Write alerts; what the room is to hear of them."""
        names = [f"{number:05}" for number in range(MESSAGES)]
        now = datetime.now(UTC)
        announcements = [
            Announcement(
                a_notice(alert_id=digest(name), event_id=digest(f"event {name}"), headline=name),
                "article",
                deliveries_for(digest(name), ["desk"], now),
            )
            for name in names
        ]
        with self.here.warehouse.writing("test") as connection:
            outbox.post(connection, announcements, now)
        return names

    def states(self) -> list[tuple[object, ...]]:
        """Of the deliveries."""
        with self.here.warehouse.reading() as connection:
            asked = "SELECT state, count(*) FROM deliveries GROUP BY state ORDER BY state"
            return query(connection, asked)[1]

    def lose_session(self, count: int = 1) -> None:
        """PostgreSQL forgets of those who send, though they live."""
        cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name"
        assert self.postgres.ask(f"{cut} LIKE 'noroshi:%(send messages)'") == f"{count}"


@pytest.fixture
def machines(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machines]:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    room = Room()
    with newsroom(tmp_path) as first:
        here, there = _two(first, tmp_path, postgres.lake(tmp_path / "shared").place, room)
        yield Machines(here, there, room, postgres)


def _two(first: Newsroom, folder: Path, place: object, room: Room) -> Iterator[House]:
    for name in ("here", "there"):
        (folder / name).mkdir()
        one = Newsroom(first.site, folder / name)
        one.desk("desk")
        one.house()
        settings = one.file.read_text()
        one.file.write_text(
            f'warehouse = "{place}"\nlake.data = "{folder}/shared/lake"\n{settings}'
        )
        yield load(one.file)
    for path in list(first.site.routes):
        if path.startswith("/hook-"):
            first.site.routes[path] = room


def sending(house: House) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """A process of a machine that sends all that is due."""
    return child([sys.executable, "-c", SENDING, str(house.file)])


def send(house: House) -> Round:
    """The same, here."""
    served = Round(house.warehouse, desk(house, house.channels()), lambda: datetime.now(UTC))
    asyncio.run(served.run(last=True))
    return served


@pytest.mark.lake
@pytest.mark.timeout(7200)
def test_what_a_killed_sender_was_at_is_taken_over(
    machines: Machines, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the machine itself at once, by another after its grace; nothing is lost, and nothing comes
    twice but the one message that the room was taking as the kill fell."""
    seed = time.time_ns()
    chance, room = random.Random(seed), machines.room
    under_way = accepted = 0
    for number in range(ROUNDS):
        names = machines.post()
        heir = (machines.here, machines.there)[number % 2]
        monkeypatch.setattr(presence, "GRACE_SECONDS", 3600 if heir is machines.here else 1)
        with sending(machines.here) as process:
            room.wait_for(chance.randrange(1, MESSAGES))
            time.sleep(chance.uniform(0, 2 * SECONDS))
            process.kill()
            had = set(room.got)
            assert process.wait() == -signal.SIGKILL
        time.sleep(2 * SECONDS)
        begun = list(room.asked)
        assert send(heir).problems == []
        again = set(room.asked[len(begun) :]) & set(begun)
        assert again <= {begun[-1]}, "only the last that was begun comes twice"
        assert set(names) == set(room.got), "and nothing is lost"
        under_way, accepted = under_way + len(again - had), accepted + len(again & had)
        assert machines.states() == [("sent", MESSAGES)]
        _forget(machines)
    with capsys.disabled():
        told = f"{ROUNDS} kills of a sender among {ROUNDS * MESSAGES} messages: sent twice were"
        parts = f"{under_way} under way and {accepted} accepted as the kill fell (seed {seed})"
        print(f"\n{told} {parts}")  # noqa: T201


def _forget(machines: Machines) -> None:
    machines.room.asked.clear()
    machines.room.got.clear()
    with machines.here.warehouse.writing("test") as connection:
        for table in ("delivery", "alert"):
            connection.execute(f"DELETE FROM store.{table}")  # noqa: S608 (our own words)


@pytest.mark.lake
def test_who_lost_its_session_asks_for_others_in_another(machines: Machines) -> None:
    here, there = machines.here.warehouse.presence, machines.there.warehouse.presence
    with here, there:
        there.show()
        living, name = str(there.name), here.name
        assert here.gone([living]) == set()
        machines.lose_session(2)
        assert not here.felt()
        assert here.gone([living]) == set(), "it begins to wait"
        assert here.doubt_seconds is not None
        assert here.name != name
        assert here.gone([f"1 {machines.here.warehouse.machine}"]) != set(), "our own"


@pytest.mark.lake
@pytest.mark.parametrize("lost", [False, True])
def test_what_a_living_sender_is_at_is_left_to_it(
    machines: Machines, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    """Even where it loses its session: it sends under another one what it has not begun."""
    machines.room.seconds = 1
    monkeypatch.setattr(presence, "GRACE_SECONDS", 2)
    names = machines.post()
    with sending(machines.here) as process:
        machines.room.wait_for(2)
        if lost:
            machines.lose_session()
        assert send(machines.there).problems == []
        assert process.wait(120) == 0
    assert sorted(machines.room.got) == names, "each once"
    assert machines.states() == [("sent", MESSAGES)]
