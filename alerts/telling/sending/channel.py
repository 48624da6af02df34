"""A channel: one address that messages go to. The only file that knows Apprise.

Of Apprise this uses the service behind an address and nothing around it: no configuration
files, no attachments, no emoji names, no retries of its own and no `optional=yes`, by which a
failed message would pass for a sent one. Apprise's log holds addresses and tokens: it is read
here and goes nowhere else.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import tomllib
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat, NotifyType

from alerts.errors import ChannelError, DeliveryError
from alerts.telling.sending.fit import SIZES, fit
from alerts.telling.sending.refusal import Refusal, disguised, refusal, secrets
from alerts.telling.sending.webhook import is_webhook, key, post
from alerts.telling.sending.wire import Envelope, Wire, carrying
from alerts.telling.writing.escape import cut, markdown
from alerts.telling.writing.render import SHIPPED, Message
from alerts.telling.writing.stationery import Stationery
from alerts.telling.writing.wording import Wording

LIMIT = 30.0
"""Seconds that one message may take on one channel."""

ROOM_FOR_TRANSLATION = 0.9
"""Of a limit, where Apprise translates the body afterwards: it escapes what the dialect wants
escaped, and a message that is too long is refused as a whole."""

_LOG = logging.getLogger("apprise")
_LOG.setLevel(logging.DEBUG)
_LOG.propagate = False
_LOG.addHandler(logging.NullHandler())
# Apprise's HTTP library notes each path, which for webhooks is the secret.
logging.getLogger("urllib3").setLevel(logging.INFO)

_ASSET = AppriseAsset(
    app_id="noroshi",
    app_desc="noroshi",
    app_url="",
    # Apprise's pictures lie on a public host: readers' programs would fetch them.
    image_url_mask="",
    image_url_logo="",
    # A webhook that redirects to a login page answers 200 in the end and got nothing.
    http_redirects=False,
)
_TYPES = {"critical": NotifyType.FAILURE, "high": NotifyType.WARNING}
_LINK = re.compile(r"(?<!\\)\]\((https?://[^()\s<>]+)\)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,19}(?=://)")

Means = Callable[[Message, Wire], list[str] | None]
"""Sends a message and waits: None where it was accepted, else log lines that say why not."""


@dataclass(frozen=True, slots=True)
class Channel:
    """Where messages go, and how its readers want them."""

    name: str
    url: str = field(repr=False)
    """In Apprise's notation; secret."""
    labels: str = "en"
    timezone: str = "UTC"
    secret: str | None = field(default=None, repr=False)
    """What a webhook is signed with."""
    stationery: Stationery = SHIPPED
    """What its messages are written on."""


def check(channel: Channel) -> None:
    """Raise ChannelError where nothing could ever be sent. Nothing is sent, nothing looked up."""
    try:
        Wording(channel.labels)
        ZoneInfo(channel.timezone)
    except (ValueError, LookupError, OSError) as error:
        remedy = "use an IANA zone such as Asia/Hong_Kong and labels en, zh-Hant, zh-Hans or ja"
        raise ChannelError(
            channel.name, "its labels or its time zone are unknown", remedy
        ) from error
    _means(channel, LIMIT)


async def send(
    channel: Channel,
    message: Message,
    envelope: Envelope | None = None,
    *,
    limit: float = LIMIT,
) -> None:
    """Send `message`; returns when the service has accepted it.

    With an `envelope`, a message that is sent again is recognisable as the same (see `wire`).
    Raises DeliveryError where it was not accepted, within `limit` seconds. An address that cannot
    be used is no permanent refusal: once it is mended, the message goes out.
    """
    try:
        means = _means(channel, limit * 2 / 3)
    except ChannelError as error:
        raise DeliveryError(channel.name, error.what, error.remedy) from error
    wire = Wire(envelope)
    try:
        log = await asyncio.wait_for(_in_thread(partial(_carry, means, message, wire)), limit)
    except TimeoutError:
        log = ["timed out"]
    why = _why(channel, log, wire)
    if why is not None:
        raise DeliveryError(
            channel.name,
            why.what,
            why.remedy,
            permanent=why.permanent,
            retry_after=wire.retry_after,
        )


def _carry(means: Means, message: Message, wire: Wire) -> list[str] | None:
    with carrying(wire):
        return means(message, wire)


def _why(channel: Channel, log: list[str] | None, wire: Wire) -> Refusal | None:
    """Why the message was not taken; None where it was."""
    hidden = secrets(channel.url) | {channel.secret or channel.url}
    if log is not None:
        return refusal(log, hidden, wire.statuses)
    return disguised(wire.said, wire.code, hidden) if wire.code else None


def _means(channel: Channel, seconds: float) -> Means:
    """How to send to `channel`, with `seconds` for each connection. Raises ChannelError."""
    if is_webhook(channel.url):
        return partial(post, url=channel.url, secret=_key(channel), seconds=seconds)
    service = _service(channel)
    _set_patience(service, channel.url, seconds)
    return partial(_notify, service)


def _key(channel: Channel) -> str:
    """The secret of a webhook, looked at. Raises ChannelError."""
    remedy = 'give it secret = "env:NAME" with what `openssl rand -base64 32` prints in NAME'
    if not channel.secret:
        raise ChannelError(channel.name, "a webhook is signed, and it has no secret", remedy)
    try:
        key(channel.secret)
    except ValueError as error:
        raise ChannelError(channel.name, str(error), remedy) from None
    return channel.secret


def _service(channel: Channel) -> NotifyBase:
    """The service behind the address, told the format that it shows best."""
    service = Apprise.instantiate(channel.url, asset=_ASSET)
    if not isinstance(service, NotifyBase):
        raise ChannelError(channel.name, *_unusable(channel.url))
    # Apprise sleeps before a first message to some services (5.5 s for Lark); the outbox paces.
    service.request_rate_per_sec = 0
    if "format" not in _query(channel.url) and (style := _style(service)):
        service.notify_format = NotifyFormat(style["body"])
    return service


def _unusable(url: str) -> tuple[str, str]:
    """What is wrong and what to do, without any part of the address but its scheme."""
    scheme = _SCHEME.match(url.strip())
    notation = "see https://appriseit.com/services/ for the notation of each service"
    if scheme is None:
        return "its address has no scheme", f"begin it as in mailto:// or json://; {notation}"
    return f"its {scheme[0].lower()}:// address cannot be used", notation


def _set_patience(service: NotifyBase, url: str, seconds: float) -> None:
    """Apprise gives up after 4 s, mail servers may greet after 10. `cto` and `rto` still count."""
    query = _query(url)
    if "cto" not in query:
        service.socket_connect_timeout = seconds
    if "rto" not in query:
        service.socket_read_timeout = seconds


def _notify(service: NotifyBase, message: Message, wire: Wire) -> list[str] | None:
    """Send and wait. None where it was accepted, else what Apprise logged about it."""
    title, body, body_format = _written(service, message)
    wire.code, wire.text = _style(service).get("code"), message.text
    kind = _TYPES.get(message.severity, NotifyType.INFO)
    lines = _Lines()
    _LOG.addHandler(lines)
    try:
        if service.notify(title=title, body=body, notify_type=kind, body_format=body_format):
            return None
    except Exception as error:  # noqa: BLE001 - any of 140 services may raise anything, and the
        # chain would carry the address into a log: only the kind of error leaves this function.
        lines.seen.append(f"{type(error).__name__} in Apprise")
    finally:
        _LOG.removeHandler(lines)
    return lines.seen


def _written(service: NotifyBase, message: Message) -> tuple[str, str, NotifyFormat]:
    """Title, body and the format that the body is declared to have."""
    style, shown = _style(service), service.notify_format
    body = {"text": message.text, "markdown": message.markdown, "html": message.html}[shown.value]
    title = message.subject
    if shown is not NotifyFormat.HTML:
        if service.title_maxlen <= 0 or style.get("title") == "body":
            title, body = "", _heading(title, shown) + body
        angle = style.get("angle") and shown is NotifyFormat.MARKDOWN
        body = _LINK.sub(r"](<\1>)", body) if angle else body
        body = fit(body, _limit(service, style), SIZES[style.get("unit", "characters")])
        shown = NotifyFormat.HTML if angle else shown
    title = cut(title, service.title_maxlen) if service.title_maxlen > 0 else ""
    return title, body, shown


def _limit(service: NotifyBase, style: dict[str, Any]) -> int:
    limit = min(service.body_maxlen, style.get("limit", service.body_maxlen))
    return int(limit * ROOM_FOR_TRANSLATION) if style.get("angle") else limit


def _heading(title: str, shown: NotifyFormat) -> str:
    if shown is NotifyFormat.MARKDOWN:
        return f"**{markdown(title)}**\n\n"
    return f"{title}\n\n"


def _style(service: NotifyBase) -> dict[str, Any]:
    schemes: set[str] = service.schemas()  # type: ignore[no-untyped-call]
    return next((_styles()[s] for s in sorted(schemes) if s in _styles()), {})


@cache
def _styles() -> dict[str, dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "services.toml").read_text(encoding="utf-8"))


def _query(url: str) -> dict[str, list[str]]:
    try:
        return parse_qs(urlsplit(url).query)
    except ValueError:
        return {}


class _Lines(logging.Handler):
    """What Apprise logs about one message: warnings, and the exceptions that it notes as debug."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        mine = record.thread == self.thread
        if mine and (record.levelno >= logging.WARNING or "Exception: " in line):
            self.seen.append(line)


async def _in_thread(work: Callable[[], list[str] | None]) -> list[str] | None:
    """Run `work` in a daemon thread: a service that never answers cannot hold up the exit.

    The threads of `asyncio.to_thread` are few and are waited for when the loop closes.
    """
    future: Future[list[str] | None] = Future()

    def run() -> None:
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - raised where it is awaited
                future.set_exception(error)

    threading.Thread(target=run, name="channel", daemon=True).start()
    return await asyncio.wrap_future(future)
