"""What readers get over several cycles: once, in time, in order, and not too much of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.telling.deciding.outbox import deliveries_for
from alerts.telling.deciding.quiet import Quiet, QuietMode
from alerts.telling.deciding.reception import Reception
from alerts.telling.notice import Notice
from alerts.telling.writing.bundle import Held
from extractors.article import digest
from flows.configuration.desk import Desk, desk
from flows.cycle.delivery import Round
from flows.cycle.lines import Lines
from flows.watch import watch
from tests.flows.newsroom import FRIDAY, Newsroom, Story, routes
from tests.warehouse.samples import a_notice
from warehouse.database import Warehouse, query
from warehouse.telling import claiming, outbox
from warehouse.telling.holdings import Holding, spoken
from warehouse.telling.outbox import Announcement

pytestmark = pytest.mark.anyio

NOW = datetime(2025, 11, 15, 1, 0, tzinfo=UTC)

AMBER = {
    "en": [
        (
            "Hong Kong issues amber outbound travel alert for Japan",
            "Hong Kong's Security Bureau issued an amber outbound travel alert for Japan on Friday",
        ),
        (
            "Security Bureau puts Japan under amber travel alert",
            "Hong Kong issued an amber outbound travel alert for Japan on Friday, the Security "
            "Bureau said.",
        ),
        (
            "Amber travel alert issued for Japan, Hong Kong government says",
            "The Hong Kong government on Friday issued an amber travel alert for Japan.",
        ),
    ],
    "zh-Hant": [
        ("保安局對日本發出黃色外遊警示", "保安局今日對日本發出黃色外遊警示，呼籲市民注意安全。"),
        ("港府發出日本黃色外遊警示", "香港保安局星期五發出日本黃色外遊警示，提醒市民留意。"),
        ("港府對日本發黃色外遊警示", "香港政府今日對日本發出黃色外遊警示，提醒市民。"),
    ],
    "zh-Hans": [
        ("香港对日本发出黄色外游警示", "香港保安局14日对日本发出黄色外游警示，呼吁市民注意安全。"),
        ("香港保安局发出日本黄色外游警示", "香港保安局14日发出日本黄色外游警示，提醒市民留意。"),
    ],
    "ja": [
        (
            "香港、日本への渡航に黄色の警報",
            "香港保安局は14日、日本に黄色の渡航警報を出した。",
        ),
        (
            "香港政府、日本に黄色の渡航警報",
            "香港政府は14日、日本に黄色の渡航警報を発表した。",
        ),
    ],
}
REPORTS = [
    Story(f"/{language}/{n}", title, text, FRIDAY + timedelta(hours=len(language) + n))
    for language, told in AMBER.items()
    for n, (title, text) in enumerate(told)
]
RAISED = Story(
    "/red",
    "Hong Kong raises outbound travel alert for Japan to red",
    "Hong Kong's Security Bureau on Sunday raised its outbound travel alert for Japan to red.",
    FRIDAY + timedelta(days=2),
)
RAISED_HANT = Story(
    "/red/hant",
    "保安局把日本的外遊警示由黃色提升至紅色",
    "保安局今日把日本的外遊警示由黃色提升至紅色外遊警示。",
    FRIDAY + timedelta(days=2, hours=1),
)
LIFTED = Story(
    "/lifted",
    "Hong Kong lifts outbound travel alert for Japan",
    "Hong Kong's Security Bureau on Tuesday lifted its outbound travel alert for Japan.",
    FRIDAY + timedelta(days=4),
)


async def test_ten_articles_in_four_languages_then_raised_then_lifted(news: Newsroom) -> None:
    assert len(REPORTS) == 10
    news.source("one")
    desk, chat = news.desk("desk"), news.desk("chat")
    published: list[Story] = []

    async def after(*stories: Story) -> list[int]:
        published.extend(stories)
        news.site.routes |= routes(*published)
        await watch(news.house(), insisted=["one"])
        return [len(desk.got), len(chat.got)]

    order = [REPORTS[n] for n in (0, 3, 8, 6, 1, 9, 4, 7, 2, 5)]
    assert [await after(*order[:4]), await after(*order[4:7]), await after(*order[7:])] == [
        [1, 1],
        [1, 1],
        [1, 1],
    ]
    assert await after(RAISED) == [2, 2]
    assert await after(RAISED_HANT) == [2, 2]
    assert await after(LIFTED) == [3, 3]
    told = _rows(
        news,
        "SELECT kind, facts->>'$[*].development', facts->>'$[*].before', facts->>'$[*].after', "
        "thread_id = first(alerts.id) OVER (ORDER BY created_at), news "
        "FROM alerts JOIN events ON events.id = event_id ORDER BY created_at",
    )
    assert told == [
        ("first", [], [], [], True, 10),
        ("update", ["level", "severity"], ["amber", "medium"], ["red", "high"], True, 2),
        ("update", ["direction"], ["escalation"], ["easing"], True, 1),
    ]


@dataclass(slots=True)
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Post:
    """An outbox, desks that it serves, and a clock."""

    news: Newsroom
    clock: Clock = field(default_factory=Clock)
    changes: dict[str, Reception] = field(default_factory=dict)
    count: int = 0

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.news.house().data_folder)

    def desk(self) -> Desk:
        house = self.news.house()
        whole = desk(house, house.channels())
        return replace(whole, receptions={**whole.receptions, **self.changes})

    def post(self, count: int = 1, **changes: object) -> None:
        """Write alerts on so many events, to all desks, at the present moment."""
        notices = [self._notice(**changes) for _ in range(count)]
        announcements = [
            Announcement(n, "article", deliveries_for(n.alert_id, [*self.news.desks], self.clock()))
            for n in notices
        ]
        with self.warehouse.writing("test") as connection:
            outbox.post(connection, announcements, self.clock())

    def _notice(self, **changes: object) -> Notice:
        self.count += 1
        name = f"{self.count:05}"
        return a_notice(
            alert_id=digest(name), event_id=digest(f"event {name}"), headline=name, **changes
        )

    async def deliver(self, minutes: float = 0, *, last: bool = True) -> Round:
        """A round of deliveries, so many minutes later."""
        self.clock.now += timedelta(minutes=minutes)
        served = Round(self.warehouse, self.desk(), self.clock)
        await served.run(last=last)
        return served

    def got(self, name: str) -> list[str]:
        """What a desk received: the number of the alert, or the subject of what else it is."""
        return [title.rpartition(" — ")[2] for title in self.news.desks[name].got]

    def states(self, name: str) -> dict[object, object]:
        with self.warehouse.writing("test") as connection:
            return dict(
                connection.execute(
                    "SELECT state, count(*) FROM deliveries WHERE channel = $name GROUP BY state",
                    {"name": name},
                ).fetchall()
            )


@pytest.fixture
def post(news: Newsroom) -> Post:
    news.desk("desk")
    return Post(news)


async def test_a_channel_that_is_down_for_two_hours(post: Post) -> None:
    bad = post.news.desk("bad", 503)
    for _ in range(8):
        post.post()
        await post.deliver(15)
    numbers = [f"{n:05}" for n in range(1, 9)]
    assert [t for t in post.got("desk") if t in numbers] == numbers, "the other was on time"
    assert [t for t in post.got("desk") if t not in numbers] == ["Channel bad is down"]
    bad.status = 200
    post.post()
    await post.deliver(60)
    assert post.got("bad") == [*numbers, "00009"], "all, in order"
    assert sorted(post.got("desk")[-2:]) == ["00009", "Channel bad works again"]
    await post.deliver(15)
    assert len(post.got("desk")) == 11
    assert post.states("bad") == {"sent": 9}


async def test_a_message_that_a_channel_never_takes_does_not_block_it(post: Post) -> None:
    desk = post.news.desks["desk"]
    desk.refuses = "00001"
    post.post(3)
    for _ in range(5):
        await post.deliver(61)
    assert post.got("desk") == ["00002", "00003"]
    assert post.states("desk") == {"failed": 1, "sent": 2}
    await post.deliver(3 * 24 * 60)
    assert post.states("desk") == {"dead": 1, "sent": 2}, "given up with age"


async def test_who_refuses_for_good_is_told_of_once(post: Post) -> None:
    bad = post.news.desk("bad", 404)
    for _ in range(4):
        post.post()
        await post.deliver(15)
    assert post.states("bad") == {"dead": 4}
    told = [title for title in post.got("desk") if "bad" in title]
    assert told == ["1 messages to channel bad were given up", "Channel bad is down"]
    bad.status = 200
    post.post()
    await post.deliver(15)
    assert post.got("bad") == ["00005"]
    assert post.got("desk")[-1] == "Channel bad works again"


async def test_what_is_too_old_is_given_up_and_reported(post: Post) -> None:
    post.news.desk("bad", 503)
    post.post(3)
    await post.deliver()
    await post.deliver(60 * 73)
    assert post.states("bad") == {"dead": 3}
    assert "3 messages to channel bad were given up" in post.got("desk")


async def test_quiet_hours_end_in_one_message(post: Post) -> None:
    zone = ZoneInfo("Asia/Tokyo")  # 10:00 there
    quiet = Quiet(time(9), time(12), zone)
    post.changes["desk"] = Reception("desk", quiet)
    post.post(3)
    await post.deliver()
    post.post(severity="critical")
    await post.deliver(30)
    assert post.got("desk") == []
    await post.deliver(90)
    assert post.got("desk") == ["4 alerts from the quiet hours"]
    assert post.states("desk") == {"sent": 4}
    post.changes["desk"] = Reception("desk", replace(quiet, mode=QuietMode.CRITICAL_ONLY))
    post.clock.now += timedelta(days=1, hours=-2)
    post.post(severity="critical")
    post.post()
    await post.deliver()
    assert post.got("desk")[1:] == ["00005"]
    await post.deliver(150)
    assert post.got("desk")[2:] == ["00006"], "one that was held is no bundle"
    post.changes["desk"] = Reception("desk", replace(quiet, mode=QuietMode.SILENT))
    post.clock.now += timedelta(days=1, hours=-2)
    post.post()
    await post.deliver()
    await post.deliver(150)
    assert len(post.got("desk")) == 3
    assert post.states("desk") == {"sent": 6, "skipped": 1}


async def test_a_flood_costs_each_channel_its_cap_and_one_summary(post: Post) -> None:
    post.news.desk("chat")
    post.changes["chat"] = Reception("chat", per_hour=5)
    post.post(9_990)
    await post.deliver(last=False)
    post.post(10, severity="critical")
    await post.deliver()
    await post.deliver(15)
    assert (len(post.got("desk")), len(post.got("chat"))) == (41, 11)
    assert post.got("chat")[-1] == "9990 further alerts within the hour"
    assert post.states("chat") == {"sent": 10_000}
    post.post(2)
    await post.deliver(15)
    assert "10001" not in post.got("chat"), "the hour is not over"
    await post.deliver(45)
    assert sorted(post.got("chat")[-2:]) == ["10001", "10002"]


async def test_what_is_critical_passes_a_full_hour_and_what_waits_says_until_when(
    post: Post,
) -> None:
    post.changes["desk"] = Reception("desk", per_hour=2)
    post.post(5, severity="medium")
    await post.deliver()
    assert post.got("desk")[2:] == ["3 further alerts within the hour"]
    post.post(2, severity="high")
    post.post(severity="critical")
    served = await post.deliver(15)
    full = NOW + timedelta(hours=1)
    assert post.got("desk")[3:] == ["00008", "2 alerts wait for channel desk: its hour is full"]
    assert served.held == (Holding("desk", Held.CAP, 2, full),)
    assert spoken(served.held, ZoneInfo("Asia/Tokyo")) == [
        "desk: 2 alerts held until 2025-11-15 11:00 JST by its cap of an hour (per_hour)"
    ]
    post.post(severity="high")
    await post.deliver(15)
    assert len(post.got("desk")) == 5, "operators are told once a day"
    await post.deliver(30)
    assert post.got("desk")[6:] == ["2 further alerts within the hour"]
    assert post.states("desk") == {"sent": 10}


async def test_a_flood_of_critical_alerts_is_capped_too_and_none_waits(post: Post) -> None:
    post.changes["desk"] = Reception("desk", per_hour=2)
    post.post(3)
    await post.deliver()
    post.post(5, severity="critical")
    await post.deliver(15)
    assert post.got("desk")[5:] == ["3 further alerts within the hour"]
    assert post.states("desk") == {"sent": 8}


async def test_what_a_killed_process_was_sending_goes_at_once_though_another_one_sends(
    post: Post,
) -> None:
    """A cycle is killed while it sends to two channels, and a digest is being sent to one."""
    post.news.desk("other")
    post.post(2)
    with post.warehouse.writing("test") as connection:
        assert len(claiming.claim(connection, post.clock())) == 4
    with Lines(post.warehouse.lines_folder) as living:
        assert living.take({"other"}) == {"other"}
        await post.deliver(1)
        assert [len(post.got(name)) for name in ("desk", "other")] == [2, 0]
        assert post.states("other") == {"sending": 2}
    await post.deliver(1)
    assert [len(post.got(name)) for name in ("desk", "other")] == [2, 2]


async def test_a_bundle_that_was_accepted_and_not_settled_goes_again_under_its_id(
    post: Post,
) -> None:
    post.changes["desk"] = Reception("desk", per_hour=1)
    post.post(5)
    await post.deliver(last=False)
    claimed = []
    for _ in range(2):
        with post.warehouse.writing("test") as connection:
            outbox.release(connection, ["desk"], post.clock())
            claimed.append(claiming.claim(connection, post.clock(), post.desk().receptions))
    (first,), (second,) = claimed
    assert first == second
    await post.deliver(30)
    assert len(post.got("desk")) == 2


def _rows(news: Newsroom, sql: str) -> list[tuple[object, ...]]:
    with Warehouse(news.house().data_folder).reading() as connection:
        return query(connection, sql)[1]
