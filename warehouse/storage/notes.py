"""Notes: short texts that outlive the process as soon as they are kept, beside the tables.

To write a row takes tens of milliseconds in a file and a second in a lake. A note takes a few: it
is a small file beside a warehouse in one file, and a row of PostgreSQL's own beside a lake, where
every machine sees it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from warehouse.storage.disk import keep, os_errors
from warehouse.storage.ducklake import lake_errors
from warehouse.storage.place import Place
from warehouse.storage.session import quoted
from warehouse.storage.turn import answers, ask, gate, tell


class Notes(Protocol):
    """By their names. All of it raises WarehouseError."""

    def keep(self, name: str, text: str) -> None:
        """Keep a note: once this returns, no kill and no power cut undoes it."""

    def found(self) -> Mapping[str, str]:
        """All that are kept, whoever kept them."""

    def drop(self, names: Collection[str]) -> None:
        """Take notes away; one that is not there is none."""


@dataclass(frozen=True, slots=True)
class FolderNotes:
    """In a folder of this machine, a file each."""

    folder: Path

    def keep(self, name: str, text: str) -> None:
        """See `Notes`."""
        with os_errors(self.folder):
            keep(self._file(name), text.encode())

    def found(self) -> Mapping[str, str]:
        """See `Notes`."""
        notes = {}
        for file in sorted(self.folder.glob(f"*{_ENDING}")):
            with os_errors(file):
                notes[file.stem] = file.read_text()
        return notes

    def drop(self, names: Collection[str]) -> None:
        """See `Notes`."""
        for name in names:
            with os_errors(self.folder):
                self._file(name).unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}{_ENDING}"


_ENDING = ".json"


@dataclass(frozen=True, slots=True)
class LakeNotes:
    """In the database of a lake's catalogue, in a table of which DuckLake knows nothing."""

    place: Place

    def keep(self, name: str, text: str) -> None:
        """See `Notes`. The table is there once somebody has looked for notes."""
        with gate(self.place) as connection, lake_errors(self.place):
            values = f"'{quoted(name)}', '{quoted(text)}'"
            tell(connection, f"INSERT INTO {_TABLE} VALUES ({values})")  # noqa: S608 (quoted)

    def found(self) -> Mapping[str, str]:
        """See `Notes`. To be called by who has the turn: the first makes the table."""
        with gate(self.place) as connection, lake_errors(self.place):
            if ask(connection, f"SELECT to_regclass('{_TABLE}')::text"):
                return dict(answers(connection, f"SELECT name, text FROM {_TABLE}"))  # noqa: S608
            tell(connection, f"CREATE TABLE {_TABLE} (name text, text text)")
        return {}

    def drop(self, names: Collection[str]) -> None:
        """See `Notes`."""
        if names:
            listed = ", ".join(f"'{quoted(name)}'" for name in names)
            with gate(self.place) as connection, lake_errors(self.place):
                tell(connection, f"DELETE FROM {_TABLE} WHERE name IN ({listed})")  # noqa: S608


_TABLE = "noroshi_note"
