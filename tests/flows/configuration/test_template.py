"""What `noroshi init` writes is valid, and says every key, its default and what it may be."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from alerts.reading.rules.rule_table import RuleTable
from extractors.feeds.form import forms
from flows.configuration.collecting import ListingTable, SourceTable
from flows.configuration.flaws import flaws_of
from flows.configuration.settings import load
from flows.configuration.tables import Settings
from flows.configuration.telling import ChannelTable, QuietTable, RouteTable
from tests.flows.conftest import Write

FILE = Path(__file__).parents[3] / "flows" / "templates" / "noroshi.toml"
TEMPLATE = FILE.read_text(encoding="utf-8")
EXAMPLES = re.sub(r"^# (?=\[|\w+ = )", "", TEMPLATE, flags=re.MULTILINE)
"""The same with what stands there as an example in force."""

TABLES: dict[str, type[BaseModel]] = {
    "source": SourceTable,
    "source.listing": ListingTable,
    "rule": RuleTable,
    "channel": ChannelTable,
    "channel.quiet": QuietTable,
    "route": RouteTable,
}
"""Tables that have no place in the defaults."""


def test_it_is_valid_and_says_the_defaults() -> None:
    assert load(FILE).settings == Settings()


def test_its_examples_are_valid(write: Write) -> None:
    house = load(write(EXAMPLES))
    assert house.settings.rule
    assert flaws_of(house) == ()


def shown(name: str) -> list[dict[str, Any]]:
    """The examples of a table."""
    found: list[Any] = [tomllib.loads(EXAMPLES)]
    for part in name.split(".") if name else ():
        found = [each for table in found for each in several(table.get(part, []))]
    return found


def several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(("name", "model"), [("", Settings), *TABLES.items()])
def test_every_key_is_there(name: str, model: type[BaseModel]) -> None:
    keys = {key for table in shown(name) for key in table}
    for key, info in model.model_fields.items():
        assert (info.alias or key) in keys
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            assert set(inner.model_fields) <= {k for table in shown(key) for k in table}, key


@pytest.mark.parametrize(("name", "model"), TABLES.items())
def test_a_default_is_that_of_an_example_or_told(name: str, model: type[BaseModel]) -> None:
    told = {
        key
        for block in blocks(name)
        for key, value, said in keys_of(block)
        if "default: " in f"{block.splitlines()[0]} {said}".lower()
        or value == model.model_fields[key].default
    }
    wanted = {key for key, info in model.model_fields.items() if not info.is_required()}
    assert wanted - told - TABLES_WITHIN == set()


TABLES_WITHIN = {"listing", "quiet"}


def blocks(name: str) -> list[str]:
    """The lines of each example of a table, as they stand in the template, headers first."""
    header = rf"^(?:# )?\[+{re.escape(name)}\]+.*\n(?:(?!(?:# )?\[).*\n)*"
    return re.findall(header, TEMPLATE, re.MULTILINE)


def keys_of(block: str) -> list[tuple[str, Any, str]]:
    """Key, value and the words beside, above and below it."""
    found, lines = [], block.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"(# )?\w+ = ", line):
            [(key, value)] = tomllib.loads(line.removeprefix("# ")).items()
            above = takewhile(lambda text: text.startswith("# # "), reversed(lines[:number]))
            below = takewhile(lambda text: text.startswith("#  "), lines[number + 1 :])
            found.append((key, value, " ".join([*above, line, *below])))
    return found


def choices(info: FieldInfo) -> set[str]:
    """What may stand there, of a value that is one of a few."""
    kinds = [info.annotation, *get_args(info.annotation)]
    enums = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, StrEnum)]
    literals = [kind for kind in kinds if get_origin(kind) is Literal]
    return {str(one) for kind in enums for one in kind} | {
        name for kind in literals for name in get_args(kind)
    }


@pytest.mark.parametrize(("name", "model"), TABLES.items())
def test_what_a_key_may_be_is_told(name: str, model: type[BaseModel]) -> None:
    for key, info in model.model_fields.items():
        for choice in choices(info):
            assert re.search(rf"(?<![\w-]){re.escape(choice)}(?![\w-])", TEMPLATE), f"{name}.{key}"


def test_every_form_of_official_documents_is_told() -> None:
    assert [form for form in forms() if f'"{form}"' not in TEMPLATE] == []
