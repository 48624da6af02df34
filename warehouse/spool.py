"""The spool: what was read and could not be stored, on disk until the next cycle loads it.

Somebody may hold the live file for longer than a writer waits, while a feed forgets in an hour.
Articles wait with the answers that they were read from. Looks at pages do not: what is due to be
looked at again stays due.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from extractors.article import Article
from extractors.pages.reading import Answer, Reading
from warehouse import articles, pages
from warehouse.articles import Stored
from warehouse.database import Warehouse, os_errors, sync
from warehouse.errors import WarehouseUnusable


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A `Reading`, without why an answer was not kept: that was told."""

    article: Article
    answers: tuple[Answer, ...]


_BATCH = TypeAdapter(list[_Waiting])


def put(warehouse: Warehouse, readings: Sequence[Reading]) -> Path:
    """Keep a batch; the same batch twice is one file. Raises WarehouseUnusable."""
    folder = _folder(warehouse)
    content = _BATCH.dump_json([_Waiting(one.article, one.answers) for one in readings])
    file = folder / f"{sha256(content).hexdigest()[:16]}.json"
    with os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".part")
        with draft.open("wb") as writer:
            writer.write(content)
            writer.flush()
            os.fsync(writer.fileno())
        draft.replace(file)
        sync(folder)
    return file


def load(warehouse: Warehouse, now: datetime, schedule: Sequence[timedelta] = ()) -> Stored:
    """Store what waits, and remove it; `schedule` is that of looks again (`pages.keep`).

    A process killed in between stores it twice, which is once. Raises WarehouseError; a file that
    is none of ours is named and left.
    """
    waiting = [(file, read(file)) for file in files(warehouse)]
    if not waiting:
        return Stored()
    total = Stored()
    with warehouse.writing("load what waited") as connection:
        for _, batch in waiting:
            total += articles.store(connection, [one.article for one in batch], now)
            pages.keep(connection, batch, schedule)
    for file, _ in waiting:
        file.unlink(missing_ok=True)
    return total


def files(warehouse: Warehouse) -> list[Path]:
    """The batches that wait."""
    return sorted(_folder(warehouse).glob("*.json"))


def _folder(warehouse: Warehouse) -> Path:
    return warehouse.pipeline_folder / "spool"


def read(file: Path) -> list[Reading]:
    """A batch that waits. Raises WarehouseUnusable."""
    try:
        batch = _BATCH.validate_json(file.read_bytes())
        return [Reading(one.article, one.answers) for one in batch]
    except (OSError, ValidationError) as error:
        remedy = "move it away; what the feeds still hold is read again"
        raise WarehouseUnusable(file, "it is no batch of articles", remedy) from error
