"""The coder on labelled texts, on single sentences, and on texts of any kind."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.reading.coding import Coding, Direction, Status
from alerts.reading.events.coder import Coder
from alerts.reading.words.fold import fold
from alerts.reading.words.sentence import days
from tests.alerts.reading.conftest import news, texts, veiled
from tests.benchmarks.coding import OWN, by_coder, by_keywords, identity, items, measure, who

CASES = items(OWN / "cases.jsonl")


def told(coding: Coding) -> set[tuple[str, str]]:
    """The events that the text reports as news."""
    return {(e.category.value, e.direction.value) for e in coding.events if not e.background}


def test_own_cases_stay_as_well_read_as_they_are() -> None:
    figures = measure(CASES, by_coder)
    assert figures["relevant"].f1 >= 0.98
    assert figures["category"].f1 >= 0.97
    assert figures["alert"].f1 >= 0.96
    assert figures["direction"].precision >= 0.97
    assert figures["alert"].f1 > measure(CASES, by_keywords)["alert"].f1 + 0.2


def test_own_cases_name_who_acts_on_whom() -> None:
    assert who(CASES, by_coder).precision >= 0.96


@pytest.mark.parametrize(
    "case", [c for c in CASES if not c["relevant"]], ids=lambda case: str(case["title"])
)
def test_look_alikes_are_not_relevant(case: dict[str, str]) -> None:
    assert not by_coder(case).relevant


AVOID = ("travel_advisory", "escalation")


@pytest.mark.parametrize(
    ("language", "title", "status"),
    [
        ("en", "China urges citizens to avoid travel to Japan", Status.REPORTED),
        ("en", "China has no plans to urge citizens to avoid travel to Japan", Status.DENIED),
        ("en", "China may urge citizens to avoid travel to Japan", Status.CONSIDERED),
        ("en", "Japan hotels suffer after China urges citizens to avoid travel", Status.BACKGROUND),
        ("zh-Hant", "外交部提醒中國公民避免前往日本", Status.REPORTED),
        ("zh-Hant", "外交部否認提醒中國公民避免前往日本", Status.DENIED),
        ("zh-Hant", "中國不排除提醒公民避免前往日本", Status.CONSIDERED),
        ("zh-Hant", "中國去年提醒公民避免前往日本", Status.BACKGROUND),
        ("zh-Hans", "中国外交部呼吁公民暂勿前往日本", Status.REPORTED),
        ("zh-Hans", "中国并未呼吁公民暂勿前往日本", Status.DENIED),
        ("ja", "中国、日本への渡航を控えるよう注意喚起", Status.REPORTED),
        ("ja", "政府、中国への渡航中止勧告「検討せず」", Status.DENIED),
        ("ja", "日本政府、中国への渡航自粛の呼びかけを検討", Status.CONSIDERED),
        ("ja", "中国の渡航自粛呼びかけから3カ月　日本の観光地", Status.BACKGROUND),
    ],
)
def test_the_sentence_says_how_to_take_it(language: str, title: str, status: Status) -> None:
    events = Coder.shipped().code(title, "", language=language).events
    assert {e.status for e in events if (e.category.value, e.direction.value) == AVOID} == {status}


BAN = ("trade_restriction", "escalation")


@pytest.mark.parametrize(
    ("language", "lead", "sentence", "kind", "status"),
    [
        ("en", "Japan and China met.", "China had banned Japanese seafood.", BAN, "background"),
        ("en", "Japan and China met.", "China has banned Japanese seafood.", BAN, "background"),
        ("en", "Japan and China met.", "China banned Japanese seafood today.", BAN, "reported"),
        ("en", "Japan and China met.", "The 2023 Japanese seafood ban hurt.", BAN, "background"),
        ("en", "Japan and China met.", "Will China ban Japanese seafood?", BAN, "considered"),
        ("en", "Japan and China met.", "Japanese seafood may be banned.", BAN, "considered"),
        ("zh-Hant", "中日會面。", "當時中國禁止日本水產進口。", BAN, "background"),
        ("zh-Hant", "中日會面。", "中國近年多次禁止日本水產進口。", BAN, "background"),
        ("ja", "日中が会談した。", "中国は日本産水産物の輸入を禁止している。", BAN, "background"),
        ("ja", "日中が会談した。", "日本産水産物の輸入を停止した措置に触れた。", BAN, "background"),
    ],
)
def test_tense_tells_the_news_from_the_story_so_far(
    language: str, lead: str, sentence: str, kind: tuple[str, str], status: str
) -> None:
    filler = {"en": " They ate. They drank.", "ja": "食事した。歩いた。"}.get(
        language, "吃飯。散步。"
    )
    text = f"{lead}{filler} {sentence}"
    coding = Coder.shipped().code("日中 Japan China", text, language=language, published=DAY)
    found = {e.status.value for e in coding.events if (e.category.value, e.direction) == kind}
    assert found == {status}


@pytest.mark.parametrize(
    ("today", "told", "meant"),
    [
        (date(2025, 12, 31), "1月20日", date(2026, 1, 20)),
        (date(2025, 12, 31), "1月", date(2026, 1, 31)),
        (date(2025, 12, 31), "3月20日", date(2025, 3, 20)),
        (date(2026, 1, 5), "12月20日", date(2025, 12, 20)),
        (date(2026, 1, 5), "2月20日", date(2026, 2, 20)),
    ],
)
def test_a_month_without_a_year_is_the_nearest(today: date, told: str, meant: date) -> None:
    assert dict(days(fold(told).text, today)) == {0: meant}


SEAFOOD = ("trade_restriction", "escalation")
FLIGHTS = ("transport", "escalation")
ISLANDS = ("military_maritime", "escalation")


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("ja", "中国が尖閣沖のEEZにブイ設置、日本政府が即時撤去を要求"),
        ("ja", "中国海警船2隻が尖閣沖の領海に侵入、約2時間後に退去"),
        ("zh-Hant", "日本稱中國海警船駛入釣魚島領海 兩小時後駛離"),
        (
            "en",
            "Chinese coast guard ships enter Japanese waters off Senkakus, leave after two hours",
        ),
    ],
)
def test_who_leaves_again_or_is_told_to_has_come_all_the_same(language: str, title: str) -> None:
    assert ISLANDS in told(Coder.shipped().code(title, "", language=language))


@pytest.mark.parametrize(
    ("title", "text", "kind", "status"),
    [
        ("Japan flights", "Air China said it would cancel flights to Japan.", FLIGHTS, "reported"),
        ("Japan flights", "Air China would cancel flights to Japan.", FLIGHTS, "considered"),
        ("Japan", "Analysts said China would halt seafood imports.", SEAFOOD, "considered"),
        ("China's seafood ban could cost Japan billions", "", SEAFOOD, "considered"),
        ("China bans Japanese seafood after two years", "", SEAFOOD, "reported"),
        ("China bans Japanese seafood after two incidents", "", SEAFOOD, "reported"),
        ("Toyosu waits after two-year China ban on Japanese seafood", "", SEAFOOD, "background"),
    ],
)
def test_reported_speech_and_lapses_of_time_are_no_guesses_and_no_causes(
    title: str, text: str, kind: tuple[str, str], status: str
) -> None:
    coding = Coder.shipped().code(title, text, language="en", published=DAY)
    found = {e.status.value for e in coding.events if (e.category.value, e.direction) == kind}
    assert found == {status}


@pytest.mark.parametrize(
    ("title", "held"),
    [
        ("Japanese trading-house employee arrested in Dalian, Tokyo says", True),
        ("Japanese press: employee arrested in Dalian, Tokyo says", False),
        ("Japanese welcome move as employee arrested in Dalian, Tokyo says", False),
    ],
)
def test_a_person_is_of_the_nation_named_right_before(title: str, held: bool) -> None:
    events = Coder.shipped().code(title, "", language="en").events
    led = [e for e in events if "employee" in {x.term for x in e.evidence}]
    assert bool(led) is held


def test_a_protest_is_of_a_state() -> None:
    lodged = "{} lodged a complaint over the notice on Monday."
    title = "Japan and China quarrel over islands"
    by_state = Coder.shipped().code(title, lodged.format("Tokyo"), language="en")
    by_neighbours = Coder.shipped().code(title, lodged.format("Neighbours"), language="en")
    assert ("diplomatic_protest", "escalation") in told(by_state)
    assert ("diplomatic_protest", "escalation") not in told(by_neighbours)


DAY = date(2026, 2, 18)


@pytest.mark.parametrize(
    ("language", "title", "told_too"),
    [
        ("en", "Japan calls on China to lift ban on seafood", False),
        ("en", "China lifts ban on Japanese seafood", True),
        ("zh-Hant", "日本促中國解除水產進口禁令", False),
        ("ja", "日本政府、中国に水産物の輸入再開を求める", False),
    ],
)
def test_who_asks_for_an_easing_has_none_yet(language: str, title: str, told_too: bool) -> None:
    coding = Coder.shipped().code(title, "", language=language)
    assert (("trade_restriction", "easing") in told(coding)) is told_too


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Senkaku Islands dispute", "The Senkaku Islands dispute is about islands of Japan."),
        ("中日韩领导人会议", "中日韩领导人会议是中国、日本和韩国的会议，1999年起举行。"),
    ],
)
def test_a_definition_is_no_news(title: str, text: str) -> None:
    assert not Coder.shipped().code(title, text).relevant


def test_without_a_date_a_bare_year_is_history() -> None:
    text = "In 2012 Japan and China quarrelled: China banned rare earth exports to Japan in 2010."
    assert BAN not in told(Coder.shipped().code("Japan and China trade", text, language="en"))


def test_an_old_date_makes_background() -> None:
    title, text = "Japan and China trade", "Japan and China: on August 24 China banned seafood."
    fresh = Coder.shipped().code(title, text, language="en", published=date(2023, 8, 25))
    later = Coder.shipped().code(title, text, language="en", published=date(2023, 12, 1))
    assert ("trade_restriction", "escalation") in told(fresh)
    assert ("trade_restriction", "escalation") not in told(later)


@pytest.mark.parametrize(
    ("language", "title", "actor", "target"),
    [
        ("en", "China bans seafood from Japan", "CN", "JP"),
        ("en", "Japan lodges strong protest with China", "JP", "CN"),
        ("zh-Hant", "保安局更新日本外遊警示　籲港人避免前往日本", "HK", "JP"),
        ("zh-Hans", "中国外交部提醒公民近期避免前往日本", "CN", "JP"),
        ("ja", "中国、日本産水産物の輸入を停止", "CN", "JP"),
        ("ja", "外務省、香港に危険情報レベル1を発出", "JP", "HK"),
        ("en", "Japanese man stabbed in China", "CN", "JP"),
        ("en", "Hong Kong cuts ties with Japan amid China-Japan crisis", "HK", "JP"),
        ("en", "Japan's ambassador summoned by China over remarks", "CN", "JP"),
        ("en", "Imports of Japanese seafood banned by China", "CN", "JP"),
        ("en", "Tokyo demands answers after Japanese boy attacked in Shenzhen", "JP", "CN"),
        ("en", "Japan says Chinese warships entered waters near Senkaku Islands", "CN", "JP"),
        ("zh-Hans", "外交部副部长奉示召见日本驻华大使提出严正交涉", "CN", "JP"),
        ("zh-Hant", "日本外務省召見中國駐日大使抗議", "JP", "CN"),
        ("zh-Hant", "因應外交部提醒　保安局更新日本外遊警示", "HK", "JP"),
        ("zh-Hant", "日本駐華大使遭中方召見", "CN", "JP"),
        ("zh-Hant", "香港漁民遭日方扣押", "JP", "HK"),
        ("ja", "外務省、駐日中国大使を呼び抗議", "JP", "CN"),
        ("ja", "中国大使館、靖国参拝で日本に厳正な申し入れ", "CN", "JP"),
        ("ja", "中国で日本人男性を拘束　スパイ容疑か", "CN", "JP"),
        ("ja", "香港の放送局、日本アニメの放送を取りやめ", "HK", "JP"),
    ],
)
def test_who_acts_on_whom(language: str, title: str, actor: str, target: str) -> None:
    event = next(e for e in Coder.shipped().code(title, "", language=language).events)
    assert (event.actor, event.target) == (actor, target)


@pytest.mark.parametrize(
    ("language", "title", "level", "severity"),
    [
        ("en", "Hong Kong issues amber travel alert for Japan", "amber", "medium"),
        ("en", "Hong Kong issues red travel alert for Japan", "red", "high"),
        ("zh-Hant", "保安局對日本發出黑色外遊警示", "black", "critical"),
        ("ja", "外務省、中国に危険情報レベル2を発出", "level-2", "high"),
        ("ja", "外務省、香港に危険情報レベル1を発出　返還後初めて", "level-1", "high"),
        ("ja", "外務省、香港の危険情報をレベル1からレベル2に引き上げ", "level-2", "high"),
        (
            "en",
            "Japan raises travel alert for Hong Kong from level 1 to level 2",
            "level-2",
            "high",
        ),
        ("en", "Hong Kong raises outbound travel alert for Japan to red", "red", "high"),
        ("zh-Hant", "保安局把日本的外遊警示由黃色提升至紅色", "red", "high"),
        ("zh-Hans", "中国教育部发布赴日留学预警", "study", "high"),
        ("ja", "香港、日本への渡航警報を「赤」に引き上げ", "red", "high"),
        (
            "ja",
            "香港政府、日本への渡航警報を黄から赤に引き上げ　不要不急の渡航控えて",
            "red",
            "high",
        ),
    ],
)
def test_levels_decide_severity(language: str, title: str, level: str, severity: str) -> None:
    event = Coder.shipped().code(title, "", language=language).events[0]
    assert (event.level, event.severity.value) == (level, severity)


@pytest.mark.parametrize(
    ("language", "title", "thing"),
    [
        ("en", "Hong Kong pulls out of JENESYS exchange programme in Japan", "jenesys"),
        ("zh-Hant", "香港學生團退出21世紀東亞青少年大交流計劃 取消赴日交流團", "jenesys"),
        ("ja", "香港、高校生のジェネシス派遣を中止　日本との交流見合わせ", "jenesys"),
        ("en", "China suspends imports of Japanese seafood", "seafood"),
        ("zh-Hans", "中国暂停进口日本水产品", "seafood"),
        ("ja", "中国、日本産水産物の輸入を停止", "seafood"),
        ("en", "China cancels all flights on 49 routes to Japan", "49-routes"),
        ("zh-Hant", "中國赴日航班49條航線全部取消", "49-routes"),
        ("ja", "中国海警船、尖閣沖で日本漁船を追尾 外務省が厳重抗議", "waters"),
        ("ja", "日本政府、中国の牛肉輸入停止に抗議", "beef"),
        ("en", "Hong Kong travel agencies suspend Japan tours", "tours"),
        ("ja", "中国、「熊本うまいもの市」の開催中止　日本との交流行事", "熊本うまいもの市"),
    ],
)
def test_an_event_is_about_a_thing(language: str, title: str, thing: str) -> None:
    events = Coder.shipped().code(title, "", language=language).events
    assert thing in {event.object for event in events}


@pytest.mark.parametrize(
    ("language", "title", "text", "severity", "term"),
    [
        ("en", "China bans Japanese seafood", "", "high", "high by kind"),
        ("en", "China bans Japanese seafood for the first time", "", "critical", "first of its"),
        ("en", "Japanese boy stabbed in China", "The Japanese boy died.", "critical", "deaths"),
        ("zh-Hant", "消息人士：中國將禁止日本水產", "", "medium", "unnamed sources"),
        ("zh-Hant", "香港中學取消赴日交流團", "", "low", "below a government"),
        (
            "en",
            "Hong Kong issues amber travel alert for Japan over bear attacks",
            "",
            "low",
            "nature",
        ),
        ("zh-Hans", "中国禁止部分日本水产品进口", "", "medium", "partial"),
        ("zh-Hant", "保安局對日本發出黑色外遊警示", "", "critical", "critical by level black"),
        ("en", "China may ban Japanese seafood", "", "medium", "only considered"),
        (
            "zh-Hans",
            "教育部发布第4号留学预警",
            "教育部提醒谨慎规划赴日留学。外交部14日提醒公民避免前往日本。",
            "critical",
            "several bodies",
        ),
        ("zh-Hans", "驻日使馆再次提醒中国公民避免前往日本", "", "low", "by a mission alone"),
        ("zh-Hant", "外交部再次提醒國民避免前往日本", "", "medium", "said before"),
        ("zh-Hant", "教育局：香港代表團退出JENESYS 不赴日本", "", "high", "high by kind"),
        ("en", "China denies ban on Japanese seafood", "", "low", "denied"),
    ],
)
def test_severity_is_a_sum_with_terms(
    language: str, title: str, text: str, severity: str, term: str
) -> None:
    events = Coder.shipped().code(title, text, language=language).events
    found = next(e for e in events if e.direction is Direction.ESCALATION)
    assert found.severity.value == severity
    assert any(term in why for why in found.terms)


def test_a_text_without_any_source_raises_nothing() -> None:
    title = "China bans Japanese seafood for the first time"
    rumour = Coder.shipped().code(title, "A huge blow. Nobody saw it coming.", language="en")
    report = Coder.shipped().code(title, "The ministry announced it.", language="en")
    assert (rumour.events[0].severity, report.events[0].severity) == ("high", "critical")


def test_reasons_explain_the_severity_of_what_is_reported() -> None:
    coding = Coder.shipped().code("China bans Japanese seafood", "", language="en")
    assert "trade_restriction escalation is high: high by kind" in coding.reasons


def test_to_lift_is_to_lift_something() -> None:
    coding = Coder.shipped().code("China lifts ban on Japanese seafood", "", language="en")
    assert told(coding) == {("trade_restriction", "easing")}


@pytest.mark.parametrize(
    ("language", "title", "text", "kept", "gone"),
    [
        (
            "zh-Hans",
            "海关总署宣布即日起暂停进口日本三县牛肉",
            "日本农林水产省表示遗憾，要求中方尽快撤销有关措施。",
            ("trade_restriction", "escalation"),
            "diplomatic_protest",
        ),
        (
            "zh-Hant",
            "保安局將日本外遊警示提升至紅色",
            "局方指，日本多個城市再有旅客遇襲，一名香港遊客死亡。",
            ("travel_advisory", "escalation"),
            "detention_safety",
        ),
        (
            "ja",
            "香港の高校生訪日団、熊本訪問を中止",
            "熊本県が明らかにした。県庁への表敬訪問も中止となった。",
            ("exchange_cancellation", "escalation"),
            "official_contact",
        ),
    ],
)
def test_what_belongs_to_the_news_of_a_title_is_no_event_of_its_own(
    language: str, title: str, text: str, kept: tuple[str, str], gone: str
) -> None:
    events = told(Coder.shipped().code(title, text, language=language))
    assert kept in events and gone not in {category for category, _ in events}


@pytest.mark.parametrize(
    "title",
    [
        "Japan lifts visa requirement for Hong Kong school groups",
        "Japan waives visas for Chinese tourists",
        "China drops the visa requirement for Japanese visitors",
    ],
)
def test_a_visa_no_longer_asked_for_eases(title: str) -> None:
    coding = Coder.shipped().code(title, "", language="en")
    assert told(coding) == {("visa_entry", "easing")}


def test_opinion_brings_no_news() -> None:
    coding = Coder.shipped().code("Opinion: China bans Japanese seafood", "", language="en")
    assert coding.relevant and not told(coding)


def test_relevance_gives_its_reasons() -> None:
    coding = Coder.shipped().code("Japan beat Hong Kong in football tournament", "", language="en")
    assert not coding.relevant and any("sport" in reason for reason in coding.reasons)


def test_a_text_without_a_language_is_read_by_its_script() -> None:
    for title in ("China bans Japanese seafood", "中國禁止日本水產", "中国、日本の水産物を禁輸に"):
        assert ("trade_restriction", "escalation") in told(Coder.shipped().code(title, ""))


@settings(max_examples=200, deadline=None)
@given(texts, texts)
def test_no_text_crashes_the_coder_and_evidence_stands_where_it_says(title: str, text: str) -> None:
    for language in ("en", "zh-Hant", "ja", None):
        coding = Coder.shipped().code(title, text, language=language, published=date(2025, 11, 20))
        assert 0 <= coding.relevance <= 1
        _check_evidence(coding, title, text)


@settings(max_examples=150, deadline=None)
@given(news, st.one_of(news, st.builds(str.__add__, texts, news)))
def test_evidence_stands_where_it_says_among_odd_signs(title: str, text: str) -> None:
    for language in ("en", "zh-Hans", "ja"):
        _check_evidence(Coder.shipped().code(title, text, language=language), title, text)


@settings(max_examples=60, deadline=None)
@given(veiled, st.sampled_from(["en", "zh-Hans", "ja"]))
def test_signs_that_nobody_sees_change_no_coding(pair: tuple[str, str], language: str) -> None:
    plain, strewn = (Coder.shipped().code(text, text, language=language) for text in pair)
    assert told(plain) == told(strewn)
    assert (plain.relevance, plain.reasons) == (strewn.relevance, strewn.reasons)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_evidence_slices_to_its_term(case: dict[str, str]) -> None:
    coding = by_coder(case)
    _check_evidence(coding, case["title"], case["text"])
    assert all(event.evidence for event in coding.events)


def _check_evidence(coding: Coding, title: str, text: str) -> None:
    for event in coding.events:
        for found in event.evidence:
            field = title if found.field == "title" else text
            assert fold(field[found.start : found.end]).text == fold(found.term).text


def test_the_coder_works_in_other_processes() -> None:
    coder = Coder.shipped()
    assert pickle.loads(pickle.dumps(coder)) is coder  # noqa: S301 - our own bytes
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(by_coder, CASES[0]).result() == by_coder(CASES[0])


@pytest.mark.parametrize(
    "unit",
    [
        "外交部提醒公民避免前往日本",
        "China urges Japan travel advisory cancel exchange ",
        "日中中止。",
        "China said on Monday that Japan must lift its ban on seafood. It rained in Paris. ",
    ],
)
@pytest.mark.timeout(60)
def test_trigger_words_without_end_do_not_blow_up(unit: str) -> None:
    """Each takes two seconds at most."""
    Coder.shipped().code((unit * 10)[:100], unit * 20_000)


@pytest.mark.shared
def test_labelled_news_stays_as_well_read_as_it_is(shared: Path) -> None:
    """The bound is a little below the best reached; `python -m tests.benchmarks.coding` prints."""
    gold = items(shared / "eval" / "events_dev.jsonl")
    whole = measure(gold, by_coder)
    assert whole["relevant"].f1 >= 0.98
    assert whole["category"].f1 >= 0.96
    assert whole["alert"].f1 >= 0.95
    assert whole["alert"].precision >= 0.93
    assert whole["direction"].precision >= 0.98
    for language in sorted({item["lang"] for item in gold}):
        part = measure([item for item in gold if item["lang"] == language], by_coder)
        for name in ("relevant", "category", "alert"):
            assert part[name].f1 >= whole[name].f1 - 0.08, (language, name)


@pytest.mark.shared
def test_articles_of_one_story_meet_in_one_event(shared: Path) -> None:
    assert identity(items(shared / "eval" / "events_dev.jsonl")).f1 >= 0.8


NEWS = "escalation"
SEEDS = {
    "000": {
        ("travel_advisory", NEWS),
        ("exchange_cancellation", NEWS),
        ("official_contact", NEWS),
    },
    "002": {("official_contact", "easing")},
    "003": {("travel_advisory", NEWS), ("diplomatic_protest", NEWS)},
    "004": {("official_contact", "easing")},
}


@pytest.mark.shared
@pytest.mark.parametrize("number", sorted(SEEDS))
def test_seed_documents_tell_what_they_report(shared: Path, number: str) -> None:
    assert told(_seed(shared, number)) >= SEEDS[number]


@pytest.mark.shared
@pytest.mark.parametrize("headline", [False, True])
def test_the_essay_among_the_seeds_reports_nothing(shared: Path, headline: bool) -> None:
    assert not told(_seed(shared, "001", headline))


@pytest.mark.shared
@pytest.mark.parametrize("headline", [False, True])
def test_advocacy_written_as_news_names_who_acts_on_whom(shared: Path, headline: bool) -> None:
    pairs = {
        event.category.value: (event.actor, event.target)
        for event in _seed(shared, "000", headline).events
        if not event.background
    }
    assert pairs["official_contact"] == pairs["exchange_cancellation"] == ("HK", "JP")
    assert pairs["travel_advisory"] == ("CN", "JP")


@pytest.mark.shared
def test_words_of_background_in_the_talks_document_do_not_fire(shared: Path) -> None:
    assert told(_seed(shared, "004")) == {("official_contact", "easing")}


def _seed(shared: Path, number: str, headline: bool = False) -> Coding:
    """A seed document under its first line, or under its headline below that."""
    (path,) = (shared / "seeds").glob(f"{number}_*.txt")
    title, _, text = path.read_text("utf-8").partition("\n")
    if headline:
        title, _, text = text.lstrip().partition("\n")
    return Coder.shipped().code(title, text, language="en")
