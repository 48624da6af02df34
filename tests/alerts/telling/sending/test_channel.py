"""What real receivers get, and what is told when they refuse."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.google_chat import NotifyGoogleChat
from apprise.plugins.slack import NotifySlack
from apprise.plugins.telegram import NotifyTelegram
from lxml import html

from alerts.errors import ChannelError, DeliveryError
from alerts.telling.notice import Notice
from alerts.telling.sending.channel import Channel, check, send
from alerts.telling.writing.render import Message, render, render_digest
from alerts.telling.writing.specimen import a_day
from tests.alerts.telling.receivers import RESET, Mailbox, Webhook, certificate
from tests.alerts.telling.writing.test_escape import HOSTILE

TOKEN = "tok3nabcdef0123456789"
HEADLINE = "外交部提醒：近期避免前往日本"
pytestmark = pytest.mark.anyio


async def test_a_json_webhook_gets_title_text_and_type(notice: Notice, webhook: Webhook) -> None:
    message = render(notice, labels="zh-Hant", timezone="Asia/Hong_Kong")
    await send(Channel("desk", f"json://{webhook.host}/in"), message)
    [(path, body)] = webhook.received
    assert path == "/in"
    assert body["title"] == message.subject
    assert body["message"] == message.text.rstrip()
    assert body["type"] == "warning"
    assert webhook.requests[0].headers["user-agent"] == "noroshi"


async def test_mattermost_gets_markdown(notice: Notice, webhook: Webhook) -> None:
    message = render(notice)
    await send(Channel("desk", f"mmost://{webhook.host}/{TOKEN}"), message)
    [(path, body)] = webhook.received
    assert path == f"/hooks/{TOKEN}"
    assert (
        body["text"].splitlines()[0]
        == f"**{message.subject.replace('[', '［').replace(']', '］')}**"
    )
    assert body["text"].endswith(message.markdown.rstrip())
    assert "icon_url" not in body


async def test_ntfy_gets_text(notice: Notice, webhook: Webhook) -> None:
    message = render(notice)
    await send(Channel("phone", f"ntfy://{webhook.host}/topic?image=no"), message)
    [(_, body)] = webhook.received
    assert (body["topic"], body["title"]) == ("topic", message.subject)
    assert body["message"] == message.text.rstrip()


async def test_gotify_gets_markdown_and_says_so(notice: Notice, webhook: Webhook) -> None:
    message = render(notice)
    await send(Channel("phone", f"gotify://{webhook.host}/{TOKEN}"), message)
    [(_, body)] = webhook.received
    assert body["message"] == message.markdown.rstrip()
    assert body["extras"]["client::display"]["contentType"] == "text/markdown"


async def test_a_format_in_the_address_wins(notice: Notice, webhook: Webhook) -> None:
    message = render(notice)
    await send(Channel("desk", f"mmost://{webhook.host}/{TOKEN}?format=text"), message)
    assert webhook.received[0][1]["text"] == f"{message.subject}\n\n{message.text.rstrip()}"


DIALECTS = {
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ": (
        (NotifySlack, "webhook_url"),
        "<https://shimbun.example/1|見本新聞>",
        "*提醒*",
    ),
    "gchat://workspace/key/token": (
        (NotifyGoogleChat, "notify_url"),
        "<https://shimbun.example/1|見本新聞>",
        "*提醒*",
    ),
    "tgram://123456789:abcdefg_hijklmnop/12315544/": (
        (NotifyTelegram, "notify_url"),
        "[見本新聞](https://shimbun.example/1)",
        "*提醒*",
    ),
    "discord://123456789012345678/abcdefghijklmnop": (
        (NotifyDiscord, "notify_url"),
        "[見本新聞](https://shimbun.example/1)",
        "**提醒**",
    ),
}


@pytest.mark.parametrize(("url", "case"), DIALECTS.items())
async def test_each_chat_gets_its_own_dialect(
    notice: Notice,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    case: tuple[tuple[type, str], str, str],
) -> None:
    (service, constant), link, mark = case
    monkeypatch.setattr(service, constant, f"http://{webhook.host}/x")
    await send(Channel("desk", url), render(notice))
    said = json.dumps(webhook.received[0][1], ensure_ascii=False)
    assert link in said and mark in said and HEADLINE in said
    assert "github" not in said


@pytest.mark.parametrize("url", DIALECTS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_no_dialect_reads_a_mention_or_a_link_of_others(
    notice: Notice, webhook: Webhook, monkeypatch: pytest.MonkeyPatch, text: str, url: str
) -> None:
    service, constant = DIALECTS[url][0]
    monkeypatch.setattr(service, constant, f"http://{webhook.host}/x")
    hostile = replace(notice, headline=text, outlet=text, passage=text, marks=())
    await send(Channel("desk", url), render(hostile))
    said = json.dumps(webhook.received[0][1], ensure_ascii=False)
    body = re.sub(r'"title": "(?:[^"\\]|\\.)*"', "", said)  # a title is plain text
    assert not re.search(r"[@＠]\w|<[!@#]|[\u202a-\u202e]", said)
    assert not re.search(r"\]\((<|)http://evil|<http://evil", body)


async def test_a_long_message_is_cut_between_lines(notice: Notice, webhook: Webhook) -> None:
    message = replace(render(notice), markdown="[x](https://a.example/yyyyyyyy)\n" * 2000)
    await send(Channel("desk", f"rocket://{TOKEN}/{TOKEN}@{webhook.host}/#ops"), message)
    lines = webhook.received[0][1]["text"].splitlines()
    assert lines[-1] == "…"
    assert set(lines[2:-1]) == {"[x](https://a.example/yyyyyyyy)"}
    assert sum(map(len, lines)) <= 1000


@pytest.mark.parametrize("scheme", ["json", "mmost"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_no_receiver_gets_an_active_mention_or_link(
    notice: Notice, webhook: Webhook, text: str, scheme: str
) -> None:
    hostile = replace(notice, headline=text, outlet=text, passage=text, marks=())
    await send(Channel("desk", f"{scheme}://{webhook.host}/{TOKEN}"), render(hostile))
    body = webhook.received[0][1]
    shown = body.get("title", "") + body.get("message", body.get("text"))
    assert not re.search(r"[@＠]\w|<[!@#/a-z]|[\u202a-\u202e\u2066-\u2069]", shown)
    assert "](http://evil.example" not in shown or scheme == "json"


async def test_a_mail_is_readable_in_both_parts(notice: Notice, mailbox: Mailbox) -> None:
    message = render(notice, labels="ja", timezone="Asia/Tokyo")
    await send(Channel("mail", _mailto(mailbox)), message)
    [mail] = mailbox.messages
    assert mailbox.recipients == ["reader@example.org"]
    assert mail["Subject"] == message.subject
    assert mail.get_content_type() == "multipart/alternative"
    assert _part(mail, "html") == message.html.rstrip()
    assert _part(mail, "plain") == message.text.rstrip()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_headline_adds_no_mail_header(
    notice: Notice, mailbox: Mailbox, text: str
) -> None:
    await send(Channel("mail", _mailto(mailbox)), render(replace(notice, headline=text)))
    [mail] = mailbox.messages
    assert mailbox.recipients == ["reader@example.org"]
    assert sorted(mail.keys()) == sorted(HEADERS)
    assert not mail.defects
    document = _part(mail, "html")
    assert not html.fromstring(document).xpath("//script|//img|//@onerror")


HEADERS = (
    "Content-Type",
    "MIME-Version",
    "X-Application",
    "Subject",
    "From",
    "To",
    "Message-ID",
    "Date",
)


async def test_a_digest_by_mail(notice: Notice, mailbox: Mailbox) -> None:
    digest = a_day(notice)
    await send(Channel("mail", _mailto(mailbox)), render_digest(digest, labels="zh-Hans"))
    [mail] = mailbox.messages
    assert mail["Subject"] == "摘要 2025-11-15 — 事件：1"
    text = _part(mail, "plain")
    assert "https://daily.example/2025/11/15?id=1&x=2" in text


async def test_mail_goes_through_starttls_with_a_login(notice: Notice, tmp_path: Path) -> None:
    with Mailbox(login=("bot", "s3cret-pass"), context=certificate(tmp_path)) as mailbox:
        url = _mailtos(mailbox, "s3cret-pass") + "&verify=no"
        await send(Channel("mail", url), render(notice))
        assert mailbox.messages[0]["Subject"] == render(notice).subject


async def test_a_bad_certificate_is_refused_by_default(notice: Notice, tmp_path: Path) -> None:
    with Mailbox(login=("bot", "s3cret-pass"), context=certificate(tmp_path)) as mailbox:
        error = await _refused(Channel("mail", _mailtos(mailbox, "s3cret-pass")), render(notice))
    assert "certificate is not valid" in error.what
    assert not error.permanent and mailbox.messages == []


async def test_a_wrong_password_is_permanent(notice: Notice, tmp_path: Path) -> None:
    with Mailbox(login=("bot", "s3cret-pass"), context=certificate(tmp_path)) as mailbox:
        url = _mailtos(mailbox, "wr0ng-pass") + "&verify=no"
        error = await _refused(Channel("mail", url), render(notice))
    assert "535" in error.what and "password" in error.remedy
    assert error.permanent and "wr0ng" not in str(error)


@pytest.mark.parametrize(
    ("reply", "permanent"), [("550 no such user", True), ("451 greylisted", False)]
)
async def test_a_refused_recipient(notice: Notice, reply: str, permanent: bool) -> None:
    with Mailbox(refuse=reply) as mailbox:
        error = await _refused(Channel("mail", _mailto(mailbox)), render(notice))
    assert reply[:3] in error.what
    assert error.permanent is permanent
    assert "reader" not in str(error)


ANSWERS = {
    "json": {
        200: None,
        204: None,
        302: False,
        400: True,
        401: True,
        403: True,
        404: True,
        410: True,
        413: True,
        429: False,
        500: False,
        503: False,
        RESET: False,
    },
    "mmost": {200: None, 400: True, 401: True, 404: True, 429: False, 500: False, RESET: False},
}


@pytest.mark.parametrize(
    ("scheme", "status", "permanent"),
    [(scheme, *answer) for scheme, answers in ANSWERS.items() for answer in answers.items()],
)
async def test_answers_are_told_apart(
    notice: Notice, webhook: Webhook, scheme: str, status: int, permanent: bool | None
) -> None:
    webhook.status = status
    channel = Channel("desk", f"{scheme}://us3r:passw0rd@{webhook.host}/{TOKEN}")
    if permanent is None:
        await send(channel, render(notice))
    else:
        error = await _refused(channel, render(notice))
        assert error.permanent is permanent
        assert status < 0 or str(status) in error.what
        assert not re.search(f"{TOKEN}|passw0rd|us3r|127.0.0.1", str(error))
    assert len(webhook.received) == 1


async def test_a_redirect_is_not_taken_for_success(notice: Notice, webhook: Webhook) -> None:
    webhook.status, webhook.headers = 302, {"Location": f"http://{webhook.host}/login"}
    error = await _refused(Channel("desk", f"json://{webhook.host}/{TOKEN}"), render(notice))
    assert "302 Found" in error.what


@pytest.mark.timeout(30)
async def test_a_hanging_service_is_given_up(notice: Notice, webhook: Webhook) -> None:
    webhook.delay = 60
    channel = Channel("desk", f"json://{webhook.host}/{TOKEN}?rto=60")
    with pytest.raises(DeliveryError, match="does not answer in time") as caught:
        await send(channel, render(notice), limit=0.4)
    assert not caught.value.permanent


async def test_a_hanging_service_holds_up_no_other(notice: Notice, webhook: Webhook) -> None:
    with Webhook() as hanging:
        hanging.delay = 3
        stuck = Channel("stuck", f"json://{hanging.host}/")
        both = await asyncio.gather(
            send(stuck, render(notice), limit=1),
            send(Channel("desk", f"json://{webhook.host}/"), render(notice)),
            return_exceptions=True,
        )
    assert isinstance(both[0], DeliveryError) and both[1] is None


async def test_nothing_listening(notice: Notice) -> None:
    with Webhook() as gone:
        host = gone.host
    error = await _refused(Channel("desk", f"json://{host}/{TOKEN}"), render(notice))
    assert "nothing listens" in error.what and not error.permanent


async def test_failures_of_parallel_sends_are_not_mixed_up(notice: Notice) -> None:
    with Webhook() as first, Webhook() as second:
        first.status, second.status = 404, 503
        channels = [Channel("a", f"json://{first.host}/"), Channel("b", f"json://{second.host}/")]
        errors = await asyncio.gather(
            *(send(channel, render(notice)) for channel in channels * 5), return_exceptions=True
        )
    assert ["404" in str(e) for e in errors] == [True, False] * 5
    assert ["503" in str(e) for e in errors] == [False, True] * 5


async def test_a_failure_is_told_even_where_apprise_is_told_to_ignore_it(
    notice: Notice, webhook: Webhook
) -> None:
    webhook.status = 500
    channel = Channel("desk", f"json://{webhook.host}/?optional=yes&retry=3")
    await _refused(channel, render(notice))
    assert len(webhook.received) == 1


UNUSABLE = {
    "": "no scheme",
    "s3cret": "no scheme",
    "nosuchservice://s3cret": "nosuchservice://",
    "slack://s3cret": "slack://",
    "tgram://s3cret/": "tgram://",
    "mailto://": "mailto://",
    "json://[s3cret": "json://",
    "/etc/s3cret.yml": "no scheme",
}


@pytest.mark.parametrize(("url", "named"), UNUSABLE.items())
def test_an_unusable_address_is_named_by_its_scheme_alone(
    url: str, named: str, capfd: pytest.CaptureFixture[str], logged: list[str]
) -> None:
    with pytest.raises(ChannelError, match="channel desk") as caught:
        check(Channel("desk", url))
    assert named in caught.value.what and caught.value.remedy
    told = [str(caught.value), repr(caught.value.__cause__), *logged, *capfd.readouterr()]
    assert "s3cret" not in "".join(told)


@pytest.mark.parametrize(
    "wrong", [{"labels": "fr"}, {"timezone": "Asia/Edo"}, {"timezone": "../x"}]
)
def test_unknown_labels_or_zone_are_found_before_the_first_alert(wrong: dict[str, Any]) -> None:
    with pytest.raises(ChannelError, match="time zone"):
        check(Channel("desk", "json://127.0.0.1", **wrong))


@pytest.mark.parametrize(
    "url",
    [
        "mailto://u:p@example.org",
        "json://localhost/x",
        "mmost://localhost/" + TOKEN,
        "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "tgram://123456789:abcdefg_hijklmnop/12315544/",
    ],
)
def test_usable_addresses_pass(url: str) -> None:
    check(Channel("desk", url))


def test_a_channel_never_shows_its_address() -> None:
    assert "s3cret" not in repr(Channel("desk", "json://u:s3cret@h")) + str(
        Channel("d", "x://s3cret")
    )


async def test_nothing_of_a_delivery_is_logged(
    notice: Notice, webhook: Webhook, logged: list[str]
) -> None:
    webhook.status = 404
    await _refused(Channel("desk", f"mmost://{webhook.host}/{TOKEN}"), render(notice))
    assert TOKEN not in "".join(logged)


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What reaches the program's own log, at its most talkative."""
    lines: list[str] = []
    handler, root = logging.Handler(), logging.getLogger()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    root.addHandler(handler)
    before = root.level
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(before)
    root.removeHandler(handler)


async def test_an_address_that_cannot_be_used_is_no_permanent_refusal(notice: Notice) -> None:
    with pytest.raises(DeliveryError, match="slack:// address cannot be used") as caught:
        await send(Channel("desk", "slack://s3cret"), render(notice))
    assert not caught.value.permanent


async def _refused(channel: Channel, message: Message) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await send(channel, message, limit=10)
    assert caught.value.__cause__ is None
    return caught.value


def _part(mail: EmailMessage, kind: str) -> str:
    """The part of that kind, with line ends as they were before the journey."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").rstrip()


def _mailto(mailbox: Mailbox) -> str:
    return f"mailto://{mailbox.host}/?from=noroshi@example.org&to=reader@example.org"


def _mailtos(mailbox: Mailbox, password: str) -> str:
    return (
        f"mailtos://bot:{password}@{mailbox.host}/"
        "?from=noroshi@example.org&to=reader@example.org&mode=starttls"
    )
