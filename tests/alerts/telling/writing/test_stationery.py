"""A person's own templates take the place of the shipped ones, and can break nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.errors import TemplateError
from alerts.telling.notice import Notice
from alerts.telling.writing.render import proof, render
from alerts.telling.writing.stationery import SHIPPED, Stationery
from tests.alerts.telling.writing.test_escape import HOSTILE

README = Path(__file__).parents[4] / "alerts" / "README.md"
Own = Callable[..., Path]


@pytest.fixture
def own(tmp_path: Path) -> Own:
    """A folder with these templates: `notice_txt` is notice.txt.j2."""

    def write(**templates: str) -> Path:
        for name, text in templates.items():
            (tmp_path / f"{name.replace('_', '.')}.j2").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_a_template_of_ones_own_replaces_the_shipped_one(notice: Notice, own: Own) -> None:
    message = render(notice, stationery=Stationery(own(notice_txt="{{ card.headline }}!")))
    assert message.text == "外交部提醒：近期避免前往日本!"
    assert message.markdown == render(notice).markdown
    assert message.html == render(notice).html


def test_the_shipped_one_can_be_extended(notice: Notice, own: Own) -> None:
    page = '{% extends "shipped/page.html.j2" %}{% block content %}<p>{{ card.url }}{% endblock %}'
    message = render(notice, stationery=Stationery(own(notice_html=page)))
    assert "<p>https://daily.example/2025/11/15?id=1&amp;x=2" in message.html
    assert "max-width: 600px" in message.html


def test_the_example_of_the_document_works(notice: Notice, own: Own) -> None:
    example = re.search(r"```jinja\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example
    text = render(notice, stationery=Stationery(own(notice_txt=example[1]), strict=True)).text
    assert "外交部提醒：近期避免前往日本 https://daily.example/2025/11/15?id=1&x=2\n" in text
    assert "First seen: 2025-11-15 01:02 UTC" in text


CARELESS = {
    "plain": "{{ card.headline }}",
    "escaped for html": "{{ card.headline | e }}",
    "declared safe": "{{ card.headline | safe }}",
    "joined": "{{ card.headline ~ card.headline }}",
    "in a link": "{{ link(card.headline, card.url) }}",
}


@pytest.mark.parametrize("template", CARELESS.values(), ids=CARELESS.keys())
def test_no_template_can_forget_to_escape(notice: Notice, own: Own, template: str) -> None:
    stationery = Stationery(own(notice_txt=template, notice_md=template), strict=True)
    for text in HOSTILE.values():
        message = render(replace(notice, headline=text), stationery=stationery)
        for body in (message.text, message.markdown):
            assert "\n" not in body
            assert not re.search(r"[@＠]\w|<[!@#/a-z]|[\u202a-\u202e\u2066-\u2069]", body)
        assert "](http://evil" not in message.markdown


BROKEN = {
    "syntax": ("a\n{% if %}", 2, "Expected an expression"),
    "unknown field": ("a\nb\n{{ card.headlines }}", 3, "headlines"),
    "unknown filter": ("{{ card.headline | shout }}", 1, "shout"),
    "division": ("\n{{ 1 / 0 }}", 2, "division"),
    "sandbox": ("{{ card.headline.__class__.__mro__ }}", 1, "__class__"),
    "include": ('\n{% include "nowhere.j2" %}', 2, "nowhere.j2"),
    "outside": ('{% include "../secret.txt" %}', 1, "secret.txt"),
}


@pytest.mark.parametrize(("template", "line", "what"), BROKEN.values(), ids=BROKEN.keys())
def test_a_flaw_is_told_with_file_and_line(
    notice: Notice, own: Own, template: str, line: int, what: str
) -> None:
    folder = own(notice_txt=template)
    with pytest.raises(TemplateError, match=re.escape(what)) as caught:
        render(notice, stationery=Stationery(folder, strict=True))
    assert caught.value.where == f"{folder / 'notice.txt.j2'}, line {line}"


def test_readers_are_told_all_the_same(
    notice: Notice, own: Own, caplog: pytest.LogCaptureFixture
) -> None:
    folder = own(notice_txt="{{ nothing }}", notice_md="{{ card.headline }}")
    message = render(notice, stationery=Stationery(folder))
    assert message.text == render(notice).text
    assert message.markdown == "外交部提醒：近期避免前往日本"
    assert "notice.txt.j2, line 1" in caplog.text


def test_the_proof_finds_what_fails_and_what_means_nothing(own: Own) -> None:
    assert list(proof(SHIPPED)) == []
    folder = own(notice_txt="{{ card.url.upper() }}", digest_md="{{ x }}", notise_html="")
    lines = list(proof(folder))
    assert len(lines) == 3
    assert "notise.html.j2: no message is written by that name" in lines[0]
    assert "notice.txt.j2, line 1" in lines[1], "an address may be missing"
    assert "digest.md.j2, line 1" in lines[2]
    [line] = proof(folder / "nowhere")
    assert "no such folder" in line
