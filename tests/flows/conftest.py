"""A folder with settings, and nothing of the developer's own environment."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from flows.cli import main
from flows.cli.console import err, out
from flows.configuration.settings import House, load
from tests.children import ran
from tests.flows.newsroom import Newsroom, newsroom

Write = Callable[[str], Path]
TELLS_COLOURS = ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS", "COLUMNS")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str


class Run(Protocol):
    """Run `noroshi` with these arguments."""

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Ran: ...


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if (name.startswith("NOROSHI_") and name != "NOROSHI_SHARED") or name in TELLS_COLOURS:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write noroshi.toml and give its path."""

    def write(text: str) -> Path:
        file = tmp_path / "noroshi.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.fixture
def begun(write: Write) -> Path:
    """Settings as they are by default, in a file: somebody began here."""
    return write("")


@pytest.fixture
def settle(write: Write) -> Callable[[str], House]:
    """Settings from a text, as a cycle gets them."""
    return lambda text: load(write(text))


@pytest.fixture
def news(tmp_path: Path) -> Iterator[Newsroom]:
    """A news site and desks on loopback, with settings in the present folder."""
    with newsroom(tmp_path) as opened:
        yield opened


@pytest.fixture
def call(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`noroshi` within this process: quick, and the same code but for the process's own edges."""

    def call(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        out.cache_clear()
        err.cache_clear()
        capsysbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        said = capsysbinary.readouterr()
        return Ran(int(ended.value.code or 0), said.out.decode(), said.err.decode())

    return call


@pytest.fixture
def noroshi(tmp_path: Path) -> Run:
    """The installed program in a process of its own."""
    program = Path(sys.executable).with_name("noroshi")

    def run(*arguments: str, stdin: bytes = b"") -> Ran:
        said = ran([program, *arguments], stdin=stdin, cwd=tmp_path)
        return Ran(said.returncode, said.stdout.decode(), said.stderr.decode())

    return run
