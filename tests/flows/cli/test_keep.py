"""The commands that keep: what they write, what they say, how they end."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from flows.configuration.settings import House, load
from flows.doctor import State, examine
from tests.children import child, ran
from tests.flows.conftest import Run
from warehouse.database import Warehouse
from warehouse.storage.lock import hold
from warehouse.storage.rows import insert

NOW = datetime.now(UTC)


@pytest.fixture
def settled(call: Run, tmp_path: Path) -> House:
    """A new warehouse with its seed records, published."""
    file = tmp_path / "noroshi.toml"
    file.write_text("[sources]\nshipped = false\n")
    assert call("sql", "SELECT 1").status == 0
    return load(file)


def findings(house: House, now: datetime | None = None) -> dict[str, tuple[State, str]]:
    """By what they are of; NOW is when this file was read, which may be long ago."""
    return {one.of: (one.state, one.what) for one in examine(house, now or datetime.now(UTC))}


class TestFiles:
    @pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl", "duckdb"])
    def test_an_export_is_named_and_told(self, call: Run, settled: House, kind: str) -> None:
        ran = call("export", "out", "--format", kind)
        assert (ran.status, ran.out) == (0, "out\n")
        assert "articles: 5 rows" in ran.err
        counted = sum(int(rows) for rows in re.findall(r": (\d+) rows", ran.err))
        written = Path("out")
        files = [file for file in (written, *written.rglob("*")) if file.is_file()]
        said = " ".join(ran.err.split())
        number = "1 file" if kind == "duckdb" else f"{len(files)} files"
        assert f"{counted} rows in {number}, " in said
        assert f"written to {written.resolve()} in " in said
        assert call("export", "out").status == 2, "it exists already"

    def test_a_kind_that_there_is_not(self, call: Run, settled: House) -> None:
        ran = call("export", "out", "--format", "xlsx")
        assert ran.status == 2
        assert "parquet" in ran.err

    @pytest.mark.parametrize("command", ["backup", "export"])
    def test_who_may_not_write_there_is_told_so_and_not_to_make_room(
        self, call: Run, settled: House, command: str
    ) -> None:
        ran = call(command, "/sys/kept")  # nobody may, not even root
        assert ran.status == 1
        assert "give this user write access, or name another place" in ran.err
        assert "disk space" not in ran.err

    def test_there_and_back(self, call: Run, settled: House) -> None:
        assert call("backup", "kept.duckdb").out == "kept.duckdb\n"
        shutil.rmtree(settled.data_folder)
        ran = call("restore", "kept.duckdb")
        assert ran.status == 0
        assert "restored 5 articles" in ran.err
        assert (
            '"5"' in call("sql", "SELECT count(*)::VARCHAR FROM articles", "--format", "json").out
        )
        again = call("restore", "kept.duckdb")
        assert "former-" in again.err

    def test_maintain_says_what_it_did(self, call: Run, settled: House) -> None:
        warehouse = Warehouse(settled.data_folder)
        with warehouse.writing("test") as connection:
            old = [{"url": "u", "fetched_at": NOW - timedelta(days=31)}]
            insert(connection, "store.fetch", old)
        assert "cleared 1 old requests; read " in call("maintain").err
        said = call("maintain").err
        assert said.startswith("nothing was past its time; read ")
        assert said.endswith("rows and found them whole; no room worth giving back; published\n")


class TestDoctor:
    def test_a_healthy_folder(self, call: Run, settled: House) -> None:
        ran = call("doctor", "--format", "json")
        assert ran.status == 0
        assert {row["state"] for row in json.loads(ran.out)} <= {"ok", "note"}
        seen = findings(settled)
        assert "article 5" in seen["rows"][1]
        assert "schema" not in seen["rows"][1]
        assert seen["clock"][0] is State.OK
        assert seen["writer lock"] == (State.OK, "free")

    def test_nothing_is_made_by_looking(self, call: Run, begun: Path) -> None:
        assert call("doctor").status == 0
        assert list(begun.parent.iterdir()) == [begun]

    def test_a_lock_names_its_holder(self, settled: House) -> None:
        lock = Warehouse(settled.data_folder).pipeline_folder / "cycle.lock"
        with hold(lock, wait_seconds=0, doing="long work"):
            assert "long work" in findings(settled)["cycle lock"][1]

    def test_a_message_that_waits_too_long(self, call: Run, settled: House) -> None:
        deliver(settled, "failed", NOW - timedelta(minutes=50))
        assert findings(settled)["outbox"][0] is State.OK
        late = findings(settled, NOW + timedelta(hours=3))
        assert late["outbox"][0] is State.PROBLEM
        assert "3 h" in late["outbox"][1]
        deliver(settled, "dead", NOW)
        assert "1 were given up" in findings(settled)["outbox"][1]

    def test_what_a_cap_holds_back_is_said_and_no_problem(self, settled: House) -> None:
        warehouse = Warehouse(settled.data_folder)
        later = NOW + timedelta(hours=2)
        held = {
            "id": "held",
            "channel": "desk",
            "state": "pending",
            "attempts": 0,
            "held": "cap",
            "due_at": later,
            "created_at": NOW - timedelta(hours=2),
        }
        with warehouse.writing("test") as connection:
            insert(connection, "store.delivery", [held])
        warehouse.publish()
        seen = findings(settled)
        assert seen["outbox"] == (State.OK, "nothing waits; 1 more held back")
        assert seen["held back"][0] is State.NOTE
        assert seen["held back"][1].startswith("desk: 1 alert held until ")

    def test_a_channel_that_fails_is_named_with_why_and_when_it_is_tried(
        self, call: Run, settled: House
    ) -> None:
        file = settled.data_folder.parent / "noroshi.toml"
        desk = '[[channel]]\nname = "desk"\nurl = "json://127.0.0.1:1/"\n'
        file.write_text(f"{file.read_text()}{desk}")
        later = NOW + timedelta(minutes=9)
        state = {"failing_since": NOW, "retry_at": later, "error": "it is 503"}
        warehouse = Warehouse(settled.data_folder)
        with warehouse.writing("test") as connection:
            both = [{"channel": name, "failures": 2, **state} for name in ("desk", "former")]
            insert(connection, "store.channel_state", both)
        warehouse.publish()
        state_, what = findings(load(file))["channel desk"]
        assert state_ is State.PROBLEM
        assert f"fails since {NOW.astimezone(load(file).zone):%Y-%m-%d %H:%M}" in what
        assert "it is 503" in what
        assert f"next try: {later.astimezone(load(file).zone):%Y-%m-%d %H:%M}" in what
        assert "channel former" not in findings(load(file)), "it is no longer in the settings"
        assert call("doctor").status == 1

    def test_a_clock_that_was_set_back(self, call: Run, settled: House) -> None:
        state, what = findings(settled, NOW - timedelta(days=2))["clock"]
        assert state is State.PROBLEM
        assert "set the clock" in what

    def test_sources_that_fail(self, settled: House) -> None:
        warehouse = Warehouse(settled.data_folder)
        with warehouse.writing("test") as connection:
            on = [{"id": id, "enabled": id != "c"} for id in "abc"]
            insert(connection, "store.source", on)
            insert(connection, "store.source_state", [{"source_id": "a", "error_streak": 2}])
        warehouse.publish()
        assert findings(settled)["sources"][:1] == (State.NOTE,)
        assert findings(settled)["sources"][1].startswith("2 on, 1 failing")

    def test_a_damaged_copy_is_a_problem(self, call: Run, settled: House) -> None:
        Warehouse(settled.data_folder).published.write_bytes(b"damaged" * 999)
        ran = call("doctor")
        assert ran.status == 1
        assert "noroshi maintain" in "".join(ran.out.split("\n"))

    def test_a_damaged_live_file_is_a_problem_with_a_way_out(self, settled: House) -> None:
        warehouse = Warehouse(settled.data_folder)
        whole = warehouse.live.read_bytes()
        warehouse.live.write_bytes(whole[:12_288])  # the headers
        seen = findings(settled)
        assert seen["live file"][0] is State.PROBLEM
        assert f"noroshi restore {warehouse.published}" in seen["live file"][1]
        assert "article 5" in seen["rows"][1], "from the copy"

    def test_a_program_that_has_the_live_file_open_is_named(self, settled: House) -> None:
        script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); input()"
        live = str(Warehouse(settled.data_folder).live)
        command = [sys.executable, "-c", script, live]
        with child(command, stdin=-1, stdout=-1) as person:
            assert person.stdout is not None
            person.stdout.readline()
            state, what = findings(settled)["live file"]
        assert state is State.PROBLEM
        assert f"process {person.pid} (" in what

    def test_a_cycle_that_failed_is_told(self, settled: House) -> None:
        row = {"id": "1", "started_at": NOW, "ended_at": NOW, "outcome": "failed"}
        with Warehouse(settled.data_folder).writing("test") as connection:
            insert(connection, "store.run", [row])
        state, what = findings(settled, NOW)["last cycle"]
        assert (state, what.partition(";")[0]) == (State.NOTE, "failed, 0 min ago")

    def test_what_is_not_published_yet_counts(self, settled: House) -> None:
        with Warehouse(settled.data_folder).writing("test", for_readers=False) as connection:
            insert(connection, "store.run", [{"id": "1", "started_at": NOW, "ended_at": NOW}])
        assert findings(settled, NOW)["last cycle"] == (State.OK, "0 min ago")

    def test_a_newer_warehouse_is_a_problem(self, settled: House) -> None:
        with duckdb.connect(str(Warehouse(settled.data_folder).live)) as connection:
            connection.execute("INSERT INTO store.schema_migration VALUES (9999, 'later', now())")
        assert findings(settled)["schema"][0] is State.PROBLEM


def deliver(house: House, state: str, created_at: datetime) -> None:
    warehouse = Warehouse(house.data_folder)
    with warehouse.writing("test") as connection:
        insert(
            connection,
            "store.delivery",
            [{"id": state, "channel": "desk", "state": state, "created_at": created_at}],
        )
    warehouse.publish()


def test_an_export_is_written_though_nobody_reads_its_progress(
    settled: House, tmp_path: Path
) -> None:
    program = Path(sys.executable).with_name("noroshi")
    unread, writing = os.pipe()
    os.close(unread)
    with os.fdopen(writing, "wb") as stderr:
        ended = ran([program, "export", "out"], stderr=stderr, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (0, b"out\n")
    assert (tmp_path / "out" / "runs.parquet").is_file()
