"""A repeated message is recognisable as one, and a service is left alone as long as it asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_string

import pytest
import requests

from alerts.errors import DeliveryError
from alerts.telling.notice import Notice
from alerts.telling.sending.channel import Channel, send
from alerts.telling.sending.wire import (
    LONGEST_WAIT,
    Envelope,
    Wire,
    addressed,
    stamped,
    wait,
)
from alerts.telling.writing.render import render
from tests.alerts.telling.receivers import Mailbox, Webhook

NOW = datetime(2025, 11, 15, 1, 0, tzinfo=UTC)
FIRST, LATER = Envelope("d1"), Envelope("d2", thread="d1")


def _mailto(mailbox: Mailbox) -> Channel:
    return Channel("mail", f"mailto://{mailbox.host}/?from=beacon@example.net&to=a@example.org")


@pytest.mark.anyio
async def test_a_mail_that_is_sent_again_is_the_same_mail(notice: Notice, mailbox: Mailbox) -> None:
    for _ in range(2):
        await send(_mailto(mailbox), render(notice), FIRST)
    assert [mail.get_all("Message-ID") for mail in mailbox.messages] == [["<d1@example.net>"]] * 2
    assert all(mail["References"] is None for mail in mailbox.messages)


@pytest.mark.anyio
async def test_a_follow_up_threads_under_the_first_mail(notice: Notice, mailbox: Mailbox) -> None:
    await send(_mailto(mailbox), render(notice), LATER)
    [mail] = mailbox.messages
    assert mail["Message-ID"] == "<d2@example.net>"
    assert mail["In-Reply-To"] == mail["References"] == "<d1@example.net>"
    assert mail["Subject"] == render(notice).subject and not mail.defects
    html = mail.get_body(("html",))
    assert html and html.get_content().replace("\r\n", "\n").rstrip() == (
        render(notice).html.rstrip()
    )


@pytest.mark.anyio
async def test_without_an_envelope_each_mail_is_its_own(notice: Notice, mailbox: Mailbox) -> None:
    for _ in range(2):
        await send(_mailto(mailbox), render(notice))
    first, second = (mail["Message-ID"] for mail in mailbox.messages)
    assert first != second


FOLDED = "Subject: a\nMessage-ID:\n <17000000.1.2@host>\nDate: x\n\nMessage-ID: in the text\n"


def test_a_stamp_replaces_a_folded_header_and_leaves_the_text() -> None:
    mail = message_from_string(stamped(FOLDED, Wire(LATER, text="other words"), "example.net"))
    assert mail.get_all("Message-ID") == ["<d2@example.net>"]
    assert mail["Subject"] == "a" and mail["Date"] == "x"
    assert mail.get_payload() == "Message-ID: in the text\n", "no alternative: it is all there is"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "url", ["json://{}/in", "ntfy://{}/topic", "mmost://{}/abcdefghijklmnopqrstuvwxyz"]
)
async def test_a_request_that_is_repeated_says_so(
    notice: Notice, webhook: Webhook, url: str
) -> None:
    for envelope in (FIRST, FIRST, LATER):
        await send(Channel("desk", url.format(webhook.host)), render(notice), envelope)
    keys = [request.headers["idempotency-key"] for request in webhook.requests]
    assert keys == ["d1", "d1", "d2"]
    assert webhook.requests[0].headers["x-sequence-id"] == "d1"


@pytest.mark.anyio
async def test_a_matrix_room_gets_a_repeated_message_under_its_transaction(
    notice: Notice, webhook: Webhook
) -> None:
    webhook.body = b'{"room_id": "!room:example.org", "event_id": "$1"}'
    channel = Channel("room", f"matrix://t0ken@{webhook.host}/!room:example.org")
    for envelope in (FIRST, FIRST, LATER):
        await send(channel, render(notice), envelope)
    sent = [request.path for request in webhook.requests if "/send/" in request.path]
    assert len(sent) == 3
    assert sent[0] == sent[1] != sent[2]


def test_each_room_and_message_has_a_transaction_of_its_own() -> None:
    base = "https://matrix.example.org/_matrix/client/v3"
    ids = {
        addressed(f"{base}/rooms/{room}/send/m.room.message/1", envelope).rpartition("/")[2]
        for room in ("%21a", "%21b")
        for envelope in (FIRST, LATER)
    }
    assert len(ids) == 4
    for other in (f"{base}/join/%21a", f"{base}/sendToDevice/m.room.encrypted/1"):
        assert addressed(other, FIRST) == other


def test_other_requests_of_the_process_carry_nothing(webhook: Webhook) -> None:
    requests.post(f"http://{webhook.host}/", json={}, timeout=5)
    assert "idempotency-key" not in webhook.requests[0].headers


@pytest.mark.anyio
async def test_how_long_a_service_asks_to_be_left_alone_is_told(
    notice: Notice, webhook: Webhook
) -> None:
    webhook.status, webhook.headers = 429, {"Retry-After": "90"}
    with pytest.raises(DeliveryError, match="429") as caught:
        await send(Channel("desk", f"json://{webhook.host}/"), render(notice))
    assert caught.value.retry_after == timedelta(seconds=90)
    assert not caught.value.permanent


@pytest.mark.anyio
async def test_matrix_is_believed_before_it_is_asked_again(
    notice: Notice, webhook: Webhook
) -> None:
    webhook.status, webhook.body = 429, b'{"retry_after_ms": 60000}'
    channel = Channel("room", f"matrix://t0ken@{webhook.host}/!room:example.org")
    with pytest.raises(DeliveryError, match="429") as caught:
        await send(channel, render(notice), limit=2)
    assert caught.value.retry_after == timedelta(minutes=1)


WAITS: dict[str, tuple[dict[str, str], dict[str, object], timedelta | None]] = {
    "seconds": ({"retry-after": "90"}, {}, timedelta(seconds=90)),
    "date": ({"retry-after": "Sat, 15 Nov 2025 01:02:00 GMT"}, {}, timedelta(minutes=2)),
    "past": ({"retry-after": "Sat, 15 Nov 2025 00:00:00 GMT"}, {}, timedelta(0)),
    "nonsense": ({"retry-after": "soon"}, {}, None),
    "discord": ({}, {"retry_after": 1.5}, timedelta(seconds=1.5)),
    "telegram": ({}, {"ok": False, "parameters": {"retry_after": 35}}, timedelta(seconds=35)),
    "matrix": ({}, {"retry_after_ms": 2000}, timedelta(seconds=2)),
    "for ever": ({"retry-after": "999999999"}, {}, LONGEST_WAIT),
    "infinity": ({}, {"retry_after": float("inf")}, LONGEST_WAIT),
    "not a number": ({}, {"retry_after": float("nan")}, None),
    "text": ({}, {"retry_after": "x"}, None),
    "odd parameters": ({}, {"parameters": [1]}, None),
    "silence": ({}, {}, None),
}


@pytest.mark.parametrize(("headers", "said", "pause"), WAITS.values(), ids=WAITS.keys())
def test_services_say_it_in_their_own_ways(
    headers: dict[str, str], said: dict[str, object], pause: timedelta | None
) -> None:
    assert wait(headers, said, NOW) == pause
