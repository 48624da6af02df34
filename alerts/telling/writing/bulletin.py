"""A bulletin: a message that is about no event. A digest, or what only the operator can mend."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.telling.writing.render import Message


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One message to one channel, rendered when it was written."""

    id: str
    """The same to every channel; the same again for what must be told only once."""
    kind: str
    """`digest`, `operator`: a word for lists."""
    channel: str
    message: Message
