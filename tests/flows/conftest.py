"""A folder with settings, and nothing of the developer's own environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.settings import House, load

Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in os.environ:
        if name.startswith("NOROSHI_") and name != "NOROSHI_SHARED":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write noroshi.toml and give its path."""

    def write(text: str) -> Path:
        file = tmp_path / "noroshi.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.fixture
def settle(write: Write) -> Callable[[str], House]:
    """Settings from a text, as a cycle gets them."""
    return lambda text: load(write(text))
