"""Exit statuses: 0 done, 1 it failed in the world, 2 wrongly asked. The table of README.md."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.conftest import Run, Write
from tests.flows.newsroom import SETTINGS
from tests.servers import Site, fixed

STATUS = {
    "search nothing": 0,
    "sql 'SELECT 1 WHERE FALSE'": 0,
    "alerts list": 0,
    "seed good": 0,
    "export new": 0,
    "backup new.duckdb": 0,
    "extract {site}/page": 0,
    "sources export": 0,
    "extract empty.html": 1,
    "extract {site}/gone": 1,
    "extract http://127.0.0.1:9/": 1,
    "sources add {site}/gone": 1,
    "sources check {site}/gone": 1,
    "sources import junk": 1,
    "seed bad": 1,
    "replay junk": 1,
    "restore junk": 1,
    "classify": 0,
    "search": 2,
    "search lang:xx": 2,
    "search x --lang xx": 2,
    "search '(x'": 2,
    "sql 'SELECT nothing'": 2,
    "show nothing": 2,
    "run": 1,
    "run --source nothing": 2,
    "run --config nothing": 2,
    "extract nothing.html": 2,
    "extract http://": 2,
    "extract ftp://example.org/": 2,
    "sources add ftp://example.org/": 2,
    "sources add {site}/feed --id 'Not An Id' --yes": 2,
    "sources check nothing": 2,
    "sources retry nothing": 2,
    "sources import nothing": 2,
    "backfill nothing --since 2025-11-01": 2,
    "seed nothing": 2,
    "replay nothing": 2,
    "replay junk --article nothing": 2,
    "restore nothing": 2,
    "backup junk": 2,
    "backup nothing/new.duckdb": 2,
    "export good": 2,
    "init": 2,
    "rules test nothing text": 2,
    "rules backtest nothing": 2,
    "demo --no-prefect --pages nothing": 2,
    "channels test": 2,
    "alerts show nothing": 2,
    "digest --nothing": 2,
}
PAGE = "<html><body><h1>A title</h1><p>" + "A sentence of the article stands here. " * 9
FEED = "<rss version='2.0'><channel><title>t</title><item><title>a</title><link>/a</link></item>"


@pytest.fixture
def site(tmp_path: Path, write: Write) -> Iterator[Site]:
    """A site, and a folder with settings whose one source fails, and with files of all sorts."""
    with Site() as site:
        site.routes |= {
            "/page": fixed(PAGE.encode()),
            "/feed": fixed(f"{FEED}</channel></rss>".encode()),
        }
        write(f'{SETTINGS}[[source]]\nid = "one"\nurl = "{site.url("/gone")}"\n')
        for folder, name, text in (
            ("good", "a.txt", "A document\n\nwith a text of some words."),
            ("bad", "b.txt", ""),
            (".", "empty.html", ""),
            (".", "junk", "xxxx"),
        ):
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / name).write_text(text)
        yield site


@pytest.mark.parametrize("command", STATUS)
def test_the_status_of(call: Run, site: Site, command: str) -> None:
    ran = call(*shlex.split(command.replace("{site}", site.url("").rstrip("/"))))
    assert ran.status == STATUS[command], ran.err
    assert ran.status < 2 or "error: " in ran.err
    assert ran.status == 0 or ran.err or ran.out, "it says why"
    assert "cycle" not in ran.err or command.startswith("run"), "no advice about what did not run"
