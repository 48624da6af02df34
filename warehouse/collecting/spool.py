"""The spool: what was read and could not be stored, on disk until the next cycle loads it.

Somebody may hold the live file for longer than a writer waits, while a feed forgets in an hour.
Articles wait with the answers that they were read from, and with the requests that belong into the
log. Looks at pages do not: what is due to be looked at again stays due.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from extractors.article import Article
from extractors.pages.reading import Answer, Reading
from warehouse.collecting import articles, pages, sources
from warehouse.collecting.articles import Stored
from warehouse.collecting.impression import impressions
from warehouse.collecting.sources import Fetch
from warehouse.database import Warehouse
from warehouse.errors import WarehouseUnusable
from warehouse.storage.disk import keep, os_errors


@dataclass(frozen=True, slots=True)
class Batch:
    """What a cycle could not write down."""

    readings: tuple[Reading, ...]
    run_id: str = ""
    fetches: tuple[Fetch, ...] = ()
    """Requests of that cycle that are not in the log yet."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of the batches that waited."""

    stored: Stored = field(default_factory=Stored)
    unreadable: tuple[WarehouseUnusable, ...] = ()
    """Files that are no batch: they are left where they are."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A `Reading`, without why an answer was not kept: that was told."""

    article: Article
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """What a file of the spool holds. An older noroshi wrote the list of readings alone."""

    readings: tuple[_Waiting, ...]
    run_id: str
    fetches: tuple[Fetch, ...]


_FILE = TypeAdapter(_File)
_ANY = TypeAdapter[_File | tuple[_Waiting, ...]](_File | tuple[_Waiting, ...])


def put(warehouse: Warehouse, batch: Batch) -> Path:
    """Keep a batch; the same batch twice is one file. Raises WarehouseUnusable."""
    folder = _folder(warehouse)
    waiting = tuple(_Waiting(one.article, one.answers) for one in batch.readings)
    content = _FILE.dump_json(_File(waiting, batch.run_id, batch.fetches))
    file = folder / f"{sha256(content).hexdigest()[:16]}.json"
    with os_errors(folder):
        keep(file, content)
    return file


def load(
    warehouse: Warehouse,
    now: datetime,
    schedule: Sequence[timedelta] = (),
    *,
    wait_seconds: float = 60,
) -> Loaded:
    """Store what waits, and remove it; `schedule` is that of looks again (`pages.keep`).

    A process killed in between stores it twice, which is once. Raises WarehouseError; a file that
    is none of ours is named and left, and holds up nothing.
    """
    waiting, unreadable = _waiting(warehouse)
    if not waiting:
        return Loaded(unreadable=unreadable)
    total = Stored()
    taken = impressions(one.article for batch in waiting.values() for one in batch.readings)
    with warehouse.writing("load what waited", wait_seconds=wait_seconds) as connection:
        for batch in waiting.values():
            found = [one.article for one in batch.readings]
            total += articles.store(connection, found, now, taken=taken)
            pages.keep(connection, batch.readings, schedule)
            sources.log_fetches_once(connection, batch.run_id, batch.fetches)
    for file in waiting:
        file.unlink(missing_ok=True)
    return Loaded(total, unreadable)


def _waiting(warehouse: Warehouse) -> tuple[dict[Path, Batch], tuple[WarehouseUnusable, ...]]:
    found: dict[Path, Batch] = {}
    unreadable = []
    for file in files(warehouse):
        try:
            found[file] = read(file)
        except WarehouseUnusable as error:
            unreadable.append(error)
    return found, tuple(unreadable)


def waiting(warehouse: Warehouse) -> set[str]:
    """Ids of the articles that wait."""
    batches, _ = _waiting(warehouse)
    return {one.article.id for batch in batches.values() for one in batch.readings}


def files(warehouse: Warehouse) -> list[Path]:
    """The batches that wait."""
    return sorted(_folder(warehouse).glob("*.json"))


def _folder(warehouse: Warehouse) -> Path:
    return warehouse.pipeline_folder / "spool"


def read(file: Path) -> Batch:
    """A batch that waits. Raises WarehouseUnusable."""
    try:
        held = _ANY.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        remedy = "move it away; what the feeds still hold is read again"
        raise WarehouseUnusable(file, "it is no batch of articles", remedy) from error
    held = held if isinstance(held, _File) else _File(held, "", ())
    readings = tuple(Reading(one.article, one.answers) for one in held.readings)
    return Batch(readings, held.run_id, held.fetches)
