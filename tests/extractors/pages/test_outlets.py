"""Pages in the mark-up of outlets of the four regions give what stands in them, and no more."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from extractors.pages.page import Page, read_page

PAGES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("outlets.toml").read_text("utf-8")
)["page"]
SENTENCES = {
    "en": [
        "The authorities said on Sunday that they would look again at all exchanges of this year.",
        "A spokesman told reporters that students who have left already will come home as planned.",
        "Two universities had asked for such a step, and three others were against it at once.",
        "The next talks about the matter are to be held in the second week of December.",
    ],
    "ja": [
        "香港政府は、今年予定されている日本との交流事業をすべて見直す方針を明らかにしました。",
        "報道官は記者会見で、すでに出発した学生は予定どおり帰国すると説明しています。",
        "二つの大学がこうした対応を求めていた一方、三つの大学は当初から反対していました。",
        "この問題についての次の協議は、十二月の第二週に開かれる見通しです。",
    ],
    "zh-Hant": [
        "當局表示，將重新檢討今年與日本之間的所有交流活動，並於稍後公布詳情。",
        "發言人向記者指出，已經出發的學生會按原定計劃返港，毋須更改行程。",
        "兩間大學早前要求採取有關措施，另有三間大學一開始便表示反對。",
        "下一輪會談預計在十二月第二個星期舉行，屆時會討論有關安排。",
    ],
    "zh-Hans": [
        "外交部表示，将重新评估今年与日本之间的各项交流活动，并在稍后公布详情。",
        "发言人对记者说，已经出发的学生会按照原定计划回国，不需要更改行程。",
        "两所大学此前要求采取这样的措施，另外三所大学一开始就表示反对。",
        "下一轮会谈预计在十二月的第二个星期举行，届时会讨论有关安排。",
    ],
}
NAV = "<div class='nav'><ul>{}</ul></div>".format(
    "".join(f"<li><a href='/menu/{n}'>Menu {n}</a></li>" for n in range(12))
)
FOOT = (
    "<div class='related'><h3>More</h3><ul>{}</ul></div>"
    "<div class='footer'><p>Copyright © 2026 All rights reserved.</p></div></body></html>"
).format("".join(f"<li><a href='/x/{n}'>Other {n}</a> 2026-10-2{n} 08:00</li>" for n in range(5)))


def read(case: dict[str, Any]) -> Page:
    markup = case["html"].replace("§nav", NAV).replace("§foot", FOOT)
    for number, sentence in enumerate(SENTENCES[case["language"]], start=1):
        markup = markup.replace(f"¶{number}", sentence)
    return read_page(
        markup.encode(), case["url"], "text/html; charset=utf-8", timezone=case["zone"]
    )


@pytest.mark.parametrize("case", [pytest.param(case, id=case["outlet"]) for case in PAGES])
def test_a_page_of_an_outlet(case: dict[str, Any]) -> None:
    found = read(case)
    assert found.title == case["title"]
    assert found.language == case["language"]
    assert found.published is not None
    assert found.published == datetime.fromisoformat(case["time"])
    assert not found.day_only
    for sentence in SENTENCES[case["language"]]:
        assert sentence in found.text
    for noise in ("Menu 3", "Other 2", "Copyright", *case.get("silent", ())):
        assert noise not in found.text
    for name in ("author", "section"):
        if name in case:
            assert getattr(found, name) == case[name]
