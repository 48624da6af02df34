"""What can go wrong between an article and a message.

AlertError
├── RuleError           a rule book cannot be read, or a rule in it makes no sense
│   ├── QueryError      a query is not in the query language
│   ├── VocabularyError a shipped or local vocabulary file is malformed
│   └── TemplateError   a template of a person's own cannot be filled in
└── ChannelError        a channel's address cannot be used
    └── DeliveryError   a message was not accepted by its channel
"""

from __future__ import annotations

from datetime import timedelta

from extractors.errors import Told


class AlertError(Exception):
    """Base of all errors of this room."""


class RuleError(AlertError, Told):
    """`what` is wrong `where` (file, line, rule id); `remedy` says how to mend it."""


class QueryError(RuleError):
    """A query is not in the query language; `column` (from 1) says where it goes wrong."""

    def __init__(self, column: int, what: str, remedy: str) -> None:
        super().__init__(f"query, column {column}", what, remedy)
        self.column = column

    def __reduce__(self) -> tuple[type[QueryError], tuple[int, str, str]]:
        return QueryError, (self.column, self.what, self.remedy)


class VocabularyError(RuleError):
    """A vocabulary file is malformed."""


class TemplateError(RuleError):
    """A template of a person's own cannot be filled in; `where` names file and line."""


class ChannelError(AlertError):
    """`what` is wrong with `channel`. Never holds the channel's address: it has secrets."""

    def __init__(self, channel: str, what: str, remedy: str) -> None:
        super().__init__(channel, what, remedy)
        self.channel = channel
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"channel {self.channel}: {self.what}; {self.remedy}"


class DeliveryError(ChannelError):
    """The channel did not accept a message.

    `permanent`: sending it again cannot help. `retry_after`: how long the service asks to be left
    alone, where it says so.
    """

    def __init__(
        self,
        channel: str,
        what: str,
        remedy: str,
        *,
        permanent: bool = False,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(channel, what, remedy)
        self.permanent = permanent
        self.retry_after = retry_after
