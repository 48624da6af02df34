"""Deliveries of which something may still become."""

from __future__ import annotations

from alerts.telling.deciding.outbox import DONE

UNSETTLED = f"state NOT IN ({', '.join(repr(str(state)) for state in sorted(DONE))})"
"""As a condition of SQL on `store.delivery`."""
