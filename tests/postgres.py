"""A PostgreSQL server for tests: of its own, on a socket in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.buckets import BUCKET, Store
from tests.children import LONGEST_SECONDS, ran
from warehouse.database import Warehouse
from warehouse.storage.place import PREFIX, Place, place
from warehouse.storage.s3 import S3
from warehouse.storage.spare import end_all

PASSWORD = "hush-hush"
"""Of the only user. Nothing that noroshi says may contain it."""


def binaries() -> Path | None:
    """Where PostgreSQL's programs are; None where they are not installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb")
    return debian[-1].parent if debian else Path(found).parent if found else None


@dataclass(slots=True)
class Postgres:
    """A server. It refuses to run as root, so that root runs it as somebody without rights."""

    programs: Path
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="noroshi-pg-")))
    numbers: count[int] = field(default_factory=count)
    process: subprocess.Popen[bytes] | None = None
    template: str | None = None

    def prepare(self) -> None:
        """Make an empty cluster."""
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for path in (self.folder, secret):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        options = ["--no-sync", "--no-locale", "-E", "UTF8", "-A", "scram-sha-256"]
        who = ["-U", "noroshi", f"--pwfile={secret}"]
        command = [str(self.programs / "initdb"), "-D", str(self.folder / "data"), *options, *who]
        made = ran(command, **self._as_whom())
        assert made.returncode == 0, made.stderr

    def start(self, **further: str) -> None:
        """Start it, with further settings, and wait until it answers."""
        settings = ["listen_addresses=", f"unix_socket_directories={self.folder}", "fsync=off"]
        settings += [f"{name}={value}" for name, value in further.items()]
        chosen = [part for setting in settings for part in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(self.folder / "data"), *chosen],
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
                **self._as_whom(),
            )
        deadline = time.monotonic() + LONGEST_SECONDS
        while self.ask("SELECT 1", check=False) != "1":
            if time.monotonic() > deadline:
                raise TimeoutError((self.folder / "log").read_text())
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it at once; whoever is connected is cut off."""
        if self.process:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(60)
            self.process.kill()
            self.process.wait()
            self.process = None

    def remove(self) -> None:
        """Stop it, and take its files away."""
        self.stop()
        shutil.rmtree(self.folder)

    def ask(self, sql: str, database: str = "postgres", *, check: bool = True) -> str:
        """What psql prints."""
        where = ["-h", str(self.folder), "-U", "noroshi", "-d", database]
        command = [self.programs / "psql", *where, "-XAtq", "-c", sql]
        done = ran(command, env={**os.environ, "PGPASSWORD": PASSWORD}, text=True)
        assert not check or done.returncode == 0, done.stderr
        return str(done.stdout).strip()

    def nowhere(self, data: Path | str) -> Place:
        """The place of a lake that is not there yet."""
        database = f"empty{next(self.numbers)}"
        self.ask(f"CREATE DATABASE {database}")
        return self.place(database, data)

    def place(self, database: str, data: Path | str, store: Store | None = None) -> Place:
        """The place of a lake in a database of this server."""
        setting = f"{PREFIX}dbname={database} host={self.folder} user=noroshi"
        secrets = {"PGPASSWORD": PASSWORD} | (store.environment if store else {})
        return place(setting, str(data), secrets, s3=store.s3 if store else S3())

    def lake(self, folder: Path, store: Store | None = None) -> Warehouse:
        """A new lake with all tables, as a copy of one: its migrations take seconds. Its files are
        below the folder, or in the store."""
        if self.template is None:
            first = self.nowhere(self.folder / "template")
            with Warehouse(self.folder / "unused", first).writing("make a template"):
                pass
            end_all()
            self.template = first.catalogue.split()[0].removeprefix("dbname=")
        database = f"lake{next(self.numbers)}"
        self.ask(f"CREATE DATABASE {database} TEMPLATE {self.template}")
        data = f"s3://{BUCKET}/{database}" if store else folder / "lake"
        move = "UPDATE ducklake_metadata SET value = '{}/' WHERE key = 'data_path'"
        self.ask(move.format(data), database)
        return Warehouse(folder, self.place(database, data, store))

    def _as_whom(self) -> dict[str, Any]:
        """The user to run as, and a folder that this one may be in."""
        if os.geteuid() != 0:
            return {"cwd": self.folder}
        nobody = pwd.getpwnam("nobody")
        whom = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        return {"cwd": self.folder, **whom}
