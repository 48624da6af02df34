"""A record: a notice as programs read it, in the code's own words and in no language.

The keys are those of `webhook.v1.schema.json`. Strings are visible text on one line.
"""

from __future__ import annotations

from datetime import UTC, datetime

from alerts.telling.notice import Notice, NoticeKind
from alerts.telling.writing.card import passage
from alerts.telling.writing.escape import link, visible

Record = dict[str, object]


def record(notice: Notice) -> Record:
    """All that `notice` says, for JSON. Moments are UTC in ISO 8601; an address that is no web
    address is null."""
    words = ("category", "direction", "severity", "actor", "target", "level")
    return {
        "id": notice.alert_id,
        "event": notice.event_id,
        "thread": notice.thread_id or notice.alert_id,
        "update": notice.kind is NoticeKind.UPDATE,
        "news": [
            {"what": str(f.development), "before": _word(f.before), "after": _word(f.after)}
            for f in notice.facts
        ],
        **{name: _word(getattr(notice, name)) for name in words},
        **_article(notice),
        "rules": [
            {"id": r.id, "name": visible(r.name), "version": r.version} for r in notice.fired
        ],
        "outlets": [
            {
                "name": visible(a.outlet),
                "language": visible(a.language),
                "headline": visible(a.title),
                "url": link(a.url),
            }
            for a in notice.appearances
        ],
    }


def _article(notice: Notice) -> Record:
    return {
        "headline": visible(notice.headline),
        "language": visible(notice.language),
        "outlet": visible(notice.outlet),
        "url": link(notice.url),
        "passage": [{"text": s.text, "marked": s.marked} for s in passage(notice)],
        "published_at": _moment(notice.published_at),
        "published_source": _word(notice.published_source),
        "first_seen_at": _moment(notice.first_seen_at),
    }


def _word(text: str | None) -> str | None:
    return None if text is None else visible(text)


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
