"""Canonical addresses: two spellings of one address become one, two articles never do.

Normalises as RFC 3986 section 6.2 allows and as browsers do (WHATWG URL), and drops the tracking
parameters of `tracking_parameters.toml`. Query parameters keep their order and every other
parameter stays: it may be the article's identity.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import SplitResult, parse_qsl, unquote, urljoin, urlsplit

import idna

from extractors.googlenews import carried

LONGEST = 8_000
"""Characters. Longer addresses are data in disguise (RFC 9110 asks for 8,000 to be supported)."""


def canonical_url(url: str, base: str | None = None) -> str:
    """The one spelling of `url`, absolute (by `base` where it is relative).

    ValueError, with a text for people, where it is no http(s) address. Idempotent.
    """
    parts = _split(absolute_url(url, base))
    host = _host(parts)
    path = _without_dots(_encoded(parts.path.replace("\\", "/"), PATH)) or "/"
    query = _without_tracking(_encoded(parts.query, QUERY), host)
    # A fragment is a place in a page, except for the "#!" of pages that scripts draw.
    fragment = _encoded(parts.fragment, QUERY) if parts.fragment.startswith("!") else ""
    tail = (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    return f"{parts.scheme}://{_netloc(parts, host)}{path}{tail}"


def absolute_url(url: str, base: str | None = None) -> str:
    """`url` made absolute, otherwise as it was given: this is what gets fetched.

    ValueError where it is no http(s) address.
    """
    # Feeds that escape twice leave "&amp;" in links.
    cleaned = INVISIBLE.sub("", url.strip(BLANK)).replace("&amp;", "&")
    if not cleaned:
        raise ValueError("an empty string is no address")
    if len(cleaned) > LONGEST:
        raise ValueError(f"an address of {len(cleaned):,} characters is too long")
    whole = urljoin(base, cleaned) if base else cleaned
    _host(_split(whole))
    return whole


def unwrapped(url: str) -> str:
    """The article's own address where `url` (absolute) is an aggregator's link around it."""
    parts = urlsplit(url)
    place = f"{bare_host(url)}{parts.path.lower()}"
    parameter = _tracking().wrappers.get(place, "")
    told = dict(parse_qsl(parts.query)).get(parameter, "") or carried(url)
    try:
        return absolute_url(told) if told else url
    except ValueError:
        return url


def bare_host(url: str) -> str:
    """The host of an absolute address, `www.` and `m.` aside."""
    return re.sub(r"^(www\d?|m|amp|mobile)\.", "", urlsplit(url).hostname or "")


BLANK = "".join(map(chr, range(0x21))) + "\u3000\ufeff\u200b"
INVISIBLE = re.compile(r"[\t\r\n\u200b\ufeff]")
"""Browsers drop tabs and line ends from addresses; the other two are pasted by accident."""
ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})|%|[^%]")
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
PATH = UNRESERVED | frozenset("!$&'()*+,;=:@/")
QUERY = PATH | frozenset("?[]")
HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.replace("\\", "/", url.partition("?")[0].count("\\")))
        if parts.port == 0:
            raise ValueError("port 0")
    except ValueError as error:
        raise ValueError(f"{url[:200]!r} is no address: {error}") from error
    if parts.scheme not in {"http", "https"}:
        raise ValueError(f"{url[:200]!r} is no http address")
    return parts


def _host(parts: SplitResult) -> str:
    """Lower-case ASCII, without a final dot. An IPv6 address keeps its brackets."""
    name = unquote(parts.hostname or "").rstrip(".")
    if ":" in name:
        return _ipv6(name)
    try:
        host = name.lower() if name.isascii() else idna.encode(name, uts46=True).decode().lower()
    except idna.IDNAError as error:
        raise ValueError(f"{name[:200]!r} is no host name: {error}") from error
    host = host.rstrip(".")
    if not HOST.fullmatch(host):
        raise ValueError(f"{name[:200]!r} is no host name")
    return host


def _ipv6(name: str) -> str:
    try:
        return f"[{IPv6Address(name).compressed}]"
    except AddressValueError as error:
        raise ValueError(f"{name[:200]!r} is no host name") from error


def _netloc(parts: SplitResult, host: str) -> str:
    default = {"http": 80, "https": 443}[parts.scheme]
    return host if parts.port in {None, default} else f"{host}:{parts.port}"


def _encoded(text: str, allowed: frozenset[str]) -> str:
    """Upper-case escapes, none for unreserved characters, one for each that is not allowed."""

    def spell(match: re.Match[str]) -> str:
        if match[1]:
            plain = chr(int(match[1], 16))
            return plain if plain in UNRESERVED else match[0].upper()
        return match[0] if match[0] in allowed else _escape(match[0])

    return ESCAPE.sub(spell, text)


def _escape(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))


def _without_dots(path: str) -> str:
    """`.` and `..` resolved (RFC 3986, section 5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _without_tracking(query: str, host: str) -> str:
    table = _tracking()
    kept = [p for p in query.split("&") if p and not table.drops(_name(p), host)]
    return "&".join(kept)


def _name(parameter: str) -> str:
    return unquote(parameter.partition("=")[0]).lower()


@dataclass(frozen=True, slots=True)
class _Tracking:
    everywhere: tuple[str, ...]
    hosts: dict[str, tuple[str, ...]]
    wrappers: dict[str, str]
    """From a host and path to the parameter that holds the article's address."""

    def drops(self, name: str, host: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self._patterns(host))

    def _patterns(self, host: str) -> tuple[str, ...]:
        labels = host.split(".")
        suffixes = (".".join(labels[n:]) for n in range(len(labels)))
        return sum((self.hosts.get(suffix, ()) for suffix in suffixes), self.everywhere)


@cache
def _tracking() -> _Tracking:
    text = files("extractors").joinpath("tracking_parameters.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    hosts = {host: tuple(names) for host, names in table["hosts"].items()}
    return _Tracking(tuple(table["everywhere"]), hosts, table["wrappers"])
