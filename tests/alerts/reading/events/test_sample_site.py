"""The sample site of the demo: its pages, read, coded and joined, are its six stories."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.reading.events.coder import Coder
from alerts.reading.events.event import Assignment, Sighting, assign
from alerts.reading.rules.match import match
from alerts.reading.rules.rule import RuleBook
from extractors.pages.page import Page, read_page

SITE = Path(__file__).parents[4] / "flows" / "demo" / "site"
TABLE: dict[str, Any] = tomllib.loads((SITE / "site.toml").read_text("utf-8"))
ACTORS = {
    "travel-reminder": ("CN", "JP"),
    "jenesys": ("HK", "JP"),
    "seafood": ("CN", "JP"),
    "summons": ("CN", "JP"),
    "consulate-contact": ("HK", "JP"),
    "visa-free": ("CN", "JP"),
}


def pages() -> list[tuple[str, str, Page]]:
    """Story, file and page of each article."""
    rows = TABLE["page"]
    return [(row.get("story", ""), row["file"], _page(row)) for row in rows]


def _page(row: dict[str, str]) -> Page:
    body = (SITE / row["file"]).read_bytes()
    return read_page(body, f"http://site.invalid{row['path']}", row["content_type"])


def sightings(file: str, page: Page) -> list[Sighting]:
    """What the shipped book matches in a page."""
    day = page.published.date() if page.published else None
    coding = Coder.shipped().code(page.title, page.text, language=page.language, published=day)
    fired = match(page.title, page.text, page.language, "site", coding, RuleBook.load())
    return [
        Sighting(
            article_id=file,
            rule_id=found.rule.id,
            category=found.category,
            direction=found.direction,
            severity=found.severity,
            actor=found.actor,
            target=found.target,
            level=found.level,
            title=page.title,
            language=page.language,
            published_at=page.published or datetime(2025, 11, 20, tzinfo=UTC),
            object=found.object,
        )
        for found in fired
    ]


@pytest.fixture(scope="module")
def told() -> Assignment:
    return assign([s for _, file, page in pages() for s in sightings(file, page)], ())


def test_the_site_tells_its_six_stories_and_nothing_else(told: Assignment) -> None:
    wanted = {(story["category"], story["direction"]) for story in TABLE["story"]}
    assert {(event.category, event.direction) for event in told.events} == wanted
    assert len(told.events) == len(wanted) == 6


def test_each_story_names_who_acts_on_whom(told: Assignment) -> None:
    kinds = {(s["category"], s["direction"]): ACTORS[s["id"]] for s in TABLE["story"]}
    for event in told.events:
        assert (event.actor, event.target) == kinds[event.category or "", event.direction or ""]


def test_both_pages_of_the_summons_are_one_event(told: Assignment) -> None:
    (event,) = (event for event in told.events if event.category == "diplomatic_protest")
    files = {file for story, file, _ in pages() if story == "summons"}
    assert len(files) == 2 and files <= set(event.article_ids)


@pytest.mark.parametrize("file", [file for story, file, _ in pages() if not story])
def test_football_typhoon_ramen_and_yen_tell_nothing(file: str) -> None:
    page = next(page for _, name, page in pages() if name == file)
    assert not sightings(file, page)
