"""What is past its time goes: articles that report no event, and the records of their pages.

A batch is one short transaction, so that a cycle need not wait. Records are cut out of a copy of
their file before: killed in between, the former file stays as it was, or goes the next night.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from extractors.errors import ArchiveError
from extractors.web.warc import cut
from flows.configuration.settings import House
from warehouse.collecting import pages, removal

log = logging.getLogger(__name__)

RESTING_SECONDS = 3600
"""A file that was written to since may be the one of a cycle at work: its records go with it."""


def remove_past(house: House, now: datetime) -> int:
    """Take away what is past its time; how many articles. Raises WarehouseError."""
    gone = 0
    while ids := _past(house, now):
        _remove(house, ids, now)
        gone += len(ids)
    return gone


def _past(house: House, now: datetime) -> list[str]:
    retention = house.settings.keep.retention
    if not retention.news and not retention.official:
        return []
    with house.warehouse.seeing("see what is past its time") as connection:
        return removal.past(connection, retention, now)


def _remove(house: House, ids: Collection[str], now: datetime) -> None:
    with house.warehouse.seeing("see where records are") as connection:
        places = pages.places(connection, ids)
    cuts = {name: _cut(house.warc_folder / name, offsets) for name, offsets in places.items()}
    made = {name: successor for name, successor in cuts.items() if successor}
    with house.warehouse.writing("take away what is past its time") as connection:
        removal.remove(connection, ids, now)
        for name, (successor, moved) in made.items():
            pages.move(connection, name, successor, moved)
    for name in made:
        (house.warc_folder / name).unlink(missing_ok=True)


def _cut(file: Path, offsets: Collection[int]) -> tuple[str, Mapping[int, int]] | None:
    """A successor of `file` without some records, and where the others are in it; None where the
    file is gone, damaged or perhaps being written."""
    if not file.exists() or time.time() - file.stat().st_mtime < RESTING_SECONDS:
        return None
    successor = file.with_name(f"{file.name.removesuffix('.warc.gz')}~.warc.gz")
    try:
        return successor.name, cut(file, offsets, successor)
    except ArchiveError as error:
        log.warning("%s", error)
        return None
