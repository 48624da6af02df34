"""The outbox: what is claimed is ours until the lease ends, and what dies comes back."""

from __future__ import annotations

import json
from datetime import timedelta

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import DeliveryError
from alerts.reading.rules.rule import Development
from alerts.telling.deciding.outbox import LEASE, after_failure, after_success, deliveries_for
from alerts.telling.notice import Appearance, FiredRule, NewFact, Notice, NoticeKind
from tests.warehouse.samples import NOW, a_notice
from warehouse.database import Warehouse
from warehouse.telling import claiming, outbox
from warehouse.telling.letters import notice_from_json, notice_to_json
from warehouse.telling.outbox import Announcement


def post(connection: duckdb.DuckDBPyConnection, *channels: str) -> None:
    notice = a_notice()
    deliveries = deliveries_for(notice.alert_id, channels, NOW)
    outbox.post(connection, [Announcement(notice, "article", deliveries)], NOW)


def states(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(connection.execute("SELECT channel, state FROM deliveries").fetchall())


def test_a_claimed_delivery_is_not_claimed_twice(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        post(connection, "mail", "chat")
        first = claiming.claim(connection, NOW)
        assert {item.delivery.channel for item in first} == {"mail", "chat"}
        assert first[0].content == a_notice()
        assert claiming.claim(connection, NOW) == ()


def test_one_channels_success_does_not_hide_anothers_failure(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        post(connection, "mail", "chat")
        by_channel = {i.delivery.channel: i.delivery for i in claiming.claim(connection, NOW)}
        error = DeliveryError("chat", "it answered 500", "wait")
        outbox.settle(connection, after_success(by_channel["mail"], NOW), NOW)
        outbox.settle(connection, after_failure(by_channel["chat"], error, NOW, jitter=0), NOW)
        assert states(connection) == {"mail": "sent", "chat": "failed"}
        again = claiming.claim(connection, NOW + timedelta(minutes=15))
        assert [(i.delivery.channel, i.delivery.attempts) for i in again] == [("chat", 1)]


def test_a_lease_that_ran_out_is_taken_again(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        post(connection, "mail")
        claiming.claim(connection, NOW)
        assert claiming.claim(connection, NOW + LEASE - timedelta(seconds=1)) == ()
        assert len(claiming.claim(connection, NOW + LEASE)) == 1


def test_what_a_dead_process_held_is_due_at_once(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        post(connection, "mail", "chat")
        claiming.claim(connection, NOW)
        later = NOW + timedelta(seconds=1)
        assert outbox.release(connection, ["mail"], later) == 1
        assert len(claiming.claim(connection, later)) == 1


def test_a_channel_that_joins_later_gets_the_words_of_the_first(warehouse: Warehouse) -> None:
    with warehouse.writing("test") as connection:
        post(connection, "mail")
        post(connection, "chat")
        assert connection.execute("SELECT count(*) FROM alerts").fetchone() == (1,)
        assert set(states(connection)) == {"mail", "chat"}


text = st.text(st.characters(codec="utf-8"), max_size=20)


@given(
    headline=text,
    passage=text,
    published=st.none() | st.just(NOW),
    appearances=st.lists(st.builds(Appearance, text, text, text, text), max_size=3).map(tuple),
    kind=st.sampled_from(NoticeKind),
    facts=st.lists(
        st.builds(NewFact, st.sampled_from(Development), st.none() | text, st.none() | text),
        max_size=3,
    ).map(tuple),
    rules=st.lists(st.builds(FiredRule, text, text, text), max_size=3).map(tuple),
)
def test_a_notice_is_kept_as_it_is(published: object, **changes: object) -> None:
    notice: Notice = a_notice(published_at=published, **changes)
    assert notice_from_json(notice_to_json(notice)) == notice


def test_a_notice_of_an_earlier_version_is_read() -> None:
    fields = json.loads(notice_to_json(a_notice()))
    for name in ("kind", "thread_id", "facts", "rules"):
        del fields[name]
    assert notice_from_json(json.dumps(fields)) == a_notice()
