"""A published warehouse of generated articles: a year of news in four languages, coded.

Articles are drawn from the templates below with a fixed seed, so that figures can be compared. Most
are noise (weather, sport, markets) as in real feeds; one in twelve reports something between Hong
Kong, Japan and mainland China.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.reading.events.coder import Coder
from alerts.reading.rules.rule import RuleBook
from alerts.telling.deciding.policy import Policy
from extractors.article import Article, Origin, TextFrom, article_id
from warehouse.collecting import articles
from warehouse.database import Warehouse
from warehouse.telling import matching

START = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
BATCH = 5000

NEWS = {
    "en": (
        "China urged its citizens to avoid travel to Japan, the foreign ministry said.",
        "Hong Kong raised its outbound travel alert for Japan to amber on Friday.",
        "Beijing banned imports of Japanese seafood again, customs officials said.",
        "A Japanese airline cut its flights to Shanghai until the end of March.",
    ),
    "zh-Hant": (
        "外交部提醒中國公民近期避免前往日本。",
        "保安局對日本發出黃色外遊警示，籲市民留意安全。",
        "香港暫停與日本駐港總領事館的官方交流活動。",
        "中國宣布暫停進口日本水產品。",
    ),
    "zh-Hans": (
        "外交部提醒中国公民近期避免前往日本。",
        "中国宣布恢复对日本公民的免签政策。",
        "中国海关总署宣布暂停进口日本水产品。",
        "外交部召见日本驻华大使，提出严正交涉。",
    ),
    "ja": (
        "中国外務省は日本への渡航を控えるよう国民に呼びかけた。",
        "外務省は中国への渡航情報を更新し、注意を呼びかけた。",
        "中国は日本産水産物の輸入を再び停止した。",
        "日本の航空会社は上海便を3月末まで減便すると発表した。",
    ),
}
NOISE = {
    "en": (
        "Shares in the city closed higher after a quiet morning on Wall Street.",
        "The observatory expects showers and a light easterly wind on Tuesday.",
        "The home side won by two goals in front of thirty thousand people.",
        "A new museum of design will open its doors to the public next spring.",
        "Residents asked the council for longer opening hours of the library.",
        "The company reported a profit of forty million dollars for the quarter.",
    ),
    "zh-Hant": (
        "恒生指數早段上升百分之一，成交額逾千億元。",
        "天文台預測明日大致多雲，有一兩陣驟雨。",
        "主隊憑下半場入球以二比一取勝，排名升至第三。",
        "新圖書館將於明年春季啟用，設有兒童閱讀區。",
        "運輸署表示，隧道將於週末晚間封閉進行維修。",
        "調查顯示，近半受訪者認為租金過高。",
    ),
    "zh-Hans": (
        "股市早盘小幅上涨，成交量较前一日减少。",
        "气象部门预计周末有小到中雨，气温下降。",
        "主队在最后时刻打入一球，锁定胜局。",
        "新地铁线路将于明年通车，全长二十公里。",
        "研究人员发现一种新的深海鱼类。",
        "市民可以通过手机办理更多业务。",
    ),
    "ja": (
        "日経平均株価は小幅に反発し、前日比百円高で引けた。",
        "気象庁によると、週末は西日本を中心に雨が降る見込みだ。",
        "地元チームは逆転勝ちし、首位に立った。",
        "市立図書館は来年の春に新しい建物へ移る。",
        "駅前の再開発は三年後に完成する予定だという。",
        "調査では半数が家賃が高いと答えた。",
    ),
}
SOURCES = {
    "en": ("hk-en", "jp-en"),
    "zh-Hant": ("hk-zh",),
    "zh-Hans": ("cn-zh",),
    "ja": ("jp-ja",),
}


def publish(folder: Path, count: int) -> Warehouse:
    """A warehouse in `folder` with `count` coded articles; the one that is there, if it is."""
    warehouse = Warehouse(folder)
    if warehouse.published.exists():
        return warehouse
    made = list(generated(count))
    for begin in range(0, count, BATCH):
        with warehouse.writing("fill") as connection:
            articles.store(connection, made[begin : begin + BATCH], START + YEAR)
            waiting = matching.waiting(connection, limit=BATCH)
            judged = [matching.judge(one, Coder.shipped(), RuleBook(())) for one in waiting]
            matching.store(connection, judged, Policy(), START + YEAR)
    warehouse.publish()
    return warehouse


def generated(count: int) -> Iterator[Article]:
    """So many articles, evenly over a year; the same ones each time."""
    chance = random.Random(4)
    for number in range(count):
        language = chance.choice(list(NEWS))
        news = chance.random() < 1 / 12
        first = chance.choice((NEWS if news else NOISE)[language])
        noise = NOISE[language]
        body = [
            f"{number}: {first}",
            *(chance.choice(noise) for _ in range(chance.randrange(3, 15))),
        ]
        yield Article(
            id=article_id(f"https://example.org/{number}"),
            url=f"https://example.org/{number}",
            title=first.rstrip("。."),
            text=" ".join(body) if language == "en" else "".join(body),
            language=language,
            origin=Origin.NEWS,
            source_id=chance.choice(SOURCES[language]),
            fetched_at=START + YEAR,
            published_at=START + YEAR * (number / count),
            published_source="feed",
            text_from=TextFrom.PAGE,
        )
