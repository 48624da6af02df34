"""Nightly upkeep: what is past its time goes, in the warehouse and among the kept answers."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.configuration.settings import House
from flows.expiry import remove_past
from warehouse.collecting import appearances, folding, pages
from warehouse.database import Warehouse
from warehouse.looking import concordance
from warehouse.storage import upkeep
from warehouse.storage.inspect import Contents

log = logging.getLogger(__name__)


async def maintain(house: House) -> str:
    """Clear out what is past its time, and publish; what was done, as a sentence. Raises
    WarehouseError."""
    done = await asyncio.to_thread(_maintain, house, datetime.now(UTC))
    log.info(done)
    return done


def _maintain(house: House, now: datetime) -> str:
    warehouse = house.warehouse
    kept = house.settings.keep
    old = _past(house.warc_folder, now - timedelta(days=house.settings.pages.keep_days))
    upkeep.sweep(warehouse)
    with warehouse.writing("maintain") as connection:
        gone = upkeep.clear(connection, now, kept.retention)
        pages.forget_files(connection, [file.name for file in old])
    removed = remove_past(house, now)
    while _refold(warehouse):
        log.info("folded texts anew that an older noroshi folded")
    while _catch_up(warehouse):
        log.info("linked the texts of articles that an older noroshi stored")
    saved = warehouse.upkeep.compact()
    whole = warehouse.upkeep.check() if kept.check else None
    warehouse.publish()
    for file in old:
        file.unlink(missing_ok=True)
    with warehouse.reading() as connection:
        added = concordance.renew(connection, warehouse.concordance)
    return (
        f"cleared {gone.requests} old requests, {gone.runs} old runs, {removed} old articles, "
        f"{gone.versions} former versions, {gone.orphans} rows of nothing and {len(old)} WARC "
        f"files; {_checked(whole)}; {_compacted(saved)}; published; "
        f"{added:,} texts more can be looked up"
    )


def _checked(whole: Contents | None) -> str:
    if whole is None:
        return "not checked"
    return f"read {sum(whole.rows.values()):,} rows and found them whole"


def _compacted(saved: int | None) -> str:
    if saved is None:
        return "not made small: cycles wrote into it each time"
    return f"{max(0, saved) >> 20} MiB saved"


def _refold(warehouse: Warehouse) -> int:
    with warehouse.writing("fold texts anew", for_readers=False) as connection:
        return folding.renew(connection)


def _catch_up(warehouse: Warehouse) -> int:
    with warehouse.writing("link texts", for_readers=False) as connection:
        return appearances.catch_up(connection)


def _past(folder: Path, before: datetime) -> list[Path]:
    """The WARC files that were last written to before then."""
    files = sorted(folder.glob("*.warc.gz"))
    return [file for file in files if file.stat().st_mtime < before.timestamp()]
