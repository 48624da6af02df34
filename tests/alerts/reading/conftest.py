"""What the tests of reading share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import strategies as st

from tests.benchmarks.archive import NEWS


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


def _strewn(sentence: str, odd: list[tuple[int, str]]) -> str:
    for place, sign in odd:
        at = place % (len(sentence) + 1)
        sentence = sentence[:at] + sign + sentence[at:]
    return sentence


def _wide(sentence: str) -> str:
    return sentence.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})


_UNSEEN = ["\u200b", "\u202e", "\u2066", "\u00ad", "\ufeff", "\x00", "\ufe0f", "\U000e0100"]
_SEEN = ["\ud800", "👍🏽", "㈱", "\n", "\u3000", "…", "か\u3099", "n\u0303"]
_sentences = st.sampled_from([sentence for told in NEWS.values() for sentence in told]).flatmap(
    lambda sentence: st.sampled_from([sentence, sentence.upper(), _wide(sentence)])
)


def _signs(signs: list[str]) -> st.SearchStrategy[list[tuple[int, str]]]:
    return st.lists(st.tuples(st.integers(0, 200), st.sampled_from(signs)), max_size=8)


veiled = st.tuples(_sentences, _signs(_UNSEEN)).map(lambda told: (told[0], _strewn(*told)))
"""Sentences that report an event, and the same strewn with signs that nobody sees."""
news = st.builds(_strewn, _sentences, _signs([*_UNSEEN, *_SEEN]))
"""Such sentences, strewn with signs that cut words too."""
