"""A flood of news: stories that a mistaken rule takes for an event of its own each."""

from __future__ import annotations

from tests.flows.newsroom import Newsroom, Story, feed

RULE = '[rules]\nshipped = false\n[[rule]]\nid = "mistake"\nkeywords = ["harbour"]\n'
CAP = 30
"""Messages an hour to a channel that sets no other number."""
SOURCES = 10
"""Feeds with all the text: no pages are asked for."""


def flood(news: Newsroom, events: int) -> None:
    """Have so many stories told in feeds, and a rule that fires on each."""
    news.rules.append(RULE)
    for source in range(SOURCES):
        path = f"/feed/{source}"
        news.site.routes[path] = feed(*(_story(n) for n in range(source, events, SOURCES)))
        news.source(f"s{source}", path)
        news.sources[-1] += "full_text = false\n"


def _story(number: int) -> Story:
    """An event of its own: no other has a word of its headline but the one of the rule."""
    words = " ".join(f"{chr(97 + n)}{number * prime % 99_991:05d}" for n, prime in PRIMES)
    return Story(f"/{number}", f"harbour {words}", f"In the harbour {words}.")


PRIMES = tuple(enumerate((3, 7, 31, 127, 8191)))
