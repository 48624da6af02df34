"""The demo's stage: what stands on loopback while it runs.

A news site that serves the sample pages (or a folder of saved ones), a mail server whose inbox
can be looked into, and a chat that takes Mattermost's incoming webhooks.
"""

from __future__ import annotations

import contextlib
import gzip
import html
import json
import socket
import tomllib
from asyncio import AbstractServer
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from random import SystemRandom
from threading import Thread
from typing import Any, ClassVar

from aiosmtpd.controller import Controller

from flows.errors import FlowError

HOST = "127.0.0.1"
PLACEHOLDER = b"http://site.invalid"

Answer = tuple[str, bytes]
"""Content-Type and body."""
Pages = Mapping[str, Callable[[], Answer]]
"""What is served under which path; bodies are read when they are asked for."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """A source of the demo site."""

    id: str
    name: str
    language: str | None
    kind: str
    path: str
    form: str
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What a demo site serves."""

    outlets: tuple[Outlet, ...]
    pages: Pages
    later: Pages = field(default_factory=dict)
    """What stands in place of some pages before the second cycle."""


def sample_site() -> Site:
    """The sample pages that noroshi ships."""
    folder = files("flows").joinpath("demo", "site")
    listing = tomllib.loads(folder.joinpath("site.toml").read_text("utf-8"))
    rows = [listing["robots"], *listing["outlet"], *listing["official"], *listing["page"]]
    pages = {row["path"]: partial(_shipped, folder, row) for row in rows}
    later = {
        row["path"]: partial(_shipped, folder, {**row, "file": row["later"]})
        for row in listing["official"]
    }
    outlets = [_outlet(row) for row in (*listing["outlet"], *listing["official"])]
    return Site(tuple(outlets), pages, later)


def _outlet(row: dict[str, Any]) -> Outlet:
    return Outlet(
        row["id"],
        row["name"],
        row.get("language"),
        row["kind"],
        row["path"],
        row["format"],
        row.get("document"),
    )


def saved_site(folder: Path) -> Site:
    """The saved pages of `folder`: `manifest.jsonl` names a gzip file and a title for each.

    Raises FlowError where the folder is not of that form.
    """
    try:
        with (folder / "manifest.jsonl").open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines if line.strip()]
        pages = {f"/{row['id']}": partial(_saved, folder / row["page"]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FlowError(
            folder,
            f"it is no folder of saved pages ({type(error).__name__}: {error})",
            "it needs a manifest.jsonl with id, page (a .html.gz file) and title in each line",
        ) from error
    feed = _feed_of(rows)
    outlet = Outlet("saved", folder.name or "saved pages", None, "feed", "/feed.xml", "RSS 2.0")
    return Site((outlet,), {**pages, "/feed.xml": lambda: feed})


def _shipped(folder: Traversable, row: dict[str, Any]) -> Answer:
    return row["content_type"], folder.joinpath(*row["file"].split("/")).read_bytes()


def _saved(file: Path) -> Answer:
    return "text/html", gzip.decompress(file.read_bytes())


def _feed_of(rows: list[dict[str, Any]]) -> Answer:
    """A feed that lists every saved page, without dates: the pages tell theirs."""
    items = "".join(
        f"<item><title>{html.escape(row.get('title') or row['id'])}</title>"
        f"<link>{PLACEHOLDER.decode()}/{row['id']}</link></item>"
        for row in rows
    )
    feed = f'<rss version="2.0"><channel><title>saved pages</title>{items}</channel></rss>'
    return "application/rss+xml; charset=utf-8", feed.encode()


@dataclass(slots=True)
class Served:
    """A site that is up."""

    address: str
    requests: list[str] = field(default_factory=list)
    """Paths that were asked for, in order."""
    later: bool = False
    """Whether time has gone on, for the pages that have another content then."""


@contextlib.contextmanager
def serving(site: Site) -> Iterator[Served]:
    """Serve `site` on a free port of the loopback interface."""
    served = Served("")
    handler = type("SiteHandler", (_SiteHandler,), {"site": site, "served": served})
    with _listening(handler) as port:
        served.address = f"http://{HOST}:{port}"
        yield served


@dataclass(slots=True)
class Chat:
    """A chat room that takes Mattermost's incoming webhooks."""

    port: int = 0
    messages: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    """The id that came with each message: the same again for one that is sent again."""

    @property
    def url(self) -> str:
        """In Apprise's notation."""
        return f"mmost://{HOST}:{self.port}/sampletoken123456789"


@contextlib.contextmanager
def chat() -> Iterator[Chat]:
    """A chat on a free port."""
    room = Chat()
    handler = type("ChatHandler", (_ChatHandler,), {"room": room})
    with _listening(handler) as port:
        room.port = port
        yield room


@dataclass(slots=True)
class Inbox:
    """A mail server that keeps what it is sent."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)

    @property
    def url(self) -> str:
        """In Apprise's notation."""
        return f"mailto://{HOST}:{self.port}?from=noroshi@demo.invalid&to=reader@demo.invalid"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a mail (the name is aiosmtpd's)."""
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"


@contextlib.contextmanager
def inbox() -> Iterator[Inbox]:
    """A mail server on a free port."""
    box = Inbox()
    server = MailServer(box)
    box.port = server.port
    server.start()
    try:
        yield box
    finally:
        server.stop()


class MailServer(Controller):
    """Has its port from the beginning, so that nobody can take it before the server listens."""

    def __init__(self, handler: object, **options: Any) -> None:
        self._taken = socket.create_server((HOST, 0))
        port = self._taken.getsockname()[1]
        # Five seconds, as by default, are few on a busy machine.
        super().__init__(handler, hostname=HOST, port=port, ready_timeout=60, **options)

    def _create_server(self) -> Awaitable[AbstractServer]:
        """The server (the name is aiosmtpd's)."""
        return self.loop.create_server(self._factory_invoker, sock=self._taken)


RESERVED = range(20_000, 32_768)
"""Below the ports that Linux and macOS give whoever asks for any."""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on, for a server that starts seconds
    later: one that the system gives nobody else meanwhile."""
    for port in SystemRandom().sample(RESERVED, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port
    raise FlowError(HOST, f"no port of {RESERVED} is free", "end some of what listens there")


@contextlib.contextmanager
def _listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    server = ThreadingHTTPServer((HOST, 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(BaseHTTPRequestHandler):
    """A handler that keeps the terminal for the demo's own words."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def answer(self, status: int, content_type: str, body: bytes) -> None:
        """Send a whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _SiteHandler(_Quiet):
    site: ClassVar[Site]
    served: ClassVar[Served]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.served.requests.append(path)
        page = (self.site.later if self.served.later else {}).get(path, self.site.pages.get(path))
        if page is None:
            self.answer(404, "text/plain", b"there is no such page\n")
            return
        content_type, body = page()
        self.answer(200, content_type, body.replace(PLACEHOLDER, self.served.address.encode()))


class _ChatHandler(_Quiet):
    room: ClassVar[Chat]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.room.ids.append(self.headers.get("Idempotency-Key", ""))
        self.room.messages.append(str(json.loads(body)["text"]))
        self.answer(200, "text/plain", b"ok")
