"""A receipt outlives who kept it, and speaks for the one claim that it was kept under."""

from __future__ import annotations

from datetime import timedelta

from alerts.telling.deciding.outbox import LEASE, after_success, deliveries_for
from tests.warehouse.samples import NOW, a_notice
from warehouse.database import Warehouse
from warehouse.telling import claiming, handling, outbox, receipts
from warehouse.telling.outbox import Announcement
from warehouse.telling.receipts import Receipt

LATER = NOW + timedelta(hours=1)


def claimed(warehouse: Warehouse) -> Receipt:
    """A receipt for the only message, posted and claimed."""
    with warehouse.writing("test") as connection:
        told = Announcement(a_notice(), "article", deliveries_for("alert", ["desk"], NOW))
        outbox.post(connection, [told], NOW)
        (parcel,) = claiming.claim(connection, NOW)
    return Receipt(parcel.delivery, NOW + timedelta(seconds=1.234567))


def test_it_is_kept_until_it_is_dropped(warehouse: Warehouse) -> None:
    receipt = claimed(warehouse)
    with warehouse.writing("test"):
        assert receipts.found(warehouse) == []
    for _ in range(2):
        receipts.keep(warehouse, receipt)
        with warehouse.writing("test") as connection:
            assert receipts.found(warehouse) == [receipt]
            assert receipts.due(connection, receipt)
    warehouse.notes.keep("foreign", "it's none")
    assert warehouse.notes.found()["foreign"] == "it's none"
    receipts.drop(warehouse, [receipt, receipt])
    receipts.drop(warehouse, [])
    assert receipts.found(warehouse) == []


def test_an_old_one_says_nothing_of_a_message_that_is_sent_anew(warehouse: Warehouse) -> None:
    receipt = claimed(warehouse)
    with warehouse.writing("test") as connection:
        outbox.release(connection, ["desk"], LATER)
        (again,) = claiming.claim(connection, LATER)
        assert not receipts.due(connection, receipt), "taken over"
        assert receipts.due(connection, Receipt(again.delivery, LATER))
        assert again.delivery.due_at == LATER + LEASE


def test_what_is_told_by_hand_once_more_goes_out(warehouse: Warehouse) -> None:
    receipt = claimed(warehouse)
    with warehouse.writing("test") as connection:
        outbox.settle(connection, after_success(receipt.delivery, NOW), NOW)
        assert handling.resend(connection, LATER, alert_id="alert") == 1
        assert not receipts.due(connection, receipt)
        assert len(claiming.claim(connection, LATER)) == 1
        assert not receipts.due(connection, receipt)
