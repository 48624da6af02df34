"""The first commands of a newcomer: init writes what is valid, check says what is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.flows.conftest import Run, Write

TOKEN = "hunter2token"
CHANNEL = '[[channel]]\nname = "desk"\nurl = "env:DESK"\n'
RULE = '[[rule]]\nname = "Mine"\nkeywords = ["JENESYS"]\n'


class TestInit:
    def test_what_it_writes_is_valid(self, call: Run, tmp_path: Path) -> None:
        ran = call("init", "new/folder")
        assert (ran.status, ran.out) == (0, "")
        assert ".env.example" in ran.err
        checked = call("check", "--config", "new/folder/noroshi.toml")
        assert checked.status == 0
        assert "error" not in checked.err
        assert str(tmp_path / "new" / "folder" / "data") in checked.out

    def test_nothing_is_overwritten_unless_asked(self, call: Run, tmp_path: Path) -> None:
        (tmp_path / "noroshi.toml").write_text("# mine")
        ran = call("init")
        assert ran.status == 2
        assert "--force" in ran.err
        assert (tmp_path / "noroshi.toml").read_text() == "# mine"
        assert call("init", "--force").status == 0
        assert "data_folder" in (tmp_path / "noroshi.toml").read_text()

    def test_a_folder_that_cannot_be_made_is_one_clear_line(
        self, call: Run, tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        ran = call("init", "file/folder")
        assert ran.status == 1
        assert ran.err.count("\n") == 1
        assert "cannot be written" in ran.err


SOURCE = '[[source]]\nid = "one"\nurl = "http://x.org"\n'

STORE = 'warehouse = "ducklake:postgres:dbname=n"\n[lake]\ndata = "s3://bucket/lake"'
PROBLEMS = [
    (CHANNEL, "", 2, 3, "wants DESK, which is not set"),
    (CHANNEL, f"DESK=nowhere://h/{TOKEN}", 2, 3, "its nowhere:// address cannot be used"),
    (CHANNEL, f"DESK={TOKEN}", 2, 3, "no scheme"),
    (f'[[channel]]\nname = "desk"\nurl = "nowhere://h/{TOKEN}"', "", 2, 3, "cannot be used"),
    (RULE + 'channels = ["dsk"]\n' + CHANNEL, "DESK=json://h", 2, 4, "no channel 'dsk'"),
    (RULE + 'channels = "dsk"\n', "", 2, 4, "no channel 'dsk'"),
    (CHANNEL + "enabled = false\n" + RULE + 'channels = ["desk"]', "", 2, 8, "that is on"),
    (RULE + 'query = "q -q"\n', "", 2, 4, "contradicts itself"),
    (RULE + 'labels = "ja"\n', "", 2, 4, "there is no key 'labels'"),
    (RULE + 'sources = ["hk-hkpf"]\n', "", 2, 4, "no source 'hk-hkpf'"),
    (CHANNEL + CHANNEL, "DESK=json://h", 2, 5, "two channels are called 'desk'"),
    (f'[[channel]]\nname = "https://h/{TOKEN}"\nurl = "env:X"', "", 2, 2, "lower-case"),
    ('[[channel]]\nname = "desk"\nurl = "tkn1"', "", 2, 3, "at least 5 characters"),
    (f'channel = "json://h/{TOKEN}"', "", 2, 1, "channel"),
    (SOURCE + 'language = "klingon"', "", 2, 4, "no article has the language 'klingon'"),
    (
        CHANNEL + '[[route]]\nchannels = ["desk"]\nlanguages = ["zz"]',
        "DESK=json://h",
        2,
        6,
        "no article has the language 'zz'",
    ),
    (CHANNEL + 'contact = "x"', "DESK=json://h", 2, 4, "above the first [table]"),
    (CHANNEL + 'labels = "fr"', "DESK=json://h", 2, 4, "'zh-Hans' or 'ja'"),
    (CHANNEL + 'per_hour = "often"', "DESK=json://h", 2, 4, "a valid integer; correct"),
    ('timezone = "Mars/Olympus"', "", 2, 1, "IANA"),
    (STORE, "AWS_ACCESS_KEY_ID=tkn1", 2, 3, "wants AWS_SECRET_ACCESS_KEY, and that is not set"),
    (STORE, "AWS_SECRET_ACCESS_KEY=tkn1", 2, 3, "wants AWS_ACCESS_KEY_ID, and that is not set"),
]


@pytest.mark.parametrize(("text", "dotenv", "status", "line", "what"), PROBLEMS)
def test_check_says_file_line_and_remedy_and_no_secret(
    call: Run, tmp_path: Path, text: str, dotenv: str, status: int, line: int, what: str
) -> None:
    file = tmp_path / "noroshi.toml"
    file.write_text(text)
    (tmp_path / ".env").write_text(dotenv)
    ran = call("check")
    (told,) = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert ran.status == status
    assert f"{file}, line {line}: " in told or f"{file}:{line}, column " in told
    assert what in told
    assert ";" in told
    assert TOKEN not in ran.out + ran.err
    assert "tkn1" not in ran.err


VARIABLES = [
    ("NOROSHI_CHANNEL", f"json://h/{TOKEN}", "NOROSHI_MY_DESK"),
    ("NOROSHI_CHANNEL", f'"json://h/{TOKEN}"', "NOROSHI_CHANNEL"),
    ("NOROSHI_FETCH", TOKEN, "NOROSHI_FETCH__<KEY>"),
    ("NOROSHI_TIMEZONE", "Mars", "NOROSHI_TIMEZONE (environment or .env)"),
    ("NOROSHI_SCHEDULE__WATCH_MINUTES", "often", "NOROSHI_SCHEDULE__WATCH_MINUTES"),
]


@pytest.mark.parametrize(("name", "value", "told"), VARIABLES)
@pytest.mark.parametrize("where", ["environment", ".env"])
def test_a_wrong_variable_is_named_and_its_secret_is_not_told(
    call: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    told: str,
    where: str,
) -> None:
    if where == "environment":
        monkeypatch.setenv(name, value)
    else:
        (tmp_path / ".env").write_text(f"{name}='{value}'\n")
    ran = call("check")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert told in ran.err
    assert TOKEN not in ran.err


def test_a_dotenv_that_is_no_text_is_named(call: Run, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfeD\x00E\x00S\x00K\x00")
    ran = call("check")
    assert ran.status == 2
    assert re.fullmatch(r"error: .*/\.env: it cannot be read; .*UTF-8.*\n", ran.err)


def test_check_says_what_is_unwise(call: Run, tmp_path: Path) -> None:
    (tmp_path / "noroshi.toml").write_text(
        f'[[channel]]\nname = "desk"\nurl = "mailto://me:{TOKEN}@example.org"\n'
    )
    ran = call("check")
    assert ran.status == 0
    assert "contact" in ran.err
    assert "may hold a password" in ran.err
    assert TOKEN not in ran.err + ran.out


def test_check_fills_in_the_templates_of_ones_own(call: Run, write: Write, tmp_path: Path) -> None:
    write('contact = "mailto:a@example.org"\ntemplates = "mine"\n')
    assert "there is no such folder" in call("check").err
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notice.txt.j2").write_text("{{ card.headline }}")
    assert call("check").status == 0
    (tmp_path / "mine" / "notice.txt.j2").write_text("\n{{ card.headlines }}")
    ran = call("check")
    assert ran.status == 2 and "notice.txt.j2, line 2" in ran.err


def test_check_names_a_variable_that_nothing_reads(
    call: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write('contact = "x"\n' + CHANNEL.replace("env:DESK", "env:NOROSHI_DESK"))
    monkeypatch.setenv("NOROSHI_DESK", f"json://h/{TOKEN}")
    monkeypatch.setenv("NOROSHI_TIMEZONE", "Asia/Tokyo")
    monkeypatch.setenv("NOROSHI_TIMEZON", TOKEN)
    monkeypatch.setenv("NOROSHI_FETCH__PACE_SECONDS", "2")
    monkeypatch.setenv("NOROSHI_FTCH__PACE_SECONDS", "2")
    ran = call("check")
    assert ran.status == 0
    variables = [line for line in ran.err.splitlines() if "is no setting" in line]
    assert [(line.split()[1], line.split()[-1]) for line in variables] == [
        ("NOROSHI_FTCH__PACE_SECONDS", "NOROSHI_FETCH__PACE_SECONDS?"),
        ("NOROSHI_TIMEZON", "NOROSHI_TIMEZONE?"),
    ]
    assert "neither a mail address" in ran.err
    assert TOKEN not in ran.out + ran.err
