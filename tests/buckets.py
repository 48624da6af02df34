"""An S3 store for tests: OpenStack Swift on loopback, with its files in a temporary folder."""

from __future__ import annotations

import contextlib
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.children import LONGEST_SECONDS, ran
from warehouse.storage.s3 import S3

KEY, SECRET, REGION, BUCKET = "desk:noroshi", "hush-hush-too", "asia-east1", "news"
_PROGRAM = Path(__file__).with_name("swift_store.py")
_PYTHON = "/usr/bin/python3"
"""Debian's, which has Debian's packages."""


def installed() -> bool:
    """Whether Swift's packages are."""
    if not Path(_PYTHON).exists():
        return False
    asked = [_PYTHON, "-c", "import eventlet, swift"]
    return ran(asked).returncode == 0


@dataclass(slots=True)
class Store:
    """A store with one bucket."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="noroshi-s3-")))
    port: int = 0
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, on the port of the time before, and wait until it can be asked."""
        command = [
            _PYTHON,
            "-P",
            str(_PROGRAM),
            str(self.folder),
            str(self.port),
            REGION,
            KEY,
            SECRET,
        ]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [*command, BUCKET], stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        up = select.select([self.process.stdout], [], [], LONGEST_SECONDS)[0]
        said = self.process.stdout.readline() if up else ""
        assert said, (self.folder / "log").read_text()
        self.port = int(said)

    def stop(self) -> None:
        """End it: nobody listens on its port."""
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.communicate()
            self.process = None

    def remove(self) -> None:
        """End it, and take its files away."""
        self.stop()
        shutil.rmtree(self.folder)

    @contextlib.contextmanager
    def stalled(self) -> Iterator[None]:
        """It takes connections and says nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    @property
    def s3(self) -> S3:
        """Where it is."""
        return S3(f"http://127.0.0.1:{self.port}", REGION)

    @property
    def environment(self) -> dict[str, str]:
        """What lets a process in."""
        return {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
