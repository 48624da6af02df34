"""Make a new data folder usable before its first cycle."""

from __future__ import annotations

from datetime import UTC, datetime

from warehouse.collecting import seeds
from warehouse.database import Warehouse


def prepare(warehouse: Warehouse) -> None:
    """Create the warehouse with the shipped seed records, and publish it. Safe to repeat."""
    with warehouse.writing("prepare the warehouse") as connection:
        seeds.plant(connection, datetime.now(UTC))
    warehouse.publish()
