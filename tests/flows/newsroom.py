"""A small news site with a desk that is told: what cycles in tests run against."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

from flows.configuration.settings import House, load
from tests.servers import Reply, Request, Route, Site, fixed
from tests.warehouse.samples import blank

FRIDAY = datetime(2025, 11, 14, 12, 0, tzinfo=UTC)

SETTINGS = """
data_folder = "data"
timezone = "UTC"
[fetch]
pace_seconds = 0
poll_max_minutes = 0
per_host = 8
private_addresses = true
total_seconds = 10
[sources]
shipped = false
"""


@dataclass(frozen=True, slots=True)
class Story:
    """An article as the site tells it."""

    path: str
    title: str
    text: str
    published: datetime = FRIDAY


WARNING_EN = Story(
    "/en/1",
    "China tells its citizens to avoid travel to Japan",
    "China's foreign ministry on Friday urged Chinese citizens to avoid travelling to Japan in "
    "the near future. The notice was repeated by the embassy in Tokyo.",
)
WARNING_JA = Story(
    "/ja/1",
    "中国外務省、日本への渡航自粛を国民に呼びかけ",
    "中国外務省は14日、国民に対し当面日本への渡航を控えるよう呼びかけた。"
    "在日本中国大使館も同じ内容を伝えた。",
    FRIDAY + timedelta(hours=1),
)
WARNING_HANS = Story(
    "/hans/1",
    "中国外交部提醒中国公民近期避免前往日本",
    "外交部14日发布通知，提醒中国公民近期避免前往日本。驻日使馆也发布了同样的提醒。",
    FRIDAY + timedelta(hours=2),
)
LIFTED_EN = Story(
    "/en/3",
    "China lifts its travel advisory against Japan",
    "China's foreign ministry on Friday lifted its travel advisory for Japan. Citizens can travel "
    "to Japan again.",
    FRIDAY + timedelta(days=5),
)
GARDENS = Story(
    "/en/2",
    "Garden show opens with record crowd",
    "The annual garden show opened on Friday with a record crowd. It will last for a week and "
    "shows roses from forty countries.",
)


def feed(*stories: Story) -> Route:
    """An RSS 2.0 feed of `stories`, whose links lead to the site that serves it."""

    def route(request: Request) -> Reply:
        return Reply(rss(f"http://{request.headers['host']}", stories), 200, "application/rss+xml")

    return route


def rss(address: str, stories: Sequence[Story]) -> bytes:
    items = "".join(
        f"<item><title>{escape(story.title)}</title><link>{address}{story.path}</link>"
        f"<description>{escape(story.text[:80])}</description>"
        f"<pubDate>{format_datetime(story.published)}</pubDate></item>"
        for story in stories
    )
    title = "<title>Test news</title>"
    return f'<rss version="2.0"><channel>{title}{items}</channel></rss>'.encode()


def page(story: Story) -> Route:
    """The page of a story."""
    title = escape(story.title)
    body = f"<h1>{title}</h1><p>{escape(story.text)}</p>"
    text = (
        f"<!doctype html><html><head><meta charset='utf-8'><title>{title}</title></head>"
        f"<body><article>{body}</article></body></html>"
    )
    return fixed(text.encode())


def routes(*stories: Story, at: str = "/feed") -> dict[str, Route]:
    """A feed at `at` and the pages that it lists."""
    return {at: feed(*stories), **{story.path: page(story) for story in stories}}


@dataclass(slots=True)
class Desk:
    """A chat room behind a JSON webhook; `status` is how it answers."""

    name: str
    status: int = 200
    got: list[str] = field(default_factory=list)
    refuses: str | None = None
    """A piece of the one title that it never takes."""

    def __call__(self, request: Request) -> Reply:
        title = str(json.loads(request.body)["title"])
        status = 500 if self.refuses and self.refuses in title else self.status
        if status == 200:
            self.got.append(title)
        return Reply(b"ok" if status == 200 else b"no", status, "text/plain")


@dataclass(slots=True)
class Newsroom:
    """A site, its desks and a folder with the settings that join them."""

    site: Site
    folder: Path
    desks: dict[str, Desk] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    fetch: str = ""
    """Further lines of [fetch]."""
    hours: int = 1_000_000
    """How old what a source holds at first may be and still be told: its news is of last year."""

    @property
    def file(self) -> Path:
        return self.folder / "noroshi.toml"

    def source(self, id_: str, path: str = "/feed", url: str | None = None) -> None:
        """Have a source polled: a path of the site, or an address elsewhere."""
        self.sources.append(f'[[source]]\nid = "{id_}"\nurl = "{url or self.site.url(path)}"\n')

    def desk(self, name: str, status: int = 200) -> Desk:
        """Have a desk told. Its address stands in .env, with a token that nobody may see."""
        self.desks[name] = Desk(name, status)
        self.site.routes[f"/hook-{name}-{TOKEN}"] = self.desks[name]
        return self.desks[name]

    def house(self) -> House:
        """The settings, written and read."""
        channels = [
            f'[[channel]]\nname = "{name}"\nurl = "env:DESK_{name.upper()}"\n'
            for name in self.desks
        ]
        tables = [f"backlog_hours = {self.hours}\n", *self.sources, *channels, *self.rules]
        settings = SETTINGS.replace("[fetch]\n", f"[fetch]\n{self.fetch}")
        self.file.write_text(settings + "".join(tables), encoding="utf-8")
        secrets = [
            f"DESK_{name.upper()}=json://127.0.0.1:{self.site.port}/hook-{name}-{TOKEN}\n"
            for name in self.desks
        ]
        (self.folder / ".env").write_text("".join(secrets), encoding="utf-8")
        return load(self.file)

    def warc_files(self) -> list[Path]:
        """The oldest first. Names do not tell: of two cycles in a second they are in any order."""
        return sorted(self.house().warc_folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)

    def paths(self) -> list[str]:
        """What was asked of the site, webhooks and robots.txt left out."""
        ours = ("/hook-", "/robots.txt")
        return [r.path for r in self.site.requests if not r.path.startswith(ours)]


TOKEN = "hunter2token"


@contextmanager
def newsroom(folder: Path) -> Iterator[Newsroom]:
    """A newsroom on loopback, its settings in `folder`, with a warehouse that is empty yet."""
    blank(folder / "data")
    with Site() as site:
        yield Newsroom(site, folder)
