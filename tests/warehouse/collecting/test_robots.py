"""What hosts allow is kept from one cycle to the next, and forgotten in time."""

from __future__ import annotations

from datetime import timedelta

from extractors.web.robots import Found, Robots
from tests.warehouse.samples import NOW
from warehouse.collecting import robots
from warehouse.database import Warehouse


def test_what_was_learnt_is_known_until_it_is_learnt_anew(warehouse: Warehouse) -> None:
    one = Robots("https://a.example", Found.RULES, NOW, "User-agent: *\nDisallow: /")
    other = Robots("https://b.example", Found.UNREACHABLE, NOW, "", NOW)
    with warehouse.writing("test") as connection:
        robots.keep(connection, [one, other], NOW)
        assert robots.known(connection) == {one.server: one, other.server: other}
        gone = Robots(one.server, Found.NONE, NOW + timedelta(days=30))
        robots.keep(connection, [gone], NOW + timedelta(days=41))
        assert robots.known(connection) == {gone.server: gone}
        robots.keep(connection, [], NOW + timedelta(days=41))
        assert robots.known(connection) == {gone.server: gone}
