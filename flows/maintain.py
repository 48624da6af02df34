"""Nightly upkeep: what is past its time goes, in the warehouse and among the kept answers."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.settings import House
from warehouse import appearances, pages
from warehouse.database import Warehouse
from warehouse.upkeep import clear

log = logging.getLogger(__name__)


async def maintain(house: House) -> str:
    """Clear out what is past its time, and publish; what was done, as a sentence. Raises
    WarehouseError."""
    done = await asyncio.to_thread(_maintain, house, datetime.now(UTC))
    log.info(done)
    return done


def _maintain(house: House, now: datetime) -> str:
    warehouse = Warehouse(house.data_folder)
    old = _past(house.warc_folder, now - timedelta(days=house.settings.pages.keep_days))
    with warehouse.writing("maintain") as connection:
        gone = clear(connection, now)
        pages.forget_files(connection, [file.name for file in old])
    while _catch_up(warehouse):
        log.info("linked the texts of articles that an older noroshi stored")
    warehouse.publish()
    for file in old:
        file.unlink(missing_ok=True)
    return (
        f"cleared {gone['fetches']} old requests, {gone['runs']} old runs and "
        f"{len(old)} WARC files; published"
    )


def _catch_up(warehouse: Warehouse) -> int:
    with warehouse.writing("link texts", for_readers=False) as connection:
        return appearances.catch_up(connection)


def _past(folder: Path, before: datetime) -> list[Path]:
    """The WARC files that were last written to before then."""
    files = sorted(folder.glob("*.warc.gz"))
    return [file for file in files if file.stat().st_mtime < before.timestamp()]
