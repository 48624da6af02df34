"""`noroshi shell`: a small prompt for people, and for what is piped into it."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.configuration.settings import House, load
from tests.children import child
from tests.flows.conftest import Run, Write
from warehouse.storage.session import blank, ended

ASKED = "SELECT count(*) AS seeds\nFROM seed_documents;\nSELECT 2 AS two; SELECT 3 AS three\n"


@pytest.fixture
def settled(call: Run, write: Write) -> House:
    """A new warehouse with its seed records, published."""
    file = write("[sources]\nshipped = false\n")
    assert call("sql", "SELECT 1").status == 0
    return load(file)


def test_what_is_piped_in_is_answered_with_or_without_a_last_semicolon(
    call: Run, settled: House
) -> None:
    ran = call("shell", "--plain", stdin=ASKED.encode())
    words = [word for word in ran.out.split() if word.isalnum()]
    assert (ran.status, words) == (0, ["seeds", "5", "two", "2", "three", "3"]), ran.err


PIPED = [
    ("SELECT 1;\n\n-- two lines\nSELECT 1,\nnothing;\nSELECT 3 AS never;\n", 2, "line 3: SQL: "),
    ("SELECT 1;\n.tabels\nSELECT 3 AS never;", 2, "line 2: .tabels: there is no such command;"),
    (
        ".schema artcles\nSELECT 3 AS never;",
        2,
        "line 1: .schema artcles: there is no such view",
    ),
    ("DELETE FROM articles;\nSELECT 3 AS never;", 2, "line 1: SQL: "),
    ("SELECT 1;\n.quit\nSELECT 3 AS never;", 0, ""),
    ("SELECT 1;\nEXIT;\nSELECT 3 AS never;", 0, ""),
    ("SELECT 1;\n\\q\nSELECT 3 AS never;", 0, ""),
    ("-- nothing but this", 0, ""),
    ("", 0, ""),
]


@pytest.mark.parametrize(("text", "status", "told"), PIPED)
def test_the_first_that_fails_ends_it_and_is_named(
    call: Run, settled: House, text: str, status: int, told: str
) -> None:
    ran = call("shell", "--plain", stdin=text.encode())
    assert (ran.status, "never" in ran.out) == (status, False)
    assert ran.err.startswith(f"error: {told}") if told else not ran.err


def test_views_and_columns_are_explained(call: Run, settled: House) -> None:
    ran = call("shell", "--plain", stdin=b".tables\n.schema new_events\n.help\n")
    assert ran.status == 0
    assert "seed_documents" in ran.out
    assert "first_seen_at" in ran.out
    assert "TIMESTAMP WITH TIME ZONE" in ran.out
    assert ".schema VIEW" in ran.out


ENDED = [
    ("SELECT 1;", True),
    ("SELECT 1; -- done;", True),
    ("SELECT '東京'; /* done\n*/", True),
    ("SELECT 1; SELECT 2", False),
    ("SELECT ';", False),
    ("SELECT ';'", False),
    ("SELECT 1 -- ;", False),
    ("SELECT 1; 'half", False),
    ("", False),
]


@pytest.mark.parametrize(("sql", "yes"), ENDED)
def test_a_statement_ends_with_a_semicolon_that_is_one(sql: str, yes: bool) -> None:
    assert ended(sql) is yes


@pytest.mark.parametrize(("sql", "yes"), [("-- a\n/* b */", True), ("", True), ("1", False)])
def test_comments_are_no_statement(sql: str, yes: bool) -> None:
    assert blank(sql) is yes


@dataclass(slots=True)
class Terminal:
    """A shell at a terminal of its own."""

    handle: int
    process: int
    seen: str = ""

    def type(self, text: str) -> None:
        os.write(self.handle, text.encode())

    def wait(self, text: str) -> str:
        """What is shown up to there. Raises OSError where the shell has ended or was ended."""
        while text not in self.seen:
            self.seen += os.read(self.handle, 4096).decode(errors="replace")
        shown, _, self.seen = self.seen.partition(text)
        return shown

    def sleeps(self) -> None:
        """Wait until it waits for a key: Python's `input` hears of a Ctrl-C that comes between the
        prompt and that with the next key only."""
        stat = Path(f"/proc/{self.process}/stat")
        while stat.read_text().rpartition(")")[2].split()[0] != "S":
            time.sleep(0.01)


AT_A_TERMINAL = """
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from flows.cli import main
main()
"""


@pytest.fixture
def terminal(settled: House) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", AT_A_TERMINAL, "shell", "--plain"]
    environment = {**os.environ, "TERM": "dumb", "COLUMNS": "80"}
    with child(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        yield Terminal(ours, process.pid)
        assert process.wait(timeout=60) == 0
    os.close(ours)


def test_at_a_terminal_a_mistake_and_ctrl_c_drop_the_statement_and_ctrl_d_ends(
    terminal: Terminal,
) -> None:
    terminal.wait("noroshi> ")
    terminal.type("SELECT\n")
    terminal.wait("...> ")
    terminal.sleeps()
    terminal.type("\x03")
    terminal.wait("noroshi> ")
    terminal.type("SELEC;\n")
    assert "syntax error" in terminal.wait("noroshi> ")
    terminal.type("\n")
    terminal.wait("noroshi> ")
    terminal.type("SELECT 6 * 7\n")
    terminal.wait("...> ")
    terminal.type("AS answer;\n")
    assert "42" in terminal.wait("noroshi> ")
    terminal.type(LONG)
    terminal.wait("= 7;\r\n")
    terminal.type("\x03")
    terminal.wait("noroshi> ")
    terminal.type("SELECT 7 * 7 AS answer;\n")
    assert "49" in terminal.wait("noroshi> ")
    terminal.type("\x04")


def test_a_value_that_cannot_be_shown_is_a_mistake_like_others(call: Run, settled: House) -> None:
    """`infinity` stands for it in some programs, a day of the year 9999 in others."""
    asked = "SELECT TIMESTAMPTZ '9999-12-31 23:59:59+00' AS until"
    ran = call("sql", asked)
    assert (ran.status, ran.out) == (2, "")
    assert "CAST(… AS VARCHAR)" in ran.err
    assert "10000-01-01" in call("sql", asked.replace(" AS ", "::VARCHAR AS ")).out


def test_ctrl_c_ends_a_statement_that_would_take_for_ever(settled: House) -> None:
    """And every thread that works on it."""
    command = [sys.executable, "-c", "from flows.cli import main; main()", "sql", LONG]
    with child(command, stderr=subprocess.PIPE, seconds=120) as process:
        while _processor_ticks(process.pid) < 300:  # it takes less than two hundred to begin
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130


def _processor_ticks(process: int) -> int:
    """Hundredths of a second that it has used."""
    user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return int(user) + int(system)


LONG = "SELECT count(*) FROM range(1e13::BIGINT) AS t(n) WHERE hash(n) = 7;\n"


@pytest.mark.parametrize(
    ("program", "option"), [("duckdb", "-readonly"), ("harlequin", "--read-only")]
)
def test_a_program_for_it_is_taken_where_there_is_one(
    call: Run,
    settled: House,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    program: str,
    option: str,
) -> None:
    (tmp_path / program).write_text("#!/bin/sh\n")
    (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    ran: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda program, words: ran.append(words))
    call("shell")
    assert ran == [[program, option, str(tmp_path / "data" / "noroshi.duckdb")]]
