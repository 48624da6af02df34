"""No process outlives its test, and none is waited for without end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from tests.children import child, ran

FAMILY = """
import subprocess, sys, time
held = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(900)"])
print(held.pid, flush=True)
time.sleep(float(sys.argv[1]))
"""
"""A process and one of its own that holds its pipes."""


def gone(process: int) -> bool:
    """Within a minute: who reaps an orphan takes his time."""
    for _ in range(600):
        try:
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("failure", [None, pytest.fail.Exception])
def test_all_end_with_the_block(failure: type[BaseException] | None) -> None:
    expected: AbstractContextManager[object] = pytest.raises(failure) if failure else nullcontext()
    with expected, child([sys.executable, "-c", FAMILY, "900"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        grandchild = int(process.stdout.readline())
        os.kill(grandchild, 0)
        if failure:
            raise failure
    assert process.returncode == -signal.SIGKILL
    assert gone(grandchild)


def test_who_reads_on_without_end_gets_to_it() -> None:
    with child([sys.executable, "-c", FAMILY, "900"], seconds=1, stdout=-1) as process:
        assert process.stdout is not None
        process.stdout.read()
        assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("itself", ["900", "0"])
def test_a_pipe_that_is_held_is_not_waited_for(itself: str) -> None:
    """By the process, or by one that it left behind."""
    with pytest.raises(subprocess.TimeoutExpired):
        ran([sys.executable, "-c", FAMILY, itself], seconds=1)


def test_what_it_said_and_how_it_ended_is_told() -> None:
    script = "import sys; print(sys.stdin.read()); sys.exit(7)"
    said = ran([sys.executable, "-c", script], stdin="狼煙", text=True)
    assert (said.returncode, said.stdout, said.stderr) == (7, "狼煙\n", "")
    assert ran([sys.executable, "-c", script]).stdout == b"\n", "nobody types"
