"""What the polls of a cycle lead to expect."""

from __future__ import annotations

from datetime import timedelta

import pytest

from extractors.entry import Entry
from extractors.feeds.poll import Poll, SourceState
from extractors.source import Source
from flows.cycle.polling import unread
from tests.flows.newsroom import FRIDAY

SOURCE = Source("s", "https://a.example/feed", "S")
ENTRIES = tuple(
    Entry("s", f"https://a.example/{n}", f"https://a.example/{n}", "t", published_at=published)
    for n, published in enumerate((None, FRIDAY, FRIDAY + timedelta(hours=1)))
)


@pytest.mark.parametrize(
    ("state", "pages"),
    [
        (SourceState(), 3),
        (SourceState(newest_at=FRIDAY), 2),
        (SourceState(newest_at=FRIDAY + timedelta(hours=1)), 1),
        (SourceState(newest_at=FRIDAY, url="https://former.example/feed"), 3),
    ],
    ids=["never read", "read", "nothing later", "read elsewhere"],
)
def test_what_is_later_than_before_is_probably_unread(state: SourceState, pages: int) -> None:
    assert unread(Poll(SOURCE, "new", ENTRIES, SourceState()), state) == pages
