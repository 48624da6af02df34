"""Upkeep of a lake: small files become large ones, and what nobody can ask for any more goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from warehouse.storage.disk import clone, os_errors
from warehouse.storage.inspect import Contents, Report, contents, inspect, tables, unheard
from warehouse.storage.lake import Lake
from warehouse.storage.migrate import migrate
from warehouse.storage.session import quoted, transaction
from warehouse.storage.turn import turn_for

ORPHAN_DAYS = 1
"""A file that no snapshot knows is what a killed process left, once it is that old."""


@dataclass(frozen=True, slots=True)
class LakeUpkeep:
    """See `Upkeep` for what each promises."""

    lake: Lake

    def check(self, report: Report = unheard) -> Contents:
        """Read every row of the newest snapshot."""
        with self.lake.reading() as connection, self.lake.failing(), transaction(connection):
            return contents(connection, report)

    def compact(self, report: Report = unheard) -> int:
        """Rows that the catalogue held become files, small files large ones, and what is past
        `past_days` goes; how many bytes of files that saved, less than 0 where more rows came out
        of the catalogue.

        Each step is a turn of its own, so that writers get theirs in between.
        """
        before = self.lake.size_bytes
        steps = _steps(self.lake.place.past_days)
        for done, step in enumerate(steps):
            report("", done, len(steps))
            with turn_for(self.lake.place, "compact"), self.lake.attached() as connection:
                connection.execute(step)
        return before - self.lake.size_bytes

    def copy(self, draft: Path) -> Contents:
        """Write all that the lake holds into one file, as of one moment."""
        with self.lake.writing("bring the schema up to date"):
            pass
        with os_errors(draft, "or name another place"):
            draft.unlink(missing_ok=True)
        with duckdb.connect(str(draft)) as made:
            migrate(made)
            made.execute("DELETE FROM store.schema_migration")
        with self.lake.reading() as connection, self.lake.failing():
            connection.execute(f"ATTACH '{quoted(draft)}' AS copied")
            with transaction(connection):
                for table in tables(connection):
                    rows = f"FROM noroshi.store.{table}"
                    connection.execute(f"INSERT INTO copied.store.{table} BY NAME {rows}")
            connection.execute("DETACH copied")
        return inspect(draft)

    def put(self, source: Path, draft: Path, now: datetime) -> None:
        """Replace all rows in one transaction. The former ones can be asked for as of a moment
        before, for `past_days`."""
        with os_errors(draft):
            clone(source, draft)
        with duckdb.connect(str(draft)) as older:
            migrate(older)
        with self.lake.writing("restore") as connection:
            connection.execute(f"ATTACH '{quoted(draft)}' AS kept (READ_ONLY)")
            for table in tables(connection):
                connection.execute(f"DELETE FROM store.{table}")  # noqa: S608 (our names)
                rows = f"FROM kept.store.{table}"
                connection.execute(f"INSERT INTO store.{table} BY NAME {rows}")


def _steps(past_days: int) -> list[str]:
    past = f"older_than => now() - INTERVAL {past_days} DAY"
    return [
        "CALL ducklake_flush_inlined_data('noroshi')",
        f"CALL ducklake_expire_snapshots('noroshi', {past})",
        "CALL ducklake_rewrite_data_files('noroshi')",
        "CALL ducklake_merge_adjacent_files('noroshi')",
        f"CALL ducklake_cleanup_old_files('noroshi', {past})",
        "CALL ducklake_delete_orphaned_files('noroshi', "
        f"older_than => now() - INTERVAL {ORPHAN_DAYS} DAY)",
    ]
