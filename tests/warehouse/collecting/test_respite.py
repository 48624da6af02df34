"""Hosts that asked for patience are known to the next cycle."""

from __future__ import annotations

from datetime import timedelta

from tests.warehouse.samples import NOW
from warehouse.collecting import respite
from warehouse.database import Warehouse


def test_who_is_to_be_left_alone_is_known_until_then(warehouse: Warehouse) -> None:
    until = {"a.example": NOW + timedelta(hours=1), "b.example:81": NOW + timedelta(hours=2)}
    with warehouse.writing("test") as connection:
        respite.keep(connection, until, NOW)
        assert respite.known(connection) == until
        respite.keep(connection, respite.known(connection), NOW + timedelta(hours=1))
        assert set(respite.known(connection)) == {"b.example:81"}
        respite.forget(connection, ["a.example", "b.example:81"])
        assert respite.known(connection) == {}
