"""One text is told from another in every script."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.pages.fingerprint import SHORTEST, bands, likeness, runs, same
from tests.benchmarks.neardup import figures, minhash_articles, page_pairs, text_pairs

AGENCY = {
    "en": "the foreign ministry on friday urged its citizens to avoid travelling to japan in the "
    "near future after remarks by the prime minister on the strait. the notice was repeated by the "
    "embassy in tokyo and by six consulates. airlines said that they would refund tickets. ",
    "zh": "外交部和驻日使领馆郑重提醒中国公民近期避免前往日本，已在日本的中国公民要密切"
    "关注当地治安形势，提高安全防范意识，加强自我保护，遇紧急情况及时报警并联系使领馆寻求协助。",
    "ja": "中国外務省は14日、国民に対し当面日本への渡航を控えるよう呼びかけた。在日本中国"
    "大使館も同じ内容を伝えた。航空各社は払い戻しに応じるとしている。旅行会社によると予約の取り消しが相次いでいる。",
}


@pytest.mark.parametrize("text", AGENCY.values(), ids=AGENCY)
def test_an_agencys_credit_leaves_it_the_same_text(text: str) -> None:
    one, other = runs(text), runs(f"(kyodo) {text} 共同通信")
    assert same(one, other)
    assert set(enumerate(bands(one))) & set(enumerate(bands(other)))


@pytest.mark.parametrize("text", AGENCY.values(), ids=AGENCY)
def test_a_lead_alone_is_another_text(text: str) -> None:
    assert not same(runs(text), runs(text[: len(text) // 3]))


def test_different_texts_share_nothing() -> None:
    found = [runs(text) for text in AGENCY.values()]
    assert likeness(found[0], found[1]) == 0
    assert not set(bands(found[0])) & set(bands(found[1]))


def test_a_short_text_is_not_compared() -> None:
    short = runs("日本への渡航を控えるよう呼びかけた")
    assert 0 < len(short) < SHORTEST
    assert not same(short, short)
    assert bands(short) == ()


@given(st.text(max_size=400), st.text(max_size=400))
def test_likeness_is_symmetric_and_within_its_bounds(one: str, other: str) -> None:
    a, b = runs(one), runs(other)
    assert likeness(a, b) == likeness(b, a)
    assert 0 <= likeness(a, b) <= 1
    assert likeness(a, a) == (1 if a else 0)
    assert bands(a) == bands(runs(one))


@pytest.mark.shared
def test_precision_and_recall_on_the_reference_pairs(corpus: Path) -> None:
    assert figures(text_pairs(corpus)) == (1, 1)
    assert figures(minhash_articles(corpus)) == (1, 1)
    precision, recall = figures(page_pairs(corpus))
    assert precision == 1
    # A rewritten article, and a page whose text is in a script, are missed.
    assert recall > 0.84
