"""Receipts: that a channel accepted a message is kept at once, and written down a little later.

A process that dies in between leaves the receipt, and who takes over what it was at writes that
message down instead of sending it again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import duckdb
from pydantic import TypeAdapter, ValidationError

from alerts.telling.deciding.outbox import Delivery
from warehouse.database import Warehouse


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a message was accepted."""

    delivery: Delivery
    """As it was claimed."""
    at: datetime


_RECEIPT = TypeAdapter(Receipt)


def keep(warehouse: Warehouse, receipt: Receipt) -> None:
    """Keep a receipt, in milliseconds. Raises WarehouseError."""
    warehouse.notes.keep(receipt.delivery.id, _RECEIPT.dump_json(receipt).decode())


def found(warehouse: Warehouse) -> list[Receipt]:
    """What processes had accepted and did not write down yet, be they dead or alive; to be called
    in a transaction with the warehouse. What is no receipt says nothing. Raises WarehouseError."""
    receipts = []
    for text in warehouse.notes.found().values():
        with contextlib.suppress(ValidationError):
            receipts.append(_RECEIPT.validate_json(text))
    return receipts


def drop(warehouse: Warehouse, receipts: Collection[Receipt]) -> None:
    """Take receipts away whose messages are written down. Raises WarehouseError."""
    warehouse.notes.drop([receipt.delivery.id for receipt in receipts])


def due(connection: duckdb.DuckDBPyConnection, receipt: Receipt) -> bool:
    """Whether the message is not written down yet: it is still under the claim that it was sent
    under, which no other has the end of the lease of."""
    answer = connection.execute(
        """
        SELECT count(*)
        FROM store.delivery
        WHERE coalesce(bundle_id, id) = $id AND state = 'sending' AND due_at = $lease_ends
        """,
        {"id": receipt.delivery.id, "lease_ends": receipt.delivery.due_at},
    )
    return bool(answer.fetchall()[0][0])
