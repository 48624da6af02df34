"""A program that gets a message can check who sent it, and knows what stands where."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from alerts import telling
from alerts.errors import ChannelError, DeliveryError
from alerts.reading.rules.rule import Development
from alerts.telling.notice import NewFact, Notice, NoticeKind
from alerts.telling.sending.channel import Channel, check, send
from alerts.telling.sending.webhook import VERSION, body, signature
from alerts.telling.sending.wire import Envelope
from alerts.telling.writing.render import Message, render, render_digest
from alerts.telling.writing.specimen import a_day
from tests.alerts.telling.receivers import RESET, Webhook
from tests.alerts.telling.writing.test_escape import HOSTILE
from tests.servers import Request

ROOM = Path(telling.__file__).parent
KEY = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
SCHEMA = json.loads(
    (ROOM / "sending" / f"webhook.v{VERSION}.schema.json").read_text(encoding="utf-8")
)
ENVELOPE = Envelope("d1")


def test_the_signature_is_that_of_standard_webhooks() -> None:
    # The example of the specification's own test suite.
    assert (
        signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            b'{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def verified(request: Request, key: bytes) -> bool:
    """As alerts/README.md tells the receiver to do it."""
    readme = (ROOM.parent / "README.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(import base64.*?)```", readme, re.DOTALL)
    assert code
    names: dict[str, Any] = {}
    exec(code[1], names)  # noqa: S102 - our own document
    return bool(names["is_genuine"](request.headers, request.body, key))


@pytest.mark.anyio
async def test_a_receiver_can_check_the_sender(notice: Notice, webhook: Webhook) -> None:
    await send(_channel(webhook), render(notice), ENVELOPE)
    [request] = webhook.requests
    assert request.path == "/in?team=7"
    assert verified(request, KEY)
    assert not verified(request, KEY[:-1] + b"X")
    assert not verified(replace(request, body=request.body + b" "), KEY)
    late = {**request.headers, "webhook-timestamp": "1700000000"}
    assert not verified(replace(request, headers=late), KEY)


@pytest.mark.anyio
async def test_a_secret_may_be_any_long_text(notice: Notice, webhook: Webhook) -> None:
    secret = "correct horse battery staple 驛站"
    await send(replace(_channel(webhook), secret=secret), render(notice))
    assert verified(webhook.requests[0], secret.encode())


@pytest.mark.anyio
async def test_a_repeated_message_has_the_same_id_and_body(
    notice: Notice, webhook: Webhook
) -> None:
    for _ in range(2):
        await send(_channel(webhook), render(notice), ENVELOPE)
    first, again = webhook.requests
    assert first.headers["webhook-id"] == again.headers["webhook-id"] == "d1"
    assert first.headers["idempotency-key"] == "d1"
    assert first.body == again.body


def _messages(notice: Notice) -> dict[str, Message]:
    update = replace(
        notice,
        kind=NoticeKind.UPDATE,
        thread_id="a0",
        facts=tuple(NewFact(what, None, "high") for what in Development),
    )
    bare = replace(notice, category=None, direction=None, actor=None, target=None, url="seed:1")
    undated = replace(notice, published_at=None, published_source=None)
    return {
        "alert": render(notice),
        "update": render(update, labels="ja"),
        "keywords": render(bare),
        "undated": render(undated),
        "digest": render_digest(a_day(notice)),
        "message": Message("s", "t", "m", "h"),
    }


@pytest.mark.parametrize("kind", ["alert", "update", "keywords", "undated", "digest", "message"])
def test_every_message_follows_the_schema(notice: Notice, kind: str) -> None:
    said = json.loads(body(_messages(notice)[kind], ENVELOPE))
    _check(said)
    assert (said["alert"] is None) is (kind in {"digest", "message"})


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_article_follows_the_schema(notice: Notice, text: str) -> None:
    hostile = replace(notice, headline=text, outlet=text, url=text, passage=text, marks=((0, 1),))
    said = json.loads(body(render(hostile), ENVELOPE))
    _check(said)
    assert said["alert"]["url"] is None
    assert said["alert"]["headline"].isprintable()


def test_the_schema_promises_every_key_and_knows_no_other(notice: Notice) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    said = json.loads(body(_messages(notice)["update"], ENVELOPE))
    alert = SCHEMA["$defs"]["alert"]
    assert set(said) == set(SCHEMA["required"]) == set(SCHEMA["properties"])
    assert set(said["alert"]) == set(alert["required"]) == set(alert["properties"])
    for name in ("news", "passage", "rules", "outlets"):
        assert set(said["alert"][name][0]) == set(alert["properties"][name]["items"]["required"])


def test_the_schema_refuses_what_is_wrong(notice: Notice) -> None:
    said = json.loads(body(render(notice), ENVELOPE))
    mistakes: list[dict[str, object]] = [
        {"version": 2},
        {"severity": "grave"},
        {"kind": "x"},
        {"alert": {}},
    ]
    for wrong in mistakes:
        assert not Draft202012Validator(SCHEMA).is_valid(said | wrong)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "permanent"),
    [(204, None), (302, False), (400, True), (410, True), (429, False), (500, False)],
)
async def test_answers_are_told_apart(
    notice: Notice, webhook: Webhook, status: int, permanent: bool | None
) -> None:
    webhook.status = status
    webhook.headers = {"Retry-After": "7", "Location": "/elsewhere"}
    if permanent is None:
        await send(_channel(webhook), render(notice))
        return
    error = await _refused(_channel(webhook), render(notice))
    assert str(status) in error.what and error.permanent is permanent
    assert (error.retry_after is not None) is (status == 429)
    assert len(webhook.requests) == 1


@pytest.mark.anyio
async def test_a_broken_connection_is_explained_without_the_address(
    notice: Notice, webhook: Webhook
) -> None:
    webhook.status = RESET
    error = await _refused(_channel(webhook), render(notice))
    assert not error.permanent
    assert not any(part in str(error) for part in ("127.0.0.1", "team=7", "/in", SECRET))


UNUSABLE = {
    "no secret": (None, "it has no secret"),
    "short": ("hunter2", "shorter than 24 bytes"),
    "short base64": ("whsec_aHVudGVyMg==", "shorter than 24 bytes"),
    "no base64": ("whsec_hunter2-hunter2-hunter2-hunter2", "no base64"),
}


@pytest.mark.parametrize(("secret", "what"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_secret_that_is_none_is_found_before_the_first_alert(
    secret: str | None, what: str
) -> None:
    with pytest.raises(ChannelError, match=what) as caught:
        check(Channel("desk", "webhooks://example.org/in", secret=secret))
    assert "hunter2" not in str(caught.value) + repr(caught.value.__cause__)
    assert "openssl rand" in caught.value.remedy


def test_a_secret_is_never_shown() -> None:
    assert SECRET not in repr(Channel("desk", "webhooks://example.org/in", secret=SECRET))


def _channel(webhook: Webhook) -> Channel:
    return Channel("desk", f"webhook://{webhook.host}/in?team=7", secret=SECRET)


def _check(said: dict[str, Any]) -> None:
    Draft202012Validator(SCHEMA, format_checker=FormatChecker()).validate(said)


async def _refused(channel: Channel, message: Message) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await send(channel, message, ENVELOPE, limit=10)
    return caught.value
