"""Rendering: a notice becomes a message in text, Markdown and HTML, by Jinja2 templates.

The templates (`templates/*.j2`) get a `Card` with unescaped strings. Escaping is what each
environment does to everything that a template prints, so no template can forget it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from alerts.telling.card import SUBJECT_LIMIT, Card, card
from alerts.telling.digest import Digest, sections
from alerts.telling.escape import cut, link, markdown, plain, visible
from alerts.telling.notice import Notice
from alerts.telling.record import record
from alerts.telling.wording import Wording

DIGEST_LIMIT = 20
"""Events that a digest names in each category; the others are counted."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message in the three formats that channels understand."""

    subject: str
    """One line of plain text, at most 200 characters."""
    text: str
    markdown: str
    """CommonMark without raw HTML; links are `[label](address)`."""
    html: str
    """A whole HTML document."""
    severity: str = "low"
    """Of the event, for channels that show it by colour."""
    kind: str = "message"
    """`alert`, `digest`, `operator`, `test`, or `message` for what else is told."""
    record: Mapping[str, object] | None = None
    """What an alert says, for programs."""


@dataclass(frozen=True, slots=True)
class Part:
    """A category of a digest, worded."""

    title: str
    cards: tuple[Card, ...]
    more: str


def render(notice: Notice, *, labels: str = "en", timezone: str = "UTC") -> Message:
    """The message about one event. `labels` is one of `wording.LABELS`, `timezone` an IANA zone.

    Raises ValueError for other labels and ZoneInfoNotFoundError for an unknown zone.
    """
    wording = Wording(labels)
    shown = card(notice, wording, ZoneInfo(timezone))
    message = _message("notice", shown.subject, notice.severity, wording, card=shown)
    return replace(message, kind="alert", record=record(notice))


def render_digest(digest: Digest, *, labels: str = "en", timezone: str = "UTC") -> Message:
    """The message about a day; a day without events says so. Raises as `render` does."""
    wording = Wording(labels)
    title = wording.phrase("digest", day=visible(digest.day))
    count = wording.phrase("events", n=len(digest.notices))
    parts = _parts(digest, wording, ZoneInfo(timezone))
    subject = f"{title} — {count}"
    message = _message("digest", subject, "low", wording, digest=digest, parts=parts, title=title)
    return replace(message, kind="digest")


def _parts(digest: Digest, wording: Wording, zone: ZoneInfo) -> tuple[Part, ...]:
    parts = []
    for section in sections(digest):
        title = f"{wording.word('category', section.category)} ({len(section.notices)})"
        left = len(section.notices) - DIGEST_LIMIT
        more = wording.phrase("more", n=left) if left > 0 else ""
        cards = tuple(card(notice, wording, zone) for notice in section.notices[:DIGEST_LIMIT])
        parts.append(Part(title, cards, more))
    return tuple(parts)


def _message(
    template: str, subject: str, severity: str, wording: Wording, **context: object
) -> Message:
    marks = {name: wording.phrase(name, "mark") for name in ("colon", "comma", "open", "close")}
    context.update(marks, subject=subject, wording=wording)
    bodies = {
        suffix: _environment(suffix).get_template(f"{template}.{suffix}.j2").render(context)
        for suffix in ("txt", "md", "html")
    }
    return Message(
        cut(plain(subject), SUBJECT_LIMIT), bodies["txt"], bodies["md"], bodies["html"], severity
    )


class _Verbatim(str):
    """Output of a template's own function: escaped already."""

    __slots__ = ()


@cache
def _environment(suffix: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=suffix == "html",  # noqa: S701 - the other formats escape by `finalize`
        finalize=_finalize(suffix),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["link"] = _markdown_link
    return environment


def _finalize(suffix: str) -> Callable[[Any], Any]:
    escape = {"txt": plain, "md": markdown, "html": visible}[suffix]

    def finalize(value: Any) -> Any:
        return value if isinstance(value, _Verbatim | Markup) else escape(str(value))

    return finalize


def _markdown_link(label: str, url: str | None) -> str:
    """`[label](url)`, or the label alone where there is no address that can be shown."""
    address = link(url) if url else None
    return _Verbatim(f"[{markdown(label)}]({address})" if address else markdown(label))
