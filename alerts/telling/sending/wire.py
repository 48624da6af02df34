"""The wire: what leaves for a service beside the message itself, and what its answer says.

Apprise gives no hold on the headers of most of its services, writes a random Message-ID, and
drops the headers of answers. It sends through requests and smtplib; both are taken hold of here at
the one method that every message passes. Outside of `carrying` they do what they always did.

A repeated send of one delivery carries the same id, so that a receiver, or a reader, can tell
that it is one message:

- e-mail: Message-ID, and In-Reply-To and References for what follows up on an earlier message
- HTTP: Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), and X-Sequence-ID, by which
  ntfy (2.16 or newer) replaces a notification rather than showing a second one
- Matrix: the transaction id in the address, by which a homeserver drops a repeated message
  (spec.matrix.org, client-server API, "Transaction identifiers")
"""

from __future__ import annotations

import json
import re
import smtplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.message import Message
from typing import Any

import requests

from extractors.article import digest
from extractors.web.headers import retry_after

LONGEST_WAIT = timedelta(days=1)
"""A service that asks for more is asked again after this long."""

LONGEST_ANSWER = 100_000
"""Bytes of an answer that are looked into."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What tells a message from others, however often it is sent."""

    id: str
    """Of the delivery: letters, digits, - and _ (at most 64)."""
    thread: str | None = None
    """The id of the delivery that this one follows up on, to the same channel."""


@dataclass(slots=True)
class Wire:
    """One message under way: what goes with it, and what was answered."""

    envelope: Envelope | None = None
    statuses: list[int] = field(default_factory=list)
    """HTTP status codes, in the order of the answers."""
    retry_after: timedelta | None = None
    """The longest wait that an answer asked for."""
    text: str | None = None
    """What a mail says to those who read no HTML."""
    code: str | None = None
    """The key of an error code in answers of this service."""
    said: Mapping[str, Any] = field(default_factory=dict)
    """The JSON object of the last answer; empty where it was none."""


_wire: ContextVar[Wire | None] = ContextVar("wire", default=None)


@contextmanager
def carrying(wire: Wire) -> Iterator[None]:
    """Whatever this thread sends in the block goes with the envelope; the answers are noted."""
    token = _wire.set(wire)
    try:
        yield
    finally:
        _wire.reset(token)


def headers(envelope: Envelope) -> dict[str, str]:
    """The HTTP headers by which a receiver knows a repeated message."""
    return {"Idempotency-Key": envelope.id, "X-Sequence-ID": envelope.id}


_TRANSACTION = re.compile(r"(/_matrix/client/[^/]+/rooms/([^/]+)/send/[^/]+/)[^/?]+$")


def addressed(url: str, envelope: Envelope) -> str:
    """The address of a message to a Matrix room, with a transaction id of its own for each room;
    any other as it is."""
    place = _TRANSACTION.search(url)
    if place is None:
        return url
    return url[: place.start()] + place[1] + digest(f"{envelope.id}\n{place[2]}")


def wait(answer: Mapping[str, str], said: Mapping[str, Any], now: datetime) -> timedelta | None:
    """How long an answer asks to be left alone, by its headers or as some services say it."""
    seconds = retry_after(answer.get("retry-after"), now)
    if seconds is None:
        seconds = _asked(said)
    return None if seconds is None else min(timedelta(seconds=min(seconds, 1e6)), LONGEST_WAIT)


def _asked(said: Mapping[str, Any]) -> float | None:
    """Discord: `retry_after`; Telegram: `parameters.retry_after`; Matrix: `retry_after_ms`."""
    try:
        all_said = {**said, **said.get("parameters", {})}
        seconds = all_said.get("retry_after", all_said.get("retry_after_ms", 0) / 1000)
        return float(seconds) if seconds > 0 else None
    except (ValueError, TypeError):
        return None


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body[:LONGEST_ANSWER])
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def stamped(mail: str, wire: Wire, domain: str) -> str:
    """A mail as it stands, but with the Message-ID and the thread that the envelope gives it, and
    with our own text beside the HTML: Apprise makes one of the HTML and loses links."""
    message = message_from_string(mail)
    if wire.envelope:
        del message["Message-ID"]
        message["Message-ID"] = f"<{wire.envelope.id}@{domain}>"
    if wire.envelope and wire.envelope.thread:
        message["In-Reply-To"] = message["References"] = f"<{wire.envelope.thread}@{domain}>"
    if wire.text and message.get_content_type() == "multipart/alternative":
        _say(message, wire.text)
    return message.as_string()


def _say(message: Message, text: str) -> None:
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            del part["Content-Transfer-Encoding"]
            part.set_payload(text.encode("utf-8", "replace"), "utf-8")


_send_http = requests.Session.send
_send_mail = smtplib.SMTP.sendmail


def _http(
    session: requests.Session, request: requests.PreparedRequest, **how: Any
) -> requests.Response:
    """As requests does it; on a wire, with the headers of the envelope and the answer noted."""
    wire = _wire.get()
    if wire is None:
        return _send_http(session, request, **how)
    if wire.envelope:
        request.headers.update(headers(wire.envelope))
        request.url = addressed(request.url or "", wire.envelope)
    answer = _send_http(session, request, **how)
    wire.statuses.append(answer.status_code)
    wire.said = _object(answer.content)
    if answer.status_code in {429, 503}:
        asked = wait(answer.headers, wire.said, datetime.now(UTC))
        wire.retry_after = max(filter(None, (asked, wire.retry_after)), default=None)
    return answer


def _mail(server: smtplib.SMTP, sender: str, to: Any, mail: Any, *more: Any, **how: Any) -> Any:
    """As smtplib does it; on a wire, stamped with the envelope."""
    wire = _wire.get()
    if wire and isinstance(mail, str):
        mail = stamped(mail, wire, sender.rpartition("@")[2])
    return _send_mail(server, sender, to, mail, *more, **how)


requests.Session.send = _http  # type: ignore[method-assign,assignment]
smtplib.SMTP.sendmail = _mail  # type: ignore[method-assign,assignment]
