"""A Prefect server of our own: started on loopback, waited for, and ended with us.

Importing this module does not import Prefect. Prefect reads its settings from the environment
when it is imported, so call `environment_for` and update `os.environ` before that.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from flows.errors import ServerError

HOST = "127.0.0.1"
START_SECONDS = 90
STOP_SECONDS = 15


def environment_for(home: Path, port: int) -> dict[str, str]:
    """What makes Prefect use our server and nothing else: no analytics, no profile of the user's,
    its files under `home`, finished runs kept for 30 days."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_API_URL": f"http://{HOST}:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "flows,warehouse,alerts,extractors",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 86400),
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P7D",
    }


@contextlib.contextmanager
def running(home: Path, port: int) -> Iterator[str]:
    """A server on `port` for the length of the block; gives the address of its UI.

    Raises ServerError where the port is taken or the server does not come up. Its output is in
    `home/server.log`. However the block ends, the server ends with it.
    """
    refuse_taken(port)
    home.mkdir(parents=True, exist_ok=True)
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            [sys.executable, "-m", "flows.orchestration.prefect_child", str(port)],
            env={**os.environ, **environment_for(home, port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_up(process, port, log)
            yield f"http://{HOST}:{port}"
        finally:
            _stop(process)


def refuse_taken(port: int) -> None:
    """Raises ServerError where something listens on `port` already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ServerError(
                f"{HOST}:{port}",
                "something listens on the Prefect server's port already",
                "stop the other `noroshi serve`, or choose another port with --port",
            ) from error


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerError(log, "the Prefect server ended at once", "read its log")
        if _healthy(port):
            return
        time.sleep(0.2)
    raise ServerError(log, f"the Prefect server is not up after {START_SECONDS} s", "read its log")


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/api/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the server's whole process group to end, then insist."""
    for how, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return
