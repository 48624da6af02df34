"""The language is that of the text, not that of the page's attribute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.language import SAMPLE, detect_language, languages, normal_tag

TEXTS = [
    ("", None, "und"),
    ("", "ja", "ja"),
    ("2026-11-01 12:00", "zh-TW", "zh-Hant"),
    ("12345", None, "und"),
    ("Hong Kong raises its travel alert for Japan to amber", None, "en"),
    ("Hong Kong", "ja", "en"),
    ("Hong Kong", "de-DE", "de"),
    ("Le gouvernement japonais a convoqué l'ambassadeur de Chine à Tokyo vendredi.", "en", "fr"),
    ("Das Auswärtige Amt hat seine Reisehinweise für Japan am Freitag geändert.", None, "de"),
    ("保安局調整日本外遊警示至黃色", None, "zh-Hant"),
    ("外交部提醒中国公民近期避免前往日本", None, "zh-Hans"),
    ("外務省、香港への渡航情報を引き上げ", None, "ja"),
    ("일본 외무성 홍콩 여행경보 상향", None, "ko"),
    # No kana, but shapes that only Japan uses.
    ("日中首脳会談 両国関係の改善へ", None, "ja"),
    ("首相、訪中検討", None, "ja"),
    ("日中外相会談", "ja", "ja"),
    ("日中外相会談", "zh-Hans", "zh-Hans"),
    # Characters that both scripts use decide nothing.
    ("香港台北上海", "zh-HK", "zh-Hant"),
    ("香港台北上海", "zh-CN", "zh-Hans"),
    ("香港台北", None, "zh-Hans"),
    ("台灣與日本的交流活動取消", "zh-CN", "zh-Hant"),
    # Chinese that names or quotes Japanese.
    ("日本歌手濱崎あゆみ的上海演唱會臨時取消，主辦方表示因不可抗力，向觀眾致歉。", None, "zh-Hant"),
    ("日本动画《ちびまる子ちゃん》剧场版推迟上映，发行方称这是审慎的决定。", "ja", "zh-Hans"),
    # Japanese that quotes Chinese.
    ("中国外務省の報道官は「这是错误的」と述べ、日本側に抗議したことを明らかにした。", "zh", "ja"),
    # English that quotes Chinese, and Chinese that names in English.
    ("The spokesman said 強烈不滿 and then left the room without taking any questions", None, "en"),
    ("美國 CNN 及 BBC News 均報道了有關消息，指雙方仍在磋商", None, "zh-Hant"),
    ("Премьер-министр Японии встретился с послом Китая в Токио в пятницу", None, "ru"),
]


@pytest.mark.parametrize(("text", "hint", "language"), TEXTS)
def test_texts(text: str, hint: str | None, language: str) -> None:
    assert detect_language(text, hint) == language


TAGS = [
    ("zh-TW", "zh-Hant"), ("zh_HK", "zh-Hant"), ("zh-Hant-HK", "zh-Hant"), ("yue", "zh-Hant"),
    ("zh-CN", "zh-Hans"), ("zh-hans", "zh-Hans"), ("zh", "zh"), ("en-US", "en"), ("JA", "ja"),
    ("", "und"), ("?", "und"),
]  # fmt: skip


@pytest.mark.parametrize(("tag", "expected"), TAGS)
def test_tags(tag: str, expected: str) -> None:
    assert normal_tag(tag) == expected


@given(st.text(max_size=80), st.one_of(st.none(), st.text(max_size=6)))
def test_no_text_makes_it_fail(text: str, hint: str | None) -> None:
    assert detect_language(text, hint)


def test_of_a_long_text_the_beginning_decides() -> None:
    text = "香港特區政府表示，" * SAMPLE
    assert detect_language(text[:SAMPLE] + "and English for ever after " * SAMPLE) == "zh-Hant"
    assert detect_language("English at first " * SAMPLE + text) == "en"


def test_the_languages_that_can_be_told() -> None:
    assert {"en", "ja", "ko", "fr", "zh-Hant", "zh-Hans"} <= languages()
    assert not {"zh", "jp", "und"} & languages()
