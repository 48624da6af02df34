"""Nightly upkeep of the warehouse."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from flows.settings import House
from warehouse.database import Warehouse
from warehouse.upkeep import clear

log = logging.getLogger(__name__)


async def maintain(house: House) -> str:
    """Clear out old log rows and publish; what was done, as a sentence. Raises WarehouseError."""
    done = await asyncio.to_thread(_maintain, Warehouse(house.data_folder))
    log.info(done)
    return done


def _maintain(warehouse: Warehouse) -> str:
    with warehouse.writing("maintain") as connection:
        gone = clear(connection, datetime.now(UTC))
    warehouse.publish()
    return f"cleared {gone['fetches']} old requests and {gone['runs']} old runs; published"
