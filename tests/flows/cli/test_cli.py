"""The command line as a whole: help, statuses, streams."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from flows.cli import app
from tests.children import child, ran
from tests.flows.conftest import Ran, Run
from tests.flows.newsroom import SETTINGS
from warehouse.database import Warehouse

PROGRAM = Path(sys.executable).with_name("noroshi")


def commands() -> Iterator[tuple[str, ...]]:
    """Every command by its words: `run`, `sources list`, …"""
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        for verb in getattr(command, "commands", {}):
            yield (name, verb)
        if not hasattr(command, "commands"):
            yield (name,)


COMMANDS = list(commands())
LISTS = [
    ("search", "Japan"),
    ("sql", "SELECT id, title, published_at, topics FROM articles"),
    ("alerts", "list"),
    ("sources", "list"),
    ("rules", "list"),
    ("rules", "test", "China tells its citizens to avoid travel to Japan"),
    ("channels", "list"),
]


def test_the_promised_commands_are_there() -> None:
    promised = (
        "init, check, run, serve, demo, seed, search, sql, extract, classify, sources list, "
        "sources check, rules list, rules test, alerts list, alerts show, alerts ack, alerts mute, "
        "alerts unmute, alerts resend, channels list, channels test"
    )
    assert set(promised.split(", ")) <= {" ".join(words) for words in COMMANDS}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_by_an_example(call: Run, words: tuple[str, ...]) -> None:
    ran = call(*words, "--help")
    assert ran.status == 0
    assert ran.err == ""
    assert f"Example: noroshi {' '.join(words)}" in ran.out


def test_the_version_is_told(call: Run) -> None:
    ran = call("--version")
    assert (ran.status, ran.err) == (0, "")
    assert re.fullmatch(r"noroshi \d+\.\d+\.\d+\n", ran.out)


WRONG = [
    (["frobnicate"], "frobnicate", "noroshi --help"),
    (["sources", "chekc"], "Did you mean 'check'", "noroshi sources --help"),
    (["run", "--nope"], "--nope", "noroshi run --help"),
    (["search"], "query", "noroshi search --help"),
    (["search", "x", "--format", "xml"], "'xml' is not one of 'table', 'json'", "--help"),
    (["search", "x", "--limit", "0"], "greater than or equal to 1", "--help"),
    (["search", "x", "--since", "yesterday"], "error: 'yesterday' is no day such as", "--help"),
    (["backfill", "hk-hkfp", "--since", "yesterday"], "'yesterday' is no day such as", "--help"),
    (["backfill", "hkfp", "--since", "2025-11-01"], "no source 'hkfp'", "did you mean 'hk-hkfp'"),
    (
        ["backfill", "hk-hkfp", "--since", "2999-01-01"],
        "2999-01-01 is after today",
        "--help",
    ),
    (
        ["backfill", "hk-hkfp", "--since", "2025-11-01", "--from", "https://x.org/{week}"],
        "'https://x.org/{week}' may have {year}, {month}, {day} in braces and nothing else",
        "--help",
    ),
    (["rules", "backtest", "nosuch.toml"], "no file 'nosuch.toml'", "[[rule]]"),
    (["rules", "backtest", "travel-advice"], "no rule", "did you mean 'travel-advisory'?"),
    (["rules", "test", "qqq", "text"], "there is no rule 'qqq'", "noroshi rules list"),
    (["sources", "retry", "hk-hkpf"], "no source 'hk-hkpf'", "did you mean 'hk-hkfp'?"),
    (["sources", "check", "nowhere"], "'nowhere'", "noroshi sources list"),
    (["run"], "noroshi.toml", "noroshi init"),
    (["check", "--config", "nowhere.toml"], "no such file", "noroshi init"),
    (["extract", "nowhere.html"], "No such file", "--help"),
    (["channels", "test"], "there is no channel", "[[channel]]"),
]


@pytest.mark.parametrize(("words", "what", "remedy"), WRONG, ids=str)
def test_a_wrong_command_is_one_clear_line(
    call: Run, words: list[str], what: str, remedy: str
) -> None:
    ran = call(*words)
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1, ran.err
    assert ran.err.startswith("error: ")
    assert what in ran.err
    assert remedy in ran.err
    assert "Value error" not in ran.err


BEGUN = ["search x", "sql FROM\tarticles", "alerts list", "alerts mute ab --for 3d", "doctor"]
BEGUN += ["maintain", "export new", "backup new", "show ab", "shell", "digest --preview"]


@pytest.mark.parametrize("command", BEGUN)
def test_a_folder_where_nothing_was_begun_is_told_and_left_as_it_is(
    call: Run, tmp_path: Path, command: str
) -> None:
    ran = call(*command.split(" "))
    assert (ran.status, ran.out) == (2, "")
    assert (
        ran.err == "error: there is no noroshi.toml here; `noroshi init` writes one to begin with\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_variable_that_names_the_data_folder_is_a_beginning(
    call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And who mistook its name sees that nothing was there."""
    monkeypatch.setenv("NOROSHI_DATA_FOLDER", str(tmp_path / "kept"))
    ran = call("sql", "FROM articles LIMIT 1")
    assert (ran.status, "was not there and was made" in ran.err) == (0, True)
    assert call("sql", "FROM articles LIMIT 1").err == ""


def test_a_live_file_whose_published_copy_was_deleted_is_a_beginning(
    call: Run, tmp_path: Path
) -> None:
    with Warehouse(tmp_path / "data").writing("begin"):
        pass
    assert call("sql", "FROM articles LIMIT 1").status == 0


@pytest.mark.parametrize("words", LISTS, ids=" ".join)
def test_rows_come_in_every_format_and_parse(call: Run, tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "noroshi.toml").write_text(
        SETTINGS + '[[source]]\nid = "one"\nurl = "http://127.0.0.1/"\n'
        '[[channel]]\nname = "desk"\nurl = "json://127.0.0.1"\n'
    )
    ran = {how: call(*words, "--format", how) for how in ("table", "json", "jsonl", "csv")}
    assert {how: r.status for how, r in ran.items()} == dict.fromkeys(ran, 0)
    whole = json.loads(ran["json"].out)
    assert [json.loads(line) for line in ran["jsonl"].out.splitlines()] == whole
    rows = list(csv.DictReader(io.StringIO(ran["csv"].out)))
    assert len(rows) == len(whole)
    if whole:
        assert list(rows[0]) == list(whole[0])
        first = str(next(iter(whole[0].values())))
        assert first[:10] in ran["table"].out
    else:
        assert "no alerts" in ran["table"].err


def test_only_results_are_on_stdout(call: Run, tmp_path: Path) -> None:
    (tmp_path / "noroshi.toml").write_text(SETTINGS)
    checked = call("check")
    assert "note:" in checked.err
    assert "note:" not in checked.out
    fired = call(
        "rules", "test", "China tells its citizens to avoid travel to Japan", "--format=csv"
    )
    assert fired.out.splitlines()[0].startswith("rule,")
    assert "relevance" in fired.err


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize(
    ("how", "rows"), [("table", 3), ("table", 9_000), ("csv", 3), ("jsonl", 50_000)]
)
def test_a_broken_pipe_is_silent(tmp_path: Path, how: str, rows: int) -> None:
    assert ran([PROGRAM, "sql", "SELECT 1"], cwd=tmp_path).returncode == 0
    statement = f"SELECT range AS n FROM range({rows})"  # noqa: S608
    command = [str(PROGRAM), "sql", statement, "--format", how]
    reader, writer = os.pipe()
    with child(command, stdout=writer, stderr=subprocess.PIPE, cwd=tmp_path) as program:
        os.close(writer)
        if rows > 3:
            os.read(reader, 1)
        os.close(reader)
        assert program.stderr is not None
        assert program.stderr.read() == b""
        assert program.wait() == 0


@pytest.mark.parametrize("words", [("--help",), ("sql", "SELECT 1 AS one"), ("frobnicate",)])
@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.usefixtures("begun")
def test_no_color_is_honoured(tmp_path: Path, words: tuple[str, ...], plain: bool) -> None:
    said = on_a_terminal([str(PROGRAM), *words], tmp_path, {"NO_COLOR": "1"} if plain else {})
    assert ("\x1b" in said) is not plain


def on_a_terminal(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """What a command writes to a terminal, stdout and stderr together."""
    ours, theirs = pty.openpty()
    variables = {**os.environ, "TERM": "xterm-256color", **environment}
    with child(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=variables
    ) as program:
        os.close(theirs)
        said = b""
        while piece := _read(ours):
            said += piece
        program.wait()
    os.close(ours)
    return said.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux's way to say that the other side is closed
        return b""


def test_pipes_get_utf_8_whatever_the_locale(noroshi: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    ran = noroshi("rules", "test", "中国外交部提醒中国公民近期避免前往日本")
    assert ran.status == 0
    assert "提醒" in ran.out


def test_a_bug_shows_its_trace(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not ours is no clear line: it must not be taken for one."""

    def broken(*_: object) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr("flows.configuration.settings.load", broken)
    with pytest.raises(LookupError):
        call("check")


def test_one_shot_commands_do_not_load_prefect(tmp_path: Path) -> None:
    script = (
        "import sys; from flows.cli import _status; _status(['check']); _status(['rules', 'list']);"
        "print([name for name in sys.modules if name.split('.')[0] == 'prefect'])"
    )
    said = ran([sys.executable, "-c", script], cwd=tmp_path, text=True)
    assert said.stdout.splitlines()[-1] == "[]", said.stderr


def test_no_bar_where_stderr_is_no_terminal(
    noroshi: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    ran: Ran = noroshi("sources", "check", "one", "--config", str(_one_dead_source(tmp_path)))
    assert ran.status == 1
    assert "━" not in ran.err
    assert "\r" not in ran.err


def _one_dead_source(folder: Path) -> Path:
    file = folder / "dead.toml"
    file.write_text(SETTINGS + '[[source]]\nid = "one"\nurl = "http://127.0.0.1:1/"\n')
    return file
