"""A webhook: a message as JSON for a program of one's own, signed.

`webhooks://host/path` is posted to over HTTPS, `webhook://host/path` over HTTP. The body follows
`webhook.v1.schema.json`; a key may be added to it, and none is renamed or removed without a new
version. Headers and signature are those of Standard Webhooks 1.0
(https://github.com/standard-webhooks/standard-webhooks), for which libraries exist:

- webhook-id: the id of the delivery; the same on a repeated send
- webhook-timestamp: seconds since 1970 when this attempt was made
- webhook-signature: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
import time

import requests

from alerts.telling.sending.wire import Envelope, Wire
from alerts.telling.writing.render import Message

VERSION = 1
SHORTEST_SECRET = 24
"""Bytes; what Standard Webhooks asks for at least."""

_ADDRESS = re.compile(r"^webhook(s?)://", re.IGNORECASE)


def is_webhook(url: str) -> bool:
    """Whether a channel's address is of this kind."""
    return bool(_ADDRESS.match(url))


def key(secret: str) -> bytes:
    """The key that a secret stands for: base64 after `whsec_`, else its own UTF-8.

    Raises ValueError where it is too short to be one.
    """
    try:
        found = secret.encode()
        if secret.startswith("whsec_"):
            found = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("its secret is no base64 after whsec_") from None
    if len(found) < SHORTEST_SECRET:
        raise ValueError(f"its secret is shorter than {SHORTEST_SECRET} bytes")
    return found


def body(message: Message, envelope: Envelope) -> bytes:
    """What is posted."""
    said = {
        "version": VERSION,
        "id": envelope.id,
        "kind": message.kind,
        "severity": message.severity,
        "subject": message.subject,
        "text": message.text,
        "markdown": message.markdown,
        "alert": message.record,
    }
    return json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")


def signature(secret: str, id_: str, timestamp: int, content: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = f"{id_}.{timestamp}.".encode() + content
    digest = hmac.new(key(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def post(
    message: Message, wire: Wire, *, url: str, secret: str, seconds: float
) -> list[str] | None:
    """Post and wait. None where it was accepted (any 2xx), else what went wrong, as log lines."""
    envelope = wire.envelope or Envelope(secrets.token_hex(10))
    content, now = body(message, envelope), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "noroshi",
        "webhook-id": envelope.id,
        "webhook-timestamp": str(now),
        "webhook-signature": signature(secret, envelope.id, now, content),
    }
    address = _ADDRESS.sub(r"http\1://", url)
    try:
        answer = requests.post(
            address, content, headers=headers, timeout=seconds, allow_redirects=False
        )
    except requests.RequestException as error:  # its text has the address: see `refusal`
        return [f"{type(error).__name__}: {error}"]
    return None if answer.ok and answer.status_code < 300 else [f"error={answer.status_code}"]
