"""The demo and `serve`, as a person runs them: real processes, and none left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import duckdb
import pytest

from flows.demo.stage import free_port, sample_site, serving
from tests.children import child, ran

NOROSHI = [sys.executable, "-c", "from flows.cli import main; main()"]
IN_THE_BACKGROUND = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
"""As the jobs of a shell without a terminal are started: INT is ignored."""
SHARED = Path(os.environ.get("NOROSHI_SHARED", Path(__file__).parents[3] / "shared"))
SITE = tomllib.loads(files("flows").joinpath("demo", "site", "site.toml").read_text("utf-8"))


def noroshi(*arguments: str, cwd: Path, seconds: float = 240) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[2]
    return ran(
        [*NOROSHI, *arguments],
        seconds=seconds,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(root), "NOROSHI_TEST_RUN": str(cwd)},
        text=True,
    )


def started_by(cwd: Path) -> list[str]:
    """Command lines of the processes that a program run in `cwd` has left."""
    mark = f"NOROSHI_TEST_RUN={cwd}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:  # it ended meanwhile, or is not ours
            continue
    return found


def rows(database: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that somebody else uses as well, in which the demo was shown without Prefect."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "shown").mkdir()
    (folder / "shown" / "thesis.txt").write_text("mine")
    done = noroshi("demo", "--no-prefect", "--folder", "shown", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "shown"


def test_the_demo_tells_each_story_once_and_nothing_else(shown: Path) -> None:
    database = shown / "noroshi.duckdb"
    told = rows(
        database,
        "SELECT events.category, events.direction, actor, target FROM alerts JOIN events "
        "ON events.id = alerts.event_id",
    )
    stories = [(story["category"], story["direction"]) for story in SITE["story"]]
    raised = [("travel_advisory", "escalation") for _ in SITE["official"]]
    expected = sorted(stories + raised)
    assert len(told) == len(expected), told
    got = rows(database, "SELECT category, direction FROM alerts ORDER BY ALL")
    assert got == expected
    assert rows(
        database, "SELECT channel, count(*) FROM deliveries GROUP BY channel ORDER BY 1"
    ) == [
        ("chat", len(expected)),
        ("inbox", len(expected)),
    ]


def test_the_demo_removes_nothing_that_is_not_its_own(shown: Path) -> None:
    assert (shown / "thesis.txt").read_text() == "mine"


@pytest.mark.demo
def test_the_demo_again_with_prefect(shown: Path) -> None:
    done = noroshi("demo", "--folder", "shown", cwd=shown.parent)
    assert done.returncode == 0, done.stderr
    assert started_by(shown.parent) == []
    database = shown / "noroshi.duckdb"
    pages, official = len(SITE["page"]), len(SITE["official"])
    # What stood at first, and what was raised before the second cycle.
    kinds = "SELECT kind, count(*) FROM articles WHERE origin = 'news' GROUP BY kind ORDER BY kind"
    assert rows(database, kinds) == [("official", 3 * official), ("report", pages)]
    assert rows(database, "SELECT count(*) FROM articles WHERE origin = 'seed'") == [(5,)]
    assert rows(database, "SELECT outcome, articles FROM runs ORDER BY started_at") == [
        ("completed", pages + 2 * official),
        ("completed", official),
    ]
    assert rows(database, "SELECT DISTINCT state FROM deliveries") == [("sent",)]
    for heading in ("First cycle", "What arrived in the inbox", "Second cycle", "The warehouse"):
        assert heading in done.stdout
    assert "\x1b" not in done.stdout, "no colours where nobody looks"


def test_a_folder_that_holds_no_saved_pages_is_refused(tmp_path: Path) -> None:
    done = noroshi("demo", "--no-prefect", "--pages", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 1
    assert re.search(r"error: .*manifest\.jsonl", done.stderr)


@pytest.mark.shared
@pytest.mark.parametrize("share", [10, pytest.param(1, marks=pytest.mark.slow)])
def test_a_cycle_over_real_publishers_pages(tmp_path: Path, share: int) -> None:
    """Over one page in so many."""
    real = SHARED / "corpora" / "dev"
    if not real.is_dir():
        pytest.skip("NOROSHI_SHARED has no corpora/dev")
    pages = _some(real, share, tmp_path / "pages")
    done = noroshi(
        "demo",
        "--no-prefect",
        "--folder",
        "shown",
        "--pages",
        str(pages),
        cwd=tmp_path,
        seconds=290,
    )
    assert done.returncode == 0, done.stderr
    database = tmp_path / "shown" / "noroshi.duckdb"
    ((all_pages, read),) = rows(
        database,
        "SELECT count(*), count(*) FILTER (title != '' AND text != '' AND text_from = 'page') "
        "FROM articles WHERE origin = 'news'",
    )
    manifest = (pages / "manifest.jsonl").read_text(encoding="utf-8")
    assert all_pages == sum(1 for line in manifest.split("\n") if line.strip())
    assert isinstance(read, int)
    assert isinstance(all_pages, int)
    assert read >= 0.95 * all_pages
    assert "fetched" not in done.stderr, "the second cycle fetches no page again"


def _some(real: Path, share: int, folder: Path) -> Path:
    """A folder of every so many of the saved pages."""
    folder.mkdir()
    (folder / "pages").symlink_to(real / "pages")
    lines = (real / "manifest.jsonl").read_text(encoding="utf-8").strip().split("\n")
    (folder / "manifest.jsonl").write_text("\n".join(lines[::share]) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Path]:
    """Settings for a site on loopback."""
    with serving(sample_site()) as site:
        (tmp_path / "noroshi.toml").write_text(
            "[fetch]\npace_seconds = 0\nper_host = 8\n"
            "[sources]\nshipped = false\n"
            f'[[source]]\nid = "harbour"\nurl = "{site.address}/harbour/rss.xml"\n'
        )
        yield tmp_path


@pytest.mark.demo
@pytest.mark.parametrize(
    ("how", "starter"),
    [
        pytest.param(signal.SIGINT, [], marks=pytest.mark.slow),
        (signal.SIGTERM, IN_THE_BACKGROUND),
    ],
)
def test_serve_runs_a_cycle_and_ends_cleanly(
    served: Path, how: signal.Signals, starter: list[str]
) -> None:
    root = Path(__file__).parents[2]
    with (
        (served / "output").open("w") as output,
        child(
            [*starter, *NOROSHI, "serve", "--port", str(free_port())],
            cwd=served,
            env={**os.environ, "PYTHONPATH": str(root), "NOROSHI_TEST_RUN": str(served)},
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
        ) as process,
    ):
        database = served / "data" / "noroshi.duckdb"
        deadline = time.monotonic() + 150
        while not database.exists() and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.5)
        process.send_signal(how)
        status = process.wait(120)
        left = started_by(served)
        while left and time.monotonic() < deadline + 120:
            time.sleep(0.1)
            left = started_by(served)
    told = (served / "output").read_text()
    assert status in {0, 130}, told
    assert rows(database, "SELECT kind FROM runs") == [("watch",)], told
    assert "Traceback" not in told
    assert left == []
