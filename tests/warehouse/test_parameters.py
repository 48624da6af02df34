"""Parameters: what a statement is given goes to the database without detours."""

from __future__ import annotations

import importlib.util
import sys

import duckdb
import pytest

import warehouse


class Asked:
    """A finder that finds nothing, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        self.names.append(name)


@pytest.mark.skipif(importlib.util.find_spec("pandas") is not None, reason="pandas is installed")
def test_a_list_parameter_makes_python_look_for_no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    assert warehouse.__doc__
    asked = Asked()
    statement = "SELECT len($ids::VARCHAR[])"
    with duckdb.connect() as connection:
        connection.execute(statement, {"ids": ["a"]})  # other modules are looked for once
        monkeypatch.setattr(sys, "meta_path", [asked, *sys.meta_path])
        connection.execute(statement, {"ids": [str(number) for number in range(1000)]})
    assert asked.names == []
