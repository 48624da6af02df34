"""Folding: one form for what readers take for the same, and the way back to the original."""

from __future__ import annotations

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.reading.words import fold as folding
from alerts.reading.words.fold import fold
from tests.alerts.reading.conftest import texts


@pytest.mark.parametrize(
    "spellings",
    [
        ("釣魚臺", "釣魚台", "钓鱼台"),
        ("食物環境衞生署", "食物環境衛生署", "食物环境卫生署"),
        ("総領事館", "總領事館", "总领事馆"),
        ("渡航中止勧告", "渡航中止勸告", "渡航中止劝告"),
        ("呉江浩", "吳江浩", "吴江浩"),
        ("對華關係發展", "対華関係発展", "对华关系发展"),
        ("黃色外遊警示", "黄色外游警示"),
        ("ビザ免除", "ﾋﾞｻﾞ免除", "ヒ\u3099サ\u3099免除"),
        ("レベル3", "レベル３", "レベル 3", "ﾚﾍﾞﾙ３"),
        ("JENESYS交流", "ＪＥＮＥＳＹＳ 交流", "jenesys\u200b交流"),
        ("Japan's ban", "JAPAN’S  BAN", "Japan＇s\u3000ban", "Ja\u00adpan's ban"),
        ("China-Japan", "China–Japan", "China‑Japan", "China—Japan"),
        ("Tokyo", "Tōkyō", "To\u0304kyo\u0304"),
    ],
)
def test_spellings_of_one_word_fold_alike(spellings: tuple[str, ...]) -> None:
    assert len({fold(spelling).text for spelling in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("中止", "停止"), ("はし", "ばし"), ("ban", "van"), ("日本", "本日")]
)
def test_different_words_stay_apart(one: str, other: str) -> None:
    assert fold(one).text != fold(other).text


@given(texts)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once
    lines = fold(text, lines=True).text
    assert fold(lines, lines=True).text == lines


@given(texts, st.booleans(), st.data())
def test_offsets_lead_back_to_text_that_folds_to_the_slice(
    text: str, lines: bool, data: st.DataObject
) -> None:
    folded = fold(text, lines=lines)
    start = data.draw(st.integers(0, len(folded.text)))
    end = data.draw(st.integers(start, len(folded.text)))
    low, high = folded.origin(start, end)
    assert 0 <= low <= high <= len(text)
    wanted = folded.text[start:end]
    # A slice may cut through a character that folds to several, or along a space.
    assert wanted.strip() in fold(text[low:high], lines=lines).text


def test_offsets_of_a_word_are_exact() -> None:
    text = "据報㈱　ﾋﾞｻﾞ免除\u200b、衞生署 JENESYS"
    folded = fold(text)
    for word, original in [("ビザ免除", "ﾋﾞｻﾞ免除"), ("卫生署", "衞生署"), ("jenesys", "JENESYS")]:
        start = folded.text.index(word)
        assert text[slice(*folded.origin(start, start + len(word)))] == original


def test_the_table_of_variants_says_what_opencc_says() -> None:
    variants = folding._variants()
    traditional = opencc.OpenCC("t2s")
    for old in "國發對關會總領館縣擊戰壓檢實應處釋團濟經變權兩號劍濱吳衛啟強黃勸肅輸魚龍澤廣賣圖辭":
        assert variants.get(old, old) == variants.get(new := traditional.convert(old), new)
    assert variants["衞"] == variants["衛"], "OpenCC has no way from the one to the other"
    assert not set(variants) & set(variants.values()), "a form stands for itself"


@pytest.mark.timeout(60)
def test_folding_two_million_characters_does_not_blow_up() -> None:
    """It takes half a second."""
    text = "中国 Japan’s ﾋﾞｻﾞ　“ban”…\n" * 80_000
    folded = fold(text)
    assert folded.origin(len(folded.text) - 5, len(folded.text))[1] == len(text)
