"""A session is used again where it works, and only then."""

from __future__ import annotations

import duckdb
import pytest

from warehouse.storage import spare
from warehouse.storage.session import Connection
from warehouse.storage.spare import end_all, lent


class Made:
    """How many sessions were."""

    count = 0

    def __call__(self) -> Connection:
        self.count += 1
        return duckdb.connect()


@pytest.fixture
def made() -> Made:
    end_all()
    return Made()


def test_one_serves_after_the_other(made: Made) -> None:
    for _ in range(3):
        with lent("kind", made) as one:
            one.execute("SELECT 1")
    assert made.count == 1
    with lent("other", made):
        assert made.count == 2, "of another kind"
    with lent("kind", made), lent("kind", made):
        assert made.count == 3, "two at a time"


def test_what_failed_is_not_used_again(made: Made) -> None:
    with pytest.raises(KeyError), lent("kind", made) as failed:
        raise KeyError
    assert ended(failed)
    with lent("kind", made):
        assert made.count == 2


def test_what_is_old_is_not_used_again(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    with lent("kind", made):
        pass
    monkeypatch.setattr(spare, "KEPT_SECONDS", 0)
    with lent("kind", made):
        assert made.count == 2


def test_idle_ones_end_whatever_is_wanted_next(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    with lent("kind", made) as old, lent("another", made) as other:
        pass
    monkeypatch.setattr(spare, "KEPT_SECONDS", 0)
    with lent("third", made):
        assert ended(old), "as one is taken"
        assert ended(other)
    monkeypatch.setattr(spare, "KEPT_SECONDS", 60)
    monkeypatch.setattr(spare, "KEPT", 2)
    left = []
    for kind in range(4):
        with lent(kind, made) as connection:
            left.append(connection)
    assert [ended(connection) for connection in left] == [True, True, False, False]


def ended(connection: Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except duckdb.ConnectionException:
        return True
    return False
