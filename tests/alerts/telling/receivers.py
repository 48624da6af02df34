"""Receivers on loopback: a web server and a mail server that keep what they are sent."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from flows.demo.stage import MailServer
from tests.servers import Raw, Reply, Request, Site, hang, reset

RESET = -1


class Webhook(Site):
    """Answers every request, whatever its path, with `status`; RESET breaks the connection."""

    def __init__(self) -> None:
        super().__init__()
        self.status = 200
        self.body = b"ok"
        self.headers: dict[str, str] = {}
        """Of the answers."""
        self.delay = 0.0
        """Seconds without an answer."""

    @property
    def host(self) -> str:
        """`127.0.0.1:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def received(self) -> list[tuple[str, dict[str, Any]]]:
        """Path and JSON body of each request."""
        return [(request.path, json.loads(request.body)) for request in self.requests]

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on. The handshake is each connection's own affair."""
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )

    def answer(self, request: Request) -> Reply | Raw:
        self.requests.append(request)
        if self.delay:
            return hang(self.delay)(request)
        if self.status == RESET:
            return reset(request)
        return Reply(self.body, self.status, None, self.headers)


class Mailbox:
    """A mail server. `user` and `password` make it want a login, `context` STARTTLS."""

    def __init__(
        self,
        login: tuple[str, str] | None = None,
        context: ssl.SSLContext | None = None,
        refuse: str | None = None,
    ) -> None:
        self.messages: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.recipients: list[str] = []
        self._refuse = refuse
        self._login = login
        self._controller = MailServer(
            self,
            tls_context=context,
            require_starttls=context is not None,
            authenticator=self._authenticate if login else None,
            auth_required=login is not None,
        )

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._controller.port}"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> Any:
        good = isinstance(data, LoginPassword) and self._login == (
            data.login.decode(),
            data.password.decode(),
        )
        return AuthResult(success=good, handled=False)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self._refuse:
            return self._refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.raw.append(envelope.content)
        self.recipients.extend(envelope.rcpt_tos)
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


def certificate(folder: Path) -> ssl.SSLContext:
    """A server context with a self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
