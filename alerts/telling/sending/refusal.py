"""A refusal: why a service did not take a message, read from what Apprise logged about it.

Apprise answers with a plain False; the cause stands only in its log, beside addresses and
tokens. What is made of it here names codes and known causes, and quotes the log only with
every secret taken out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from alerts.telling.writing.escape import cut, visible

_HTTP = re.compile(r"error=(\d{3})")
_SMTP = re.compile(r"\((\d{3}), b")
_AGAIN = "it is sent again; `noroshi channels test` shows whether the channel works"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`what` happened, what to do about it, and whether sending again can help."""

    what: str
    remedy: str
    permanent: bool


def refusal(
    log: Sequence[str], secrets: Iterable[str] = (), statuses: Sequence[int] = ()
) -> Refusal:
    """What the lines that Apprise logged and the HTTP statuses that were answered mean.

    Nothing of `secrets` is in the answer.
    """
    text = "\n".join(log)
    if codes := [s for s in statuses if s >= 300] or [int(c) for c in _HTTP.findall(text)]:
        return _http(codes)
    if codes := _SMTP.findall(text):
        return _smtp([int(code) for code in codes])
    for words, cause in _table()["network"].items():
        if words in text:
            return Refusal(cause["what"], cause["remedy"], permanent=False)
    return Refusal(_quoted(log, secrets), _AGAIN, permanent=False)


def disguised(said: Mapping[str, Any], key: str, secrets: Iterable[str] = ()) -> Refusal | None:
    """The refusal that an answer with status 200 holds: an error code under `key` that is not 0.

    None where the message was taken. Of the service's words nothing of `secrets` is told.
    """
    code = said.get(key)
    if code in (None, 0, "0"):
        return None
    words = next((str(said[name]) for name in ("errmsg", "msg") if said.get(name)), "")
    what = f"the service answered code {code}" + (f": {words}" if words else "")
    verdict = _table()["code"].get(str(code), {"permanent": False})
    return _verdict(_quoted([what], secrets), [verdict])


def secrets(url: str) -> frozenset[str]:
    """Every part of an address that may be secret, as written and decoded: all but the scheme."""
    _, _, rest = url.partition("://")
    parts = {url, rest, *re.split(r"[/?&=#@:,]+", rest), *_netloc(url)}
    return frozenset(p for part in parts for p in (part, unquote(part)) if len(p) > 1)


def _netloc(url: str) -> set[str]:
    try:
        parts = urlsplit(url)
        return {parts.username or "", parts.password or "", parts.hostname or ""}
    except ValueError:
        return set()


def _http(codes: list[int]) -> Refusal:
    known = _table()["http"]
    verdicts = [known.get(str(c), {"permanent": 400 <= c < 500}) for c in codes]
    named = [f"{c} {HTTPStatus(c).phrase}" if c in set(HTTPStatus) else str(c) for c in codes]
    taken = " but did not take the message" if min(codes) < 300 else ""
    return _verdict(f"the service answered {', '.join(dict.fromkeys(named))}{taken}", verdicts)


def _smtp(codes: list[int]) -> Refusal:
    known = _table()["smtp"]
    verdicts = [known.get(str(c), {"permanent": c >= 500}) for c in codes]
    named = ", ".join(dict.fromkeys(str(c) for c in codes))
    return _verdict(f"the mail server answered {named}", verdicts)


def _verdict(what: str, verdicts: Sequence[Mapping[str, Any]]) -> Refusal:
    """Permanent only where every recipient refused for good."""
    remedy = next((v["remedy"] for v in verdicts if "remedy" in v), _AGAIN)
    return Refusal(what, remedy, permanent=all(v["permanent"] for v in verdicts))


def _quoted(log: Sequence[str], hidden: Iterable[str]) -> str:
    line = log[0] if log else "the service refused the message without a reason"
    for secret in sorted(hidden, key=len, reverse=True):
        line = line.replace(secret, "***")
    return cut(visible(line).strip(), 200)


@cache
def _table() -> dict[str, dict[str, dict[str, Any]]]:
    return tomllib.loads((Path(__file__).parent / "refusals.toml").read_text(encoding="utf-8"))
