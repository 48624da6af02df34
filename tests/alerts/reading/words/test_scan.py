"""Scanning: word boundaries, guards, and agreement with a slow reference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.reading.events.coder import Coder
from alerts.reading.words.fold import fold
from alerts.reading.words.scan import Hit, Scanner, joins
from alerts.reading.words.vocabulary import Term


@pytest.mark.parametrize(
    ("language", "text", "word", "list_name"),
    [
        ("en", "the stock exchange cancelled it", "exchange", "exchange_cancellation.exchange"),
        ("en", "exchanges rates and exchange rate", "exchange rate", "parties.JP.place"),
        ("en", "an NHK report", "hk", "parties.HK.place"),
        ("en", "HK$89 a bowl", "hk", "parties.HK.place"),
        ("en", "the urban ban", "urban", "trade_restriction.ban"),
        ("en", "China Airlines flew", "china", "parties.CN.place"),
        ("zh", "今日本港新增個案", "日本", "parties.JP.place"),
        ("zh", "交流電機升級", "交流", "exchange_cancellation.exchange"),
        ("zh", "中止符", "中止", "exchange_cancellation.cancel"),
        ("zh", "提高市場", "高市", "parties.JP.state"),
        ("zh", "其中日本隊", "中日", "parties.JP-CN"),
        ("zh", "央視網消息", "央視", "parties.CN.state"),
        ("ja", "外国為替市場", "外国", "parties.other"),
        ("ja", "中国地方は晴れ", "中国", "parties.CN.place"),
        ("ja", "日中は晴れ", "日中", "parties.JP-CN"),
        ("ja", "セ・パ交流戦", "交流", "exchange_cancellation.exchange"),
        ("ja", "中日新聞", "中日", "parties.JP-CN"),
    ],
)
def test_a_word_inside_another_is_not_found(
    language: str, text: str, word: str, list_name: str
) -> None:
    scanner = Coder.shipped()._scanner(language)
    folded = fold(text).text
    found = {
        folded[hit.start : hit.end]
        for hit in scanner.scan(folded)
        if list_name in scanner.lists[hit.term]
    }
    assert fold(word).text not in found


def test_a_guard_in_brackets_leaves_its_neighbour() -> None:
    scanner = Coder.shipped()._scanner("zh")
    hits = scanner.scan(fold("今日本港新增個案").text)
    assert "parties.HK.place" in {name for hit in hits for name in scanner.lists[hit.term]}


patterns = st.lists(st.text("ab日本 ", min_size=1, max_size=4), min_size=1, max_size=6)


@given(patterns, patterns, st.text("ab日本 ", max_size=30))
def test_the_scanner_agrees_with_a_slow_reference(
    words: list[str], guards: list[str], text: str
) -> None:
    scanner = Scanner({w: [Term(w, w)] for w in words}, [Term(g, g) for g in guards])
    found = {(h.start, h.end) for h in scanner.scan(text)}
    assert found == _slowly(words, guards, text)


def _slowly(words: list[str], guards: list[str], text: str) -> set[tuple[int, int]]:
    masked = {i for g in guards for s, e in _spots(g, text) for i in range(s, e)}
    runs = _runs(masked)
    return {
        (start, end)
        for word in words
        for start, end in _spots(word, text)
        if not any(
            low < end and start < high and not (start < low and high < end) for low, high in runs
        )
    }


def _spots(word: str, text: str) -> list[tuple[int, int]]:
    ends = [(i, i + len(word)) for i in range(len(text)) if text.startswith(word, i)]
    return [(s, e) for s, e in ends if not _cut(text, s) and not _cut(text, e)]


def _cut(text: str, at: int) -> bool:
    """Whether a Latin word goes on across this place."""
    return 0 < at < len(text) and joins(text[at - 1]) and joins(text[at])


def _runs(places: set[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for place in sorted(places):
        if runs and runs[-1][1] == place:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    return runs


def test_an_empty_scanner_finds_nothing() -> None:
    assert Scanner({}).scan("anything") == list[Hit]()
