"""What can go wrong before and around a cycle.

FlowError
├── SettingsError       noroshi.toml, .env or NOROSHI_* cannot be used
├── CycleBusy           another cycle is at work in this data folder
└── ServerError         the Prefect server does not start or answer
"""

from __future__ import annotations

from extractors.errors import Told


class FlowError(Told):
    """`what` is wrong `where`; `remedy` says what a person can do about it."""


class SettingsError(FlowError):
    """One or more settings are wrong: `problems` holds a line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("settings", "\n".join(problems), "")
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)


class CycleBusy(FlowError):
    """Another cycle holds this data folder."""


class ServerError(FlowError):
    """The Prefect server does not start or does not answer."""
