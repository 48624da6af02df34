"""What is cut for a service fits, and nothing in it is broken."""

from __future__ import annotations

import re

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from alerts.telling.sending.fit import MARK, SIZES, fit
from tests.alerts.telling.writing.test_escape import GRAPHEMES

LINK = "[見本 x](https://a.example/%E6%96%B0?b=c)"
words = st.lists(st.sampled_from([*GRAPHEMES, " ", LINK, "**が**"]), max_size=12).map("".join)
bodies = st.lists(words, max_size=12).map("\n".join)


@given(bodies, st.integers(2, 300), st.sampled_from(sorted(SIZES)))
def test_what_is_cut_fits_and_is_whole(body: str, limit: int, unit: str) -> None:
    size = SIZES[unit]
    limit = max(limit, size(MARK))
    cut = fit(body, limit, size)
    assert size(cut) <= limit
    if cut != body:
        assert cut.endswith(MARK)
        kept = cut.removesuffix(MARK).rstrip("\n")
        assert body.startswith(kept)
        assert regex.findall(r"\X", kept) == regex.findall(r"\X", body)[: len(_graphemes(kept))]
    assert cut.count("](") == len(re.findall(re.escape(LINK), cut))
    assert cut.count("**") % 2 == 0


def _graphemes(text: str) -> list[str]:
    return regex.findall(r"\X", text)  # type: ignore[no-any-return]


CASES = {
    "what fits stays": ("abc\ndef", 7, "abc\ndef"),
    "between lines": ("abc (x)\ndef (x)", 10, "abc (x)\n…"),
    "within a line of text": ("abc\ndefghi", 8, "abc\ndef…"),
    "a long first line": ("abcdefghij", 5, "abcd…"),
    "a long first link": ("[a](https://a.example/)", 5, "…"),
}


@pytest.mark.parametrize(("body", "limit", "cut"), CASES.values(), ids=CASES.keys())
def test_where_it_is_cut(body: str, limit: int, cut: str) -> None:
    assert fit(body, limit) == cut


def test_services_count_in_their_own_ways() -> None:
    assert [SIZES[unit]("日a😀") for unit in ("characters", "bytes", "utf-16", "json")] == [
        3,
        8,
        4,
        19,
    ]
