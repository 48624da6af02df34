"""Rendering: a notice becomes a message in text, Markdown and HTML, by Jinja2 templates.

The templates (`templates/*.j2`) get a `Card` with unescaped strings; `stationery` escapes what
they print.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.errors import TemplateError
from alerts.telling.notice import Notice
from alerts.telling.writing.bundle import Bundle
from alerts.telling.writing.card import SUBJECT_LIMIT, Card, Fact, card, local
from alerts.telling.writing.digest import Digest, DigestSection, Happening, Standing, sections
from alerts.telling.writing.escape import cut, plain, visible
from alerts.telling.writing.record import record
from alerts.telling.writing.specimen import a_bundle, a_day, specimen
from alerts.telling.writing.stationery import Stationery, strays
from alerts.telling.writing.wording import Wording

SHIPPED = Stationery()
DIGEST_LIMIT = 20
"""New and continuing events each that a digest names in a category; the others are counted."""
BACKLOG_LIMIT = 5


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
class Line:
    """An event of a digest, worded."""

    card: Card
    reach: str
    """How many articles and outlets: `3 articles, 2 outlets`."""


@dataclass(frozen=True, slots=True)
class Group:
    """The new, the continuing or the old events of a category."""

    title: str
    lines: tuple[Line, ...]
    more: str
    """How many events it has besides those named; empty where none."""


@dataclass(frozen=True, slots=True)
class Part:
    """A category of a digest, worded."""

    title: str
    groups: tuple[Group, ...]


def render(
    notice: Notice,
    *,
    labels: str = "en",
    timezone: str = "UTC",
    stationery: Stationery = SHIPPED,
) -> Message:
    """The message about one event. `labels` is one of `wording.LABELS`, `timezone` an IANA zone.

    Raises ValueError for other labels and ZoneInfoNotFoundError for an unknown zone.
    """
    wording = Wording(labels)
    shown = card(notice, wording, ZoneInfo(timezone))
    message = _message("notice", shown.subject, notice.severity, wording, stationery, card=shown)
    return replace(message, kind="alert", record=record(notice))


def render_digest(
    digest: Digest,
    *,
    labels: str = "en",
    timezone: str = "UTC",
    stationery: Stationery = SHIPPED,
) -> Message:
    """The message about a period; one without events says so. Raises as `render` does."""
    wording, zone = Wording(labels), ZoneInfo(timezone)
    title = wording.phrase(digest.span, "digest", day=_day(digest.until, zone))
    period = f"{local(digest.since, zone)} – {local(digest.until, zone)}"
    count = wording.phrase("events", n=len(digest.told))
    parts = tuple(_part(section, wording, zone) for section in sections(digest.told))
    if digest.muted:
        parts += (_muted(digest.muted, wording, zone),)
    subject = f"{title} — {count}"
    message = _message(
        "digest",
        subject,
        "low",
        wording,
        stationery,
        digest=digest,
        parts=parts,
        title=title,
        period=period,
        health=_health(digest, wording),
    )
    return replace(message, kind="digest")


def render_bundle(
    bundle: Bundle,
    *,
    labels: str = "en",
    timezone: str = "UTC",
    stationery: Stationery = SHIPPED,
) -> Message:
    """The message that tells several alerts together. Raises as `render` does."""
    wording = Wording(labels)
    left = bundle.total - len(bundle.notices)
    return _message(
        "bundle",
        wording.phrase(bundle.held, "bundle", n=bundle.total),
        bundle.notices[0].severity if bundle.notices else "low",
        wording,
        stationery,
        counts=[f"{wording.word('category', name)}: {n}" for name, n in bundle.categories],
        cards=[card(notice, wording, ZoneInfo(timezone)) for notice in bundle.notices],
        more=wording.phrase("more", n=left) if left > 0 else "",
        where=wording.phrase("where", "bundle"),
    )


def render_operator(
    subject: str, lines: Sequence[str], *, labels: str = "en", stationery: Stationery = SHIPPED
) -> Message:
    """A message about noroshi itself, worded already. Raises ValueError for other labels."""
    message = _message("operator", subject, "medium", Wording(labels), stationery, lines=lines)
    return replace(message, kind="operator")


def proof(folder: Path) -> Iterator[str]:
    """What is wrong with a person's templates: names that mean nothing, and what fails when they
    are filled in with specimens. One line each."""
    if not folder.is_dir():
        yield f"{folder}: there is no such folder; correct `templates` or make it"
        return
    for name in strays(folder):
        yield f"{folder / name}: no message is written by that name; see alerts/README.md for those"
    own = Stationery(folder, strict=True)
    tries: tuple[Callable[[], Message], ...] = (
        partial(render, specimen(), stationery=own),
        partial(render, specimen(bare=True), stationery=own),
        partial(render_digest, a_day(specimen()), stationery=own),
        partial(render_digest, a_day(), stationery=own),
        partial(render_bundle, a_bundle(specimen()), stationery=own),
        partial(render_operator, "A channel is down", ["Why."], stationery=own),
    )
    yield from dict.fromkeys(flaw for attempt in tries if (flaw := _flaw(attempt)))


def _flaw(attempt: Callable[[], Message]) -> str | None:
    try:
        attempt()
    except TemplateError as error:
        return str(error)
    return None


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat()


def _part(section: DigestSection, wording: Wording, zone: ZoneInfo) -> Part:
    title = f"{wording.word('category', section.category)} ({len(section.happenings)})"
    groups = (
        _group(
            wording.word("standing", standing),
            [h for h in section.happenings if h.standing is standing],
            BACKLOG_LIMIT if standing is Standing.BACKLOG else DIGEST_LIMIT,
            wording,
            zone,
        )
        for standing in Standing
    )
    return Part(title, tuple(group for group in groups if group.lines))


def _muted(happenings: Sequence[Happening], wording: Wording, zone: ZoneInfo) -> Part:
    """What somebody wants to hear no more of, by category."""
    return Part(
        f"{wording.word('standing', 'muted')} ({len(happenings)})",
        tuple(
            _group(
                wording.word("category", section.category),
                section.happenings,
                BACKLOG_LIMIT,
                wording,
                zone,
            )
            for section in sections(happenings)
        ),
    )


def _group(
    title: str, happenings: Sequence[Happening], shown: int, wording: Wording, zone: ZoneInfo
) -> Group:
    left = len(happenings) - shown
    return Group(
        title=title,
        lines=tuple(
            Line(
                card(h.notice, wording, zone),
                wording.phrase("reach", articles=h.articles, outlets=h.outlets),
            )
            for h in happenings[:shown]
        ),
        more=wording.phrase("more", n=left) if left > 0 else "",
    )


def _health(digest: Digest, wording: Wording) -> tuple[Fact, ...]:
    """How well the period was watched: a line each."""
    counted = (
        (wording.phrase("articles", n=digest.articles), ()),
        (wording.phrase("sources_ok", n=digest.sources_ok), ()),
        (
            wording.phrase("sources_failing", n=len(digest.sources_failing)),
            digest.sources_failing,
        ),
        (wording.phrase("sources_silent", n=len(digest.sources_silent)), digest.sources_silent),
    )
    comma, left, right = (wording.phrase(name, "mark") for name in ("comma", "open", "close"))
    return tuple(
        Fact(line, left + comma.join(visible(n) for n in names) + right if names else "")
        for place, (line, names) in enumerate(counted)
        if place < 2 or names
    )


def _message(
    template: str,
    subject: str,
    severity: str,
    wording: Wording,
    stationery: Stationery = SHIPPED,
    **context: object,
) -> Message:
    marks = {name: wording.phrase(name, "mark") for name in ("colon", "comma", "open", "close")}
    context.update(marks, subject=subject, wording=wording)
    bodies = stationery.write(template, context)
    return Message(
        cut(plain(subject), SUBJECT_LIMIT), bodies["txt"], bodies["md"], bodies["html"], severity
    )
