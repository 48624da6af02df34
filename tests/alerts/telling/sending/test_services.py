"""Each service gets what it takes, within its limit, and its refusals are heard."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.google_chat import NotifyGoogleChat
from apprise.plugins.lark import NotifyLark
from apprise.plugins.line import NotifyLine
from apprise.plugins.slack import NotifySlack
from apprise.plugins.telegram import NotifyTelegram
from apprise.plugins.wecombot import NotifyWeComBot

from alerts.errors import DeliveryError
from alerts.telling.notice import Appearance, Notice
from alerts.telling.sending.channel import Channel, send
from alerts.telling.sending.fit import MARK, SIZES
from alerts.telling.writing.render import render
from tests.alerts.telling.receivers import RESET, Webhook, certificate
from tests.alerts.telling.writing.test_escape import HOSTILE

pytestmark = pytest.mark.anyio
TOKEN = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Service:
    """How a service is addressed, where its text stands in a request, and what it takes."""

    url: str
    text: Callable[[dict[str, Any]], str]
    limit: int
    unit: str = "characters"
    constant: tuple[type, str] | None = None
    """Where Apprise keeps its host, if that cannot be set."""


SERVICES = {
    "dingtalk": Service(
        "dingtalk://" + "a" * 40,
        lambda said: str(said["text"]["content"]) if said["msgtype"] == "text" else "",
        20_000,
        "json",
        (NotifyDingTalk, "notify_url"),
    ),
    "feishu": Service(
        "feishu://a1234567-b123-c123-d123-e12345678901",
        lambda said: str(said["content"]["text"]) if said["msg_type"] == "text" else "",
        20_000,
        "json",
        (NotifyFeishu, "notify_url"),
    ),
    "lark": Service(
        "lark://" + "a" * 19,
        lambda said: str(said["content"]["text"]) if said["msg_type"] == "text" else "",
        20_000,
        "json",
        (NotifyLark, "notify_url"),
    ),
    "wecom": Service(
        "wecombot://" + "a" * 36,
        lambda said: str(said["text"]["content"]) if said["msgtype"] == "text" else "",
        2048,
        "bytes",
        (NotifyWeComBot, "notify_url"),
    ),
    "line": Service(
        "line://token/U1234567890123456789012345678901234",
        lambda said: str(said["messages"][0]["text"]),
        5000,
        "utf-16",
        (NotifyLine, "notify_url"),
    ),
    "slack": Service(
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        lambda said: str(said["attachments"][0]["text"]),
        35_000,
        constant=(NotifySlack, "webhook_url"),
    ),
    "telegram": Service(
        "tgram://123456789:abcdefg_hijklmnop/12315544/",
        lambda said: str(said["text"]),
        4096,
        "utf-16",
        (NotifyTelegram, "notify_url"),
    ),
    "discord": Service(
        "discord://123456789012345678/abcdefghijklmnop",
        lambda said: str(said.get("content") or said["embeds"][0]["description"]),
        2000,
        constant=(NotifyDiscord, "notify_url"),
    ),
    "google chat": Service(
        "gchat://workspace/key/token",
        lambda said: str(said["text"]),
        4096,
        constant=(NotifyGoogleChat, "notify_url"),
    ),
    "mattermost": Service("mmost://{}/" + TOKEN, lambda said: str(said["text"]), 16_383),
    "rocket.chat": Service(
        f"rocket://{TOKEN}/{TOKEN}@{{}}/#ops", lambda said: str(said["text"]), 1000
    ),
    "ntfy": Service("ntfy://{}/topic", lambda said: str(said["message"]), 4096, "bytes"),
    "gotify": Service("gotify://{}/" + TOKEN, lambda said: str(said["message"]), 32_768),
}


def _opened(service: Service, webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> Channel:
    if service.constant:
        monkeypatch.setattr(*service.constant, f"http://{webhook.host}/x")
    return Channel("desk", service.url.format(webhook.host), labels="zh-Hant")


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES.keys())
async def test_a_message_arrives_whole(
    notice: Notice, webhook: Webhook, monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    await send(_opened(service, webhook, monkeypatch), render(notice, labels="zh-Hant"))
    [(_, said)] = webhook.received
    text = service.text(said)
    for part in ("外交部提醒：近期避免前往日本", "https://post.example/1", "alerts mute e1"):
        assert part in text
    assert "（嚴重程度：高）" in text and MARK not in text


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES.keys())
async def test_a_long_message_is_cut_to_what_the_service_takes(
    notice: Notice, webhook: Webhook, monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    crowd = tuple(
        Appearance(f"新聞*_[{n}]👨‍👩‍👧", f"https://o.example/{n}/" + "%E6" * 400, "x", "en")
        for n in range(50)
    )
    long = replace(notice, appearances=crowd, passage="避免（前往）_日本_。" * 80, marks=((0, 2),))
    await send(_opened(service, webhook, monkeypatch), render(long, labels="zh-Hant"))
    [(_, said)] = webhook.received
    text = service.text(said)
    assert SIZES[service.unit](text) <= service.limit
    assert "外交部提醒" in text
    links = re.findall(r"https://o\.example/\d+/[%E6]*", text)
    assert all(link.count("%E6") == 400 for link in links)
    assert text.count("](") == len(re.findall(r"\]\(https?://[^()\s<>]+\)", text))
    assert text.count("<http") == len(re.findall(r"<https?://[^|<>]+\|[^<>]+>", text))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize(
    "name", ["dingtalk", "feishu", "lark", "wecom", "line", "gotify", "rocket.chat"]
)
async def test_nothing_of_an_article_is_obeyed(
    notice: Notice, webhook: Webhook, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    hostile = replace(notice, headline=text, outlet=text, passage=text, marks=())
    await send(_opened(SERVICES[name], webhook, monkeypatch), render(hostile))
    [(_, said)] = webhook.received
    shown = SERVICES[name].text(said)
    assert not re.search(r"[@＠]\w|<[!@#/a-z]|[\u202a-\u202e\u2066-\u2069]", shown)
    assert not (said.get("at") or {}).get("isAtAll")


DISGUISED = {
    "dingtalk": ({"errcode": 310000, "errmsg": "keywords not in content"}, True),
    "wecom": ({"errcode": 93000, "errmsg": f"invalid webhook url {'a' * 36}"}, True),
    "feishu": ({"code": 19001, "msg": "param invalid"}, True),
    "lark": ({"code": 11232, "msg": "frequency limited"}, False),
}


@pytest.mark.parametrize("name", DISGUISED)
async def test_a_refusal_with_the_status_of_success_is_a_refusal(
    notice: Notice, webhook: Webhook, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    said, permanent = DISGUISED[name]
    webhook.body = json.dumps(said).encode()
    with pytest.raises(DeliveryError) as caught:
        await send(_opened(SERVICES[name], webhook, monkeypatch), render(notice))
    code = said.get("errcode", said.get("code"))
    assert f"code {code}" in caught.value.what
    assert caught.value.permanent is permanent
    assert "a" * 19 not in str(caught.value)


@pytest.mark.parametrize("name", DISGUISED)
@pytest.mark.parametrize(
    "answer", [b'{"errcode":0,"code":0}', b"ok", b"", b"[1]", b'{"code":null}']
)
async def test_an_answer_without_an_error_code_is_acceptance(
    notice: Notice, webhook: Webhook, monkeypatch: pytest.MonkeyPatch, name: str, answer: bytes
) -> None:
    webhook.body = answer
    await send(_opened(SERVICES[name], webhook, monkeypatch), render(notice))


ANSWERS = {200: None, 204: None, 400: True, 401: True, 404: True, 413: True, 429: False, 500: False}
RECEIVERS = {
    "json": "json://{}/in",
    "mattermost": "mmost://{}/" + TOKEN,
    "matrix": f"matrix://{TOKEN}@{{}}/!room:example.org",
    "ntfy": "ntfy://{}/topic",
    "gotify": "gotify://{}/" + TOKEN,
    "rocket.chat": f"rocket://{TOKEN}/{TOKEN}@{{}}/#ops",
    "apprise api": "apprise://{}/" + TOKEN,
}
STRICT_ABOUT_204 = {"mattermost", "matrix", "ntfy", "gotify", "rocket.chat", "apprise api"}
"""Services that answer 200 with a body when they take a message: 204 comes from something else."""


@pytest.mark.parametrize("status", ANSWERS)
@pytest.mark.parametrize("name", RECEIVERS)
async def test_every_receiver_is_understood(
    notice: Notice, webhook: Webhook, name: str, status: int
) -> None:
    webhook.status = status
    webhook.body = b'{"room_id": "!room:example.org", "event_id": "$1"}'  # for Matrix
    webhook.headers = {"Retry-After": "42"} if status == 429 else {}
    channel = Channel("desk", RECEIVERS[name].format(webhook.host))
    permanent = False if status == 204 and name in STRICT_ABOUT_204 else ANSWERS[status]
    if permanent is None:
        await send(channel, render(notice))
        assert "https://post.example/1" in unquote_plus(webhook.requests[-1].body.decode())
        return
    with pytest.raises(DeliveryError) as caught:
        await send(channel, render(notice), limit=3)
    assert str(status) in caught.value.what or (name, status) == ("matrix", 204)
    assert caught.value.permanent is permanent
    assert caught.value.retry_after == (timedelta(seconds=42) if status == 429 else None)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("name", RECEIVERS)
async def test_every_receiver_may_break_off(notice: Notice, webhook: Webhook, name: str) -> None:
    webhook.status = RESET
    with pytest.raises(DeliveryError) as caught:
        await send(Channel("desk", RECEIVERS[name].format(webhook.host)), render(notice), limit=3)
    assert not caught.value.permanent
    assert TOKEN not in str(caught.value)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", RECEIVERS)
async def test_every_receiver_may_hang(notice: Notice, webhook: Webhook, name: str) -> None:
    webhook.delay = 60
    with pytest.raises(DeliveryError, match="does not answer in time") as caught:
        await send(Channel("desk", RECEIVERS[name].format(webhook.host)), render(notice), limit=0.3)
    assert not caught.value.permanent


SECURE = [url.replace("://", "s://", 1) for url in RECEIVERS.values()]


@pytest.mark.parametrize("url", [*SECURE, "webhooks://{}/in"])
async def test_a_bad_certificate_is_refused(notice: Notice, tmp_path: Path, url: str) -> None:
    with Webhook() as webhook:
        webhook.secure(certificate(tmp_path))
        channel = Channel("desk", url.format(webhook.host), secret="x" * 32)
        with pytest.raises(DeliveryError, match="certificate is not valid") as caught:
            await send(channel, render(notice), limit=5)
        assert webhook.requests == [] and not caught.value.permanent
