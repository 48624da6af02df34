"""The spool: articles that could not be stored, on disk until the next cycle loads them.

Somebody may hold the live file for longer than a writer waits, while a feed forgets in an hour.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from extractors.article import Article
from warehouse import articles
from warehouse.articles import Stored
from warehouse.database import Warehouse, os_errors, sync
from warehouse.errors import WarehouseUnusable

_BATCH = TypeAdapter(list[Article])


def put(warehouse: Warehouse, batch: Sequence[Article]) -> Path:
    """Keep a batch; the same batch twice is one file. Raises WarehouseUnusable."""
    folder = _folder(warehouse)
    content = _BATCH.dump_json(list(batch))
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


def load(warehouse: Warehouse, now: datetime) -> Stored:
    """Store what waits, and remove it. A process killed in between stores it twice, which is once.

    Raises WarehouseError; a file that is none of ours is named and left.
    """
    waiting = [(file, read(file)) for file in files(warehouse)]
    if not waiting:
        return Stored()
    total = Stored()
    with warehouse.writing("load what waited") as connection:
        for _, batch in waiting:
            total += articles.store(connection, batch, now)
    for file, _ in waiting:
        file.unlink(missing_ok=True)
    return total


def files(warehouse: Warehouse) -> list[Path]:
    """The batches that wait."""
    return sorted(_folder(warehouse).glob("*.json"))


def _folder(warehouse: Warehouse) -> Path:
    return warehouse.pipeline_folder / "spool"


def read(file: Path) -> list[Article]:
    """A batch that waits. Raises WarehouseUnusable."""
    try:
        return _BATCH.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        remedy = "move it away; what the feeds still hold is read again"
        raise WarehouseUnusable(file, "it is no batch of articles", remedy) from error
