"""Letters: what deliveries carry, as JSON. A later delivery tells what the first one did."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from alerts.reading.rules.rule import Development
from alerts.telling.notice import Appearance, FiredRule, NewFact, Notice, NoticeKind
from alerts.telling.writing.render import Message


def message_to_json(message: Message) -> str:
    """A rendered message as it is kept."""
    return json.dumps(asdict(message), ensure_ascii=False)


def message_from_json(text: str) -> Message:
    """The inverse of `message_to_json`."""
    return Message(**json.loads(text))


def notice_to_json(notice: Notice) -> str:
    """A notice as it is kept."""
    fields = {name: getattr(notice, name) for name in Notice.__slots__}
    for name in ("appearances", "facts", "rules"):
        fields[name] = [asdict(item) for item in fields[name]]
    return json.dumps(fields, ensure_ascii=False, default=_iso)


def notice_from_json(text: str) -> Notice:
    """The inverse of `notice_to_json`."""
    fields = json.loads(text)
    for name in ("published_at", "first_seen_at"):
        fields[name] = _moment(fields[name]) if fields[name] else None
    fields["marks"] = tuple((start, end) for start, end in fields["marks"])
    fields["appearances"] = tuple(Appearance(**item) for item in fields["appearances"])
    fields["facts"] = tuple(fact_from(item) for item in fields.get("facts", ()))
    fields["rules"] = tuple(FiredRule(**item) for item in fields.get("rules", ()))
    fields["kind"] = NoticeKind(fields.get("kind", NoticeKind.FIRST))
    return Notice(**fields)


def facts_to_json(notice: Notice) -> str:
    """What is new in a notice."""
    return json.dumps([asdict(fact) for fact in notice.facts], ensure_ascii=False)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def fact_from(item: dict[str, Any]) -> NewFact:
    """One fact of `facts_to_json`, parsed."""
    return NewFact(Development(item["development"]), item["before"], item["after"])


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a notice holds no {type(value).__name__}")
