"""S3: the store that holds the files of a lake, Amazon's or one that speaks like it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Variables that tell how to get in."""
SESSION = (
    # Each request is tried twice. Where the store says nothing, a writer lets go of its turn after
    # at most eight of them (duckdb 1.5.5: PUT, twice HEAD, PUT once more).
    "SET http_timeout = 20",
    "SET http_retries = 1",
    # Parts of 5 MB, two at a time, rather than fifty of 80 MB: on a slow line each has to be
    # through before its time is over.
    "SET s3_uploader_max_filesize = '50GB'",
    "SET s3_uploader_thread_limit = 2",
)
"""How a session of DuckDB asks the store."""
_REMEDIES = {
    r"NoSuchBucket": "make the bucket, or mend [lake] data",
    r"region|PermanentRedirect": "set [lake] region to that of the bucket",
    r"\b403\b|AccessDenied": "see that AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are those of a "
    "user who may read, write, list and delete in [lake] data",
    r"certificate|SSL": "see that [lake] endpoint has the right scheme, and set AWS_CA_BUNDLE to "
    "the certificate of an authority of your own",
    r"\b404\b": "a file of the lake is gone: see that nothing but noroshi takes files out of "
    "[lake] data, and bring it back",
    r"": "see that the store answers at [lake] endpoint",
}
"""What to do, by the first that stands in what was said."""
_ADVICE = re.compile(r" (Authentication Failure|Bad Request) - .*| in region '[^']*'(?= \(HTTP)")
"""What DuckDB adds of its own, which speaks of secrets that nobody makes by hand."""


@dataclass(frozen=True, slots=True)
class S3:
    """Where the store is, and how it is spoken to. Holds no secret."""

    endpoint: str | None = None
    """`https://s3.example.org`; Amazon's where there is none."""
    region: str | None = None
    path_style: bool | None = None
    """Whether buckets are folders of one host, as stores of one's own have them, rather than hosts;
    None: where there is an endpoint."""
    authorities: str | None = None
    """A file with the certificates to trust; those of the system where there is none."""

    def completed(self, environment: Mapping[str, str]) -> S3:
        """With what only the environment says, by the names that programs of Amazon's use."""
        return S3(
            self.endpoint or environment.get("AWS_ENDPOINT_URL") or None,
            self.region or environment.get("AWS_REGION") or None,
            self.path_style,
            environment.get("AWS_CA_BUNDLE") or None,
        )

    def secret(self, keys: Mapping[str, str]) -> dict[str, str]:
        """What DuckDB's secret of type s3 says."""
        scheme, _, host = (self.endpoint or "").rpartition("://")
        by_path = bool(self.endpoint) if self.path_style is None else self.path_style
        parts = {
            "KEY_ID": keys.get("AWS_ACCESS_KEY_ID"),
            "SECRET": keys.get("AWS_SECRET_ACCESS_KEY"),
            "SESSION_TOKEN": keys.get("AWS_SESSION_TOKEN"),
            "REGION": self.region,
            "ENDPOINT": host.rstrip("/"),
            "URL_STYLE": "path" if by_path else "vhost",
            "USE_SSL": "false" if scheme == "http" else "true",
        }
        return {name: value for name, value in parts.items() if value}


def refused(said: str) -> tuple[str, str] | None:
    """(what a store said, what to do about it), of an error of DuckDB; None where that is about
    something else."""
    if not re.search(r"HTTP|https?://|s3://", said):
        return None
    what = _ADVICE.sub("", said)
    return what, next(remedy for mark, remedy in _REMEDIES.items() if re.search(mark, what))
