"""Travel notices: how grave their words are, who gives them, and what is only said of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.reading.coding import Category, CodedEvent, Direction, Severity, Status
from alerts.reading.events.coder import Coder
from alerts.reading.events.event import Sighting, assign


def notices(language: str, title: str, text: str = "") -> list[CodedEvent]:
    """What is coded of travel notices, escalations alone."""
    events = Coder.shipped().code(title, text, language=language).events
    told = [e for e in events if e.category is Category.TRAVEL_ADVISORY]
    return [e for e in told if e.direction is Direction.ESCALATION]


GRAVE = [
    ("en", "China raises travel warning for Japan to highest level"),
    ("en", "China puts Japan on the highest level of its travel warnings"),
    ("zh-Hant", "中國對日本旅遊警告升至最高級別"),
    ("zh-Hans", "中国对日本旅行警告升至最高级别"),
    ("ja", "中国、日本への渡航警告を最高レベルに引き上げ"),
    ("en", "China orders citizens to leave Japan immediately"),
    ("en", "China tells its nationals to evacuate Japan"),
    ("zh-Hant", "中國要求公民即時撤離日本"),
    ("zh-Hans", "中国要求公民立即撤离日本"),
    ("ja", "中国、自国民に日本からの即時退避を勧告"),
]


@pytest.mark.parametrize(("language", "title"), GRAVE)
def test_the_top_of_a_scale_and_orders_to_leave_are_critical(language: str, title: str) -> None:
    (event,) = notices(language, title)
    assert (event.severity, event.status) == (Severity.CRITICAL, Status.REPORTED)
    assert (event.actor, event.target) == ("CN", "JP")


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "China raises travel warning for Japan to second-highest level"),
        ("en", "China lowers travel warning for Japan from highest level"),
        ("en", "China has no plans to order citizens to leave Japan"),
        ("en", "China may order citizens to leave Japan"),
        ("en", "Japanese hotels empty after China ordered citizens to leave Japan"),
        ("en", "Chinese tourists leave Japan early as ties sour"),
        ("en", "Japan orders Chinese student to leave Japan"),
        ("en", "Japan urges China to hold talks at the highest level on travel notice"),
        ("zh-Hant", "颱風逼近日本　當局要求居民及中國旅客立即撤離"),
        ("zh-Hans", "中国否认要求公民立即撤离日本"),
        ("ja", "中国、自国民の日本からの退避勧告を検討"),
    ],
)
def test_what_only_looks_like_it_is_less(language: str, title: str) -> None:
    assert Severity.CRITICAL not in {e.severity for e in notices(language, title)}


@pytest.mark.parametrize(("language", "title"), GRAVE)
def test_a_raise_told_by_the_press_makes_a_known_event_graver(language: str, title: str) -> None:
    first = _sighting("en", "China urges citizens to avoid travel to Japan", 0)
    (known,) = assign([first], []).events
    assert known.severity == Severity.HIGH
    found = assign([_sighting(language, title, 24)], [known])
    assert [(e.id, e.severity) for e in found.events] == [(known.id, Severity.CRITICAL)]


def _sighting(language: str, title: str, hours: int) -> Sighting:
    (event,) = notices(language, title)
    return Sighting(
        article_id=title,
        rule_id="travel-advisory",
        category=event.category,
        direction=event.direction,
        severity=event.severity,
        actor=event.actor,
        target=event.target,
        level=event.level,
        title=title,
        language=language,
        published_at=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=hours),
    )


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "China orders citizens to leave Japan immediately after the death of a Chinese tourist",
            "China raised its travel warning for Japan after the death of a Chinese tourist.",
        ),
        (
            "China warns citizens against travel to Japan over the death of a Chinese tourist",
            "",
        ),
    ],
)
def test_a_death_that_is_the_reason_of_a_notice_is_no_event(title: str, text: str) -> None:
    events = Coder.shipped().code(title, text, language="en").events
    told = {e.category for e in events if e.status is Status.REPORTED}
    assert told == {Category.TRAVEL_ADVISORY}
    harm = [e.status for e in events if e.category is Category.DETENTION_SAFETY]
    assert harm == [Status.BACKGROUND]


def test_a_death_beside_a_notice_is_one() -> None:
    title = "Chinese tourist killed in Osaka; embassy issues travel alert for Japan"
    text = "A Chinese tourist was killed in an attack in Osaka on Monday."
    events = Coder.shipped().code(title, text, language="en").events
    harm = {e.status for e in events if e.category is Category.DETENTION_SAFETY}
    assert Status.REPORTED in harm


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "Japan calls Chinese travel notice regrettable"),
        ("en", "Japan regrets China's notice to avoid travelling to Japan"),
        ("zh-Hant", "日方稱中方旅遊警告令人遺憾"),
        ("zh-Hans", "日本政府对中国提醒公民避免前往日本表示遗憾"),
        ("ja", "日本政府、中国の渡航自粛呼びかけは「遺憾」"),
    ],
)
def test_a_notice_that_the_other_side_regrets_is_not_the_news(language: str, title: str) -> None:
    assert {e.status for e in notices(language, title)} == {Status.BACKGROUND}


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "China halts seafood imports from Japan, a step Tokyo calls regrettable"),
        ("zh-Hans", "中国暂停进口日本水产品，日方表示遗憾"),
        ("ja", "中国、日本産水産物を輸入停止　日本政府は遺憾表明"),
    ],
)
def test_a_step_with_the_regret_in_a_clause_of_its_own_is(language: str, title: str) -> None:
    events = Coder.shipped().code(title, "", language=language).events
    told = {e.category for e in events if e.status is Status.REPORTED}
    assert Category.TRADE_RESTRICTION in told


@pytest.mark.parametrize(
    ("title", "severity", "level"),
    [
        ("日本黃色外遊警示生效", Severity.MEDIUM, "amber"),
        ("日本紅色外遊警示", Severity.HIGH, "red"),
        ("日本黑色外遊警示生效", Severity.CRITICAL, "black"),
    ],
)
def test_outbound_travel_alerts_are_hong_kongs(title: str, severity: Severity, level: str) -> None:
    (event,) = notices("zh-Hant", title)
    assert (event.actor, event.target) == ("HK", "JP")
    assert (event.severity, event.level) == (severity, level)
