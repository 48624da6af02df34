"""A real site on loopback that behaves, or misbehaves, as each test needs.

with Site({"/feed": fixed(b"<rss/>"), "/slow": drip(b"x" * 100, every=0.1)}) as site:
    site.url("/feed")
"""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the site got it."""

    path: str
    """Query included."""
    headers: Mapping[str, str]
    """Names in lower case."""
    at: float
    """On the monotonic clock, in seconds."""
    method: str = "GET"
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """A well-formed answer; Content-Length is added."""

    body: bytes = b""
    status: int = 200
    content_type: str | None = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes for the wire as they are, status line included; then the connection ends."""

    pieces: Iterable[bytes]
    reset: bool = False
    """End with RST instead of FIN."""


Route = Callable[[Request], Reply | Raw]


class Site:
    """A threaded HTTP/1.1 server on 127.0.0.1; `routes` may be changed while it runs."""

    def __init__(self, routes: Mapping[str, Route] | None = None) -> None:
        self.routes: dict[str, Route] = dict(routes or {})
        self.requests: list[Request] = []
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The absolute address of `path`."""
        return f"http://{host}:{self.port}{path}"

    def answer(self, request: Request) -> Reply | Raw:
        """By the whole path, or by the path without its query; 404 for the rest."""
        self.requests.append(request)
        route = self.routes.get(request.path) or self.routes.get(request.path.partition("?")[0])
        return route(request) if route else Reply(b"not here", 404)


def fixed(
    body: bytes,
    content_type: str | None = "text/html; charset=utf-8",
    status: int = 200,
    **headers: str,
) -> Route:
    """Always the same answer; `retry_after="5"` becomes the header `Retry-After: 5`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: Reply(body, status, content_type, named)


def conditional(body: bytes, etag: str = '"1"', content_type: str = "application/xml") -> Route:
    """304 for those who know the ETag."""

    def route(request: Request) -> Reply:
        if request.headers.get("if-none-match") == etag:
            return Reply(b"", 304, None, {"ETag": etag})
        return Reply(body, 200, content_type, {"ETag": etag})

    return route


def in_turn(*routes: Route) -> Route:
    """The first request gets the first route, and so on; the last one stays."""
    left = list(routes)

    def route(request: Request) -> Reply | Raw:
        return (left.pop(0) if len(left) > 1 else left[0])(request)

    return route


def redirect(target: str, status: int = 302) -> Route:
    """Sends on to `target`."""
    return lambda request: Reply(b"", status, None, {"Location": target})


def drip(body: bytes, every: float) -> Route:
    """One byte each `every` seconds."""

    def pieces() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
        yield f"Content-Length: {len(body)}\r\n\r\n".encode()
        for byte in body:
            time.sleep(every)
            yield bytes([byte])

    return lambda request: Raw(pieces())


def truncated(body: bytes, promised: int) -> Route:
    """Promises `promised` bytes and closes after fewer."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {promised}\r\n\r\n".encode()
    return lambda request: Raw([head, body])


def reset(request: Request) -> Raw:
    """Breaks the connection without an answer."""
    return Raw([], reset=True)


def hang(seconds: float) -> Route:
    """Says nothing for `seconds`."""

    def pieces() -> Iterator[bytes]:
        time.sleep(seconds)
        yield b""

    return lambda request: Raw(pieces())


def bomb(megabytes: int) -> Route:
    """A gzip body of zeros, about a thousandth of what it inflates to."""
    # A gzip file may have any number of members; they inflate to one body.
    packed = gzip.compress(bytes(1024 * 1024)) * megabytes
    return fixed(packed, content_encoding="gzip")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up early is what these tests are about."""


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(length)
            request = Request(self.path, headers, time.monotonic(), self.command, body)
            answer = site.answer(request)
            if isinstance(answer, Raw):
                self._send_raw(answer)
            else:
                self._send(answer)

        do_POST = do_PUT = do_GET  # noqa: N815 - the names are http.server's

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            if reply.content_type:
                self.send_header("Content-Type", reply.content_type)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 304:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def _send_raw(self, raw: Raw) -> None:
            self.close_connection = True
            for piece in raw.pieces:
                self.wfile.write(piece)
                self.wfile.flush()
            if raw.reset:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()

        def log_message(self, format: str, *args: object) -> None:
            """Silence: pytest shows what matters."""

    return Handler
