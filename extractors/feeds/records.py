"""Lists of articles in JSON or XML of a publisher's own make become entries."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractors.errors import FeedError
from extractors.feeds.feed import Feed
from extractors.feeds.tree import Node, data_tree, filled, select, text_at
from extractors.items import Item, entries_of
from extractors.source import Listing, Source

MAPPING = "compare the places under [source.listing] with the document in a browser"


def parse_records(body: bytes, content_type: str | None, source: Source, url: str) -> Feed:
    """The entries of a list that `source.listing` maps.

    FeedError where the body is neither JSON nor XML, nothing stands where the items should be, or
    no item has an address.
    """
    tree, form = data_tree(body, content_type, url)
    listing = source.listing or Listing()
    nodes = list(select(tree, listing.items))
    if not any(isinstance(node.value, dict) for node in nodes):
        if _is_empty_list(tree, listing.items):
            return Feed(form, "", (), ("the list is empty",))
        raise FeedError(url, f"has no items at {listing.items!r}", MAPPING)
    entries, warnings = entries_of(_items(nodes, listing), source, url)
    if not entries:
        what = f"none of its {len(nodes)} items has an address at {listing.url!r}"
        raise FeedError(url, what, MAPPING)
    return Feed(form, "", entries, warnings)


def _is_empty_list(tree: object, path: str) -> bool:
    holder, _, name = path.rpartition(".")
    lists = (n.value.get(name) for n in select(tree, holder) if isinstance(n.value, dict))
    return any(value == [] for value in lists) or (not path and tree == [])


def _items(nodes: list[Node], listing: Listing) -> Iterator[Item]:
    wanted = re.compile(listing.pattern)
    for node in nodes:
        item = _item(node, listing)
        if not listing.pattern or wanted.search(item.link):
            yield item


def _item(node: Node, listing: Listing) -> Item:
    link = _part(node, listing.url)
    return Item(
        link="" if link.isdigit() else link,  # an id
        title=_part(node, listing.title),
        summary=_part(node, listing.summary),
        date=_part(node, listing.date),
        author=_part(node, listing.author),
    )


def _part(node: Node, place: str) -> str:
    if "{" in place:
        return filled(place, node)
    return text_at(node, place) if place else ""
