"""Lines that are no part of an article go; lines that only look like them stay."""

from __future__ import annotations

import pytest

from extractors.pages.furniture import without_furniture

PROSE = "外交部今天提醒中国公民近期避免前往日本，并请在当地的公民注意安全。"
CASES: list[tuple[str, list[str], list[str]]] = [
    ("labels between paragraphs", [PROSE, "広告", "請繼續往下閱讀...", PROSE], [PROSE, PROSE]),
    ("ornaments", ["******", PROSE, "———", "■"], [PROSE]),
    ("credits at the end", [PROSE, "（责编：李四、王五）", "NNNN"], [PROSE]),
    ("a heading of other news, below", [PROSE, PROSE, "相关新闻", "另一则"], [PROSE, PROSE]),
    ("in English", ["A first sentence.", "Related stories", "Another"], ["A first sentence."]),
    ("the same above most of the prose", ["相关新闻", PROSE, PROSE], ["相关新闻", PROSE, PROSE]),
    ("a sentence with such words", [PROSE, "相关报道说会谈。"], [PROSE, "相关报道说会谈。"]),
    ("nothing but a credit", ["责编：李四"], ["责编：李四"]),
    ("a long line", [PROSE, "more from " + "x" * 80], [PROSE, "more from " + "x" * 80]),
    ("figures", [PROSE, "5", "3:1"], [PROSE, "5", "3:1"]),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "left"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_what_is_left_of_a_text(lines: list[str], left: list[str]) -> None:
    text = without_furniture("\n".join(lines))
    assert text.split("\n") == left
    assert without_furniture(text) == text
