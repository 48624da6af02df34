"""Who sends to a channel holds the line to it, and lets go of it however it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flows.cycle.lines import Lines
from tests.children import child

HOLDER = """
import sys, time
from pathlib import Path
from flows.cycle.lines import Lines
lines = Lines(Path(sys.argv[1]))
print(sorted(lines.take({"chat", "room"})), flush=True)
time.sleep(900)
"""


def test_one_holds_a_line_at_a_time(tmp_path: Path) -> None:
    with Lines(tmp_path) as one, Lines(tmp_path) as other:
        assert one.take({"chat", "room"}) == {"chat", "room"}
        assert one.take({"chat", "mail"}) == {"chat", "mail"}, "what we have we keep"
        assert other.take({"chat", "room"}) == set()
        one.keep({"chat"})
        assert other.take({"chat", "room"}) == {"room"}
    assert Lines(tmp_path).take({"chat", "room"}) == {"chat", "room"}


def test_a_channel_may_have_any_name(tmp_path: Path) -> None:
    names = {"../../etc", "部屋" * 100, ""}
    assert Lines(tmp_path).take(names) == names


@pytest.mark.parametrize("killed", [False, True])
def test_a_process_holds_its_lines_until_it_dies(tmp_path: Path, killed: bool) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with child(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "['chat', 'room']\n"
        if killed:
            process.kill()
            process.wait()
        with Lines(tmp_path) as ours:
            assert ours.take({"chat", "room"}) == ({"chat", "room"} if killed else set())
