"""`--as-of`: the past of a lake, and a clear word where there is none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.flows.conftest import Run, Write
from tests.postgres import PASSWORD, Postgres

COUNT = "SELECT count(*) AS n FROM runs"


def test_a_file_has_no_past_and_a_moment_is_a_moment(call: Run, write: Write) -> None:
    write("[sources]\nshipped = false\n")
    ran = call("sql", "--as-of", "2025-11-14 09:30", COUNT)
    assert (ran.status, "keeps no past" in ran.err) == (2, True)
    assert call("sql", "--as-of", "yesterday", COUNT).status == 2


@pytest.mark.lake
def test_a_lake_shows_what_stood_then(
    call: Run, write: Write, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = postgres.lake(tmp_path / "shared")
    assert lake.place is not None
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    write(f'warehouse = "{lake.place}"\ntimezone = "UTC"\n[lake]\ndata = "{lake.place.data}"\n')
    then = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
    with lake.writing("test") as connection:
        connection.execute("INSERT INTO store.run (id) VALUES ('later')")
    for options, expected in (((), '[{"n": 1}]'), (("--as-of", then), '[{"n": 0}]')):
        ran = call("sql", *options, "--format", "json", COUNT)
        assert (ran.status, "".join(ran.out.split())) == (0, expected.replace(" ", "")), ran.err
    assert call("search", "--as-of", then, "Japan").status == 0
