"""What the desk knows of sources: who speaks officially, and whose name stands under an article."""

from __future__ import annotations

from collections.abc import Callable

from flows.configuration.desk import policy
from flows.configuration.settings import House

SOURCES = """
[sources]
shipped = false
[[source]]
id = "levels"
url = "https://a.example/ota.json"
kind = "state"
document = "hk-outbound-travel-alert"
[[source]]
id = "ministry"
url = "https://b.example/feed"
tags = ["JP", "government"]
[[source]]
id = "paper"
url = "https://c.example/feed"
name = "The Paper"
[[source]]
id = "world"
url = "https://d.example/doc"
name = "World"
kind = "gdelt"
[[source]]
id = "search"
url = "https://e.example/feed"
name = "Search"
tags = ["aggregator"]
"""


def test_documents_of_state_and_governments_are_official(settle: Callable[[str], House]) -> None:
    house = settle(SOURCES)
    assert policy(house, ()).official == {"levels", "ministry"}
    assert {source.id for source in house.sources if source.official} == {"levels", "ministry"}


def test_an_aggregators_name_stands_under_no_article(settle: Callable[[str], House]) -> None:
    outlets = policy(settle(SOURCES), ()).outlets
    assert outlets["paper"] == "The Paper"
    assert not {"world", "search"} & set(outlets)
