"""What the tests of reading share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import strategies as st


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data, where it is there."""
    root = Path(__file__).parents[3]
    found = Path(os.environ.get("NOROSHI_SHARED", root.parent / "shared"))
    if not (found / "eval").is_dir():
        pytest.skip(f"no reference data at {found}; set NOROSHI_SHARED")
    return found


WORDS = [
    *("日本", "中國", "中国", "香港", "外交部", "避免前往", "提醒", "取消", "交流团", "会談", "ﾋﾞｻﾞ"),
    *("Japan", "China’s", "travel advisory", "no plans to", "ban", "seafood", "after", "talks"),
    *("か\u3099", "e\u0301", "\u3000", "\n", "。", ". ", "「", "2025年", "11月14日", "November 31"),
    *("\ud800", "\u202e", "\u200b", "👨‍👩‍👧", "㈱", "ﬁ", "…", "０", "\x00", "न\u094d", "각"),
]

texts = st.one_of(
    st.text(st.characters(codec=None)),
    st.lists(st.sampled_from(WORDS), max_size=40).map("".join),
)
"""Any text, lone surrogates included, and texts of the words that the coder listens for."""
