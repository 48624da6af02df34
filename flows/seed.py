"""Load a folder of seed documents: stored, coded and matched like the news, never told."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from alerts.telling.deciding.policy import Policy
from flows.configuration.settings import House
from flows.cycle.matching import match_waiting
from warehouse.collecting import articles, seeds
from warehouse.collecting.impression import impressions
from warehouse.collecting.seeds import SeedFile


def load_seeds(house: House, folder: Path, now: datetime) -> list[SeedFile]:
    """Read, store, match and publish; what became of each file. Raises SeedError."""
    files = list(seeds.read_folder(folder, now))
    warehouse = house.warehouse
    found = [file.article for file in files if file.article]
    seen = impressions(found)
    with warehouse.writing("load seed documents") as connection:
        seeds.plant(connection, now)
        articles.store(connection, found, now, taken=seen)
    match_waiting(warehouse, house, Policy())
    warehouse.publish()
    return files
