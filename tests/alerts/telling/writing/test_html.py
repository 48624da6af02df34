"""The HTML of messages is valid, and can be read on a phone, in the dark and without pictures.

`make browser` looks at it in Chromium and leaves pictures in the folder that it names.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import html5lib
import pytest

from alerts.telling.notice import Notice
from alerts.telling.writing.render import render, render_digest
from alerts.telling.writing.specimen import a_day, specimen
from alerts.telling.writing.wording import LABELS
from tests.alerts.telling.writing.test_escape import HOSTILE
from tests.children import ran

LONG = replace(
    specimen(),
    severity="critical",
    headline="中国外交部召见日本驻华大使提出严正交涉和强烈抗议 China summons ambassador " * 3,
    outlet="Averylongnewspapernamewithoutanyspacebetweenitswords" * 2,
    url="https://www.averylongdomainnameofanewspaper.example/" + "a" * 300,
)


def documents(*notices: Notice, labels: str = "en") -> dict[str, str]:
    return {
        "notice": render(notices[0], labels=labels).html,
        "digest": render_digest(a_day(*notices), labels=labels).html,
        "empty": render_digest(a_day(), labels=labels).html,
    }


def flaws(document: str) -> list[str]:
    """What the HTML standard's parser has to correct, with its place."""
    parser = html5lib.HTMLParser()
    parser.parse(document)
    return [f"{place}: {code}" for place, code, _ in parser.errors]


@pytest.mark.parametrize("labels", LABELS)
def test_the_html_is_valid(labels: str) -> None:
    for notice in (specimen(), specimen(bare=True), LONG):
        for document in documents(notice, specimen(), labels=labels).values():
            assert flaws(document) == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_article_leaves_it_valid(text: str) -> None:
    hostile = replace(specimen(), headline=text, outlet=text, language=text, passage=text, url=text)
    for document in documents(replace(hostile, marks=((0, 1),))).values():
        assert flaws(document) == []


def test_the_parser_finds_what_is_wrong() -> None:
    document = render(specimen()).html
    assert flaws(document.replace("</main>", "")) != []
    assert flaws(document.replace("<p ", "<p <", 1)) != []


PROBE = """<style>html { width: WIDTHpx; }</style><script>
const light = (c) => c.match(/[\\d.]+/g).slice(0, 3).map(Number).map((v) => v / 255)
  .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const ground = (e) => {
  while (e && getComputedStyle(e).backgroundColor === "rgba(0, 0, 0, 0)") e = e.parentElement;
  return e ? getComputedStyle(e).backgroundColor : "rgb(255, 255, 255)";
};
const contrast = (e) => {
  const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
};
const texts = [...document.querySelectorAll("main *")].filter((e) =>
  [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
document.title = JSON.stringify({
  width: document.body.scrollWidth,
  contrast: Math.min(...texts.map(contrast)),
  size: Math.min(...texts.map((e) => parseFloat(getComputedStyle(e).fontSize))),
  ground: light(ground(document.body)),
});
</script>"""


@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark"), list(product((375, 800), (False, True))))
def test_it_can_be_read(tmp_path: Path, width: int, dark: bool) -> None:
    for name, document in documents(LONG, specimen(), labels="ja").items():
        seen = _seen(document, tmp_path / f"{name}-{width}-{'dark' if dark else 'light'}", dark)
        assert seen["width"] <= width, "nothing sticks out"
        assert seen["contrast"] >= 4.5, "WCAG 2.1, AA"
        assert seen["size"] >= 13
        assert (seen["ground"] < 0.1) is dark
    print(f"pictures: {tmp_path}")  # noqa: T201 - for who runs it


def _seen(document: str, target: Path, dark: bool) -> dict[str, Any]:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium")
    width = target.name.split("-")[1]
    page = target.with_suffix(".html")
    page.write_text(document.replace("</body>", PROBE.replace("WIDTH", width) + "</body>"))
    said = ran(
        [
            browser,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            f"--window-size={max(500, int(width))},1400",
            f"--screenshot={target.with_suffix('.png')}",
            "--dump-dom",
            page.as_uri(),
        ],
    )
    title = re.search(r"<title>(\{.*?\})</title>", said.stdout.decode())
    assert title
    found: dict[str, Any] = json.loads(title[1])
    return found
