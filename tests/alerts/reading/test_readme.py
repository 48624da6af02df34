"""The documentation of rules and queries is that of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts.reading.rules.query_text import parse
from alerts.reading.rules.rule import KEYS

README = (Path(__file__).parents[3] / "alerts" / "README.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[str]:
    """The first cells of the first table after a heading."""
    section = README.partition(f"\n### {heading}\n")[2].partition("\n### ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [line.split(" | ")[0].removeprefix("| ") for line in lines[1:]]


FORMS = [form for row in rows("Queries") for form in re.findall("`([^`]+)`", row)]


def test_every_key_of_a_rule_is_documented() -> None:
    documented = {key for row in rows("Rules") for key in re.findall("`([^`]+)`", row)}
    assert documented == set(KEYS)


def test_the_forms_are_there() -> None:
    assert len(FORMS) > 15


@pytest.mark.parametrize("form", FORMS)
def test_every_documented_form_is_read(form: str) -> None:
    assert parse(str(parse(form))) == parse(form)
