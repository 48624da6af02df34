"""Impressions of a batch, taken by the processes that read pages where there are some."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor

from extractors.article import Article
from warehouse.collecting.impression import Impression, impressions

CHUNK = 25
"""Articles that a process takes at a time."""


def taken(articles: Sequence[Article], executor: Executor | None) -> dict[str, Impression]:
    """Those of `articles`, by version; less those of a chunk that kills its process, which storing
    takes itself."""
    if executor is None:
        return impressions(articles)
    chunks = [articles[begin : begin + CHUNK] for begin in range(0, len(articles), CHUNK)]
    found: dict[str, Impression] = {}
    for future in [executor.submit(impressions, chunk) for chunk in chunks]:
        try:
            found |= future.result()
        except BrokenExecutor:
            continue
    return found
