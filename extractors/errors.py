"""What can go wrong while collecting.

    ExtractorError
    ├── FetchError          no usable answer came from an address
    │   ├── AddressRefused      no address that may be asked
    │   ├── RobotsRefused       the host's robots.txt does not allow it
    │   ├── HostUnreachable     name, connection, TLS or deadline
    │   ├── HostResting         the host has asked for patience
    │   ├── HttpError           an answer with an error status
    │   │   └── Blocked             a bot check
    │   └── BodyTooLarge        the answer exceeds the cap
    ├── FeedError           an answer came, but it is no feed that can be read
    ├── OpmlError           a file is no list of feeds that can be read
    ├── PageError           an answer came, but it is no article page that can be read
    │   └── EmptyPage           it has 0 bytes
    └── ArchiveError        a WARC file cannot be written or read

Every error says what happened, where (`url`) and what to do (`remedy`); `str()` gives the
three in one line, free of control characters.
"""

from __future__ import annotations


class Told(Exception):
    """`what` is wrong `where`; `remedy` says what a person can do about it.

    What the errors of every room but this one have in common: here, `where` is an address from
    outside (`ExtractorError.url`).
    """

    def __init__(self, where: object, what: str, remedy: str) -> None:
        super().__init__(where, what, remedy)
        self.where = where
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"


class ExtractorError(Exception):
    """`what` happened at `url`; `remedy` says what a person can do about it."""

    temporary = False
    """Whether the same request may succeed later."""

    def __init__(self, url: str, what: str, remedy: str) -> None:
        super().__init__(url, what, remedy)
        self.url = url
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        line = f"{self.url}: {self.what}; {self.remedy}"
        return "".join(c if c.isprintable() else " " for c in line)


class FetchError(ExtractorError):
    """No usable answer came.

    `retry_after`: seconds until the host wants to be asked again, where it says so.
    """

    temporary = True
    retry_after: float | None = None


class AddressRefused(FetchError):
    """The address, or one that it redirects to, is no http address or no public one: it was not
    asked."""

    temporary = False


class RobotsRefused(FetchError):
    """The host's robots.txt does not allow it, or cannot be read (then it is `temporary`): it was
    not asked."""

    def __init__(self, url: str, what: str, remedy: str, *, temporary: bool) -> None:
        super().__init__(url, what, remedy)
        self.temporary = temporary


class HostUnreachable(FetchError):
    """The name does not resolve, the connection fails, TLS fails or the deadline passes."""


class HostResting(FetchError):
    """The host asked for patience (`retry_after`) when something else was asked of it: it was not
    asked again."""

    def __init__(self, url: str, what: str, remedy: str, retry_after: float) -> None:
        super().__init__(url, what, remedy)
        self.retry_after = retry_after


class HttpError(FetchError):
    """The host answered with a status that brings no page (>= 400, mostly; 302: in circles)."""

    def __init__(
        self, url: str, status: int, what: str, remedy: str, retry_after: float | None = None
    ) -> None:
        super().__init__(url, what, remedy)
        self.status = status
        self.retry_after = retry_after
        self.temporary = status in {408, 425, 429} or status >= 500


class Blocked(HttpError):
    """A check whether a person asks stands in front of the address, whatever its status.

    Not temporary, whatever the status says: who is checked and asks on is blocked for longer.
    """

    def __init__(self, url: str, status: int, what: str, remedy: str) -> None:
        super().__init__(url, status, what, remedy)
        self.temporary = False


class BodyTooLarge(FetchError):
    """The body exceeds the cap after decompression; the rest was not read."""

    temporary = False


class FeedError(ExtractorError):
    """The body is no feed, sitemap or JSON Feed, or holds no entry that can be read."""


class OpmlError(ExtractorError):
    """The file is no OPML, or lists no feed."""


class PageError(ExtractorError):
    """The body is empty, is no HTML, or holds no article text."""


class EmptyPage(PageError):
    """The body has 0 bytes: a passing state of the host, mostly."""

    temporary = True


class ArchiveError(ExtractorError):
    """A WARC file (`url`) cannot be written or read, or lacks the record that was asked for."""
