"""No feed and no redirect leads a request into this machine or the networks around it."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import httpcore
import pytest

from extractors.errors import AddressRefused, HostUnreachable
from extractors.web.fetch import Fetcher, server_of
from extractors.web.public import PublicOnly, SocketOption, is_public
from extractors.web.response import Response
from tests.extractors.conftest import HASTY
from tests.servers import Site, fixed, redirect

pytestmark = pytest.mark.anyio
CAUTIOUS = replace(HASTY, private_addresses=False)
PUBLIC = "93.184.215.14"
PUBLIC_TOO = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

ADDRESSES = {
    "public": [
        PUBLIC, PUBLIC_TOO, "1.1.1.1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::",
    ],
    "this machine": ["127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"],
    "private": ["10.1.2.3", "172.16.0.1", "192.168.1.1", "fd00::1", "fec0::1", "::ffff:10.0.0.1"],
    "link": ["169.254.169.254", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254"],
    "carrier": ["100.64.0.1", "::ffff:100.64.0.1"],
    "tunnelled": [
        "2002:7f00:1::", "2002:a00:1::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
        "2001:0:53aa:64c::1", "::7f00:1",
    ],
    "groups": ["224.0.0.1", "239.1.1.1", "255.255.255.255", "ff02::1"],
    "reserved": [
        "240.0.0.1", "192.0.2.1", "198.18.0.1", "192.0.0.9", "192.88.99.1", "2001:db8::1",
        "3fff::1", "100::1", "5f00::1",
    ],
    "no address": ["", "localhost", "1.2.3", "1.1.1.1\n"],
}  # fmt: skip
CASES = [(address, kind) for kind, addresses in ADDRESSES.items() for address in addresses]


@pytest.mark.parametrize(("address", "kind"), CASES)
async def test_what_is_public(address: str, kind: str) -> None:
    assert is_public(address) is (kind == "public")


class Internet(httpcore.AsyncNetworkBackend):
    """Public addresses that a site on loopback answers for; `asked` is what was connected to."""

    def __init__(self, site: Site, dead: Sequence[str] = ()) -> None:
        self.asked: list[str] = []
        self._site = site
        self._dead = dead
        self._real = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.asked.append(host)
        if host in self._dead:
            raise httpcore.ConnectError("dead")
        return await self._real.connect_tcp("127.0.0.1", self._site.port, timeout)


class Names:
    """A resolver; a name with several answers gives another one each time."""

    def __init__(self, names: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._left = {name: list(answers) for name, answers in names.items()}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        if host not in self._left:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        answers = self._left[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]


async def get(url: str, internet: Internet, **names: Sequence[Sequence[str]]) -> Response:
    known = Names({f"{name}.example": answers for name, answers in names.items()})
    async with Fetcher("test", CAUTIOUS, PublicOnly(known, internet)) as fetcher:
        return await fetcher.get(url)


async def test_the_address_that_was_looked_at_is_the_one_that_is_asked(site: Site) -> None:
    """A name that turns to loopback after its first answer (rebinding) gains nothing."""
    site.routes["/"] = fixed(b"hello")
    internet = Internet(site)
    answer = await get("http://news.example/", internet, news=[[PUBLIC], ["127.0.0.1"]])
    assert answer.body == b"hello"
    assert internet.asked == [PUBLIC]
    assert site.requests[0].headers["host"] == "news.example"


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["::1"], [PUBLIC, "10.0.0.1"], ["169.254.169.254"]]
)
async def test_a_name_with_an_address_that_is_not_public_is_refused(
    site: Site, addresses: list[str]
) -> None:
    internet = Internet(site)
    with pytest.raises(AddressRefused, match="no public address") as caught:
        await get("http://inside.example/", internet, inside=[addresses])
    assert "private_addresses" in caught.value.remedy
    assert not caught.value.temporary
    assert (internet.asked, site.requests) == ([], [])


@pytest.mark.parametrize(
    "target",
    [
        "http://inside.example/",
        "http://127.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "//inside.example",
    ],
)
async def test_a_redirect_is_looked_at_like_any_address(site: Site, target: str) -> None:
    site.routes["/"] = redirect(target)
    internet = Internet(site)
    known = Names({
        "news.example": [[PUBLIC]],
        "inside.example": [["192.168.0.1"]],
        "127.0.0.1": [["127.0.0.1"]],
        "::ffff:127.0.0.1": [["::ffff:127.0.0.1"]],
    })  # fmt: skip
    async with Fetcher("test", CAUTIOUS, PublicOnly(known, internet)) as fetcher:
        with pytest.raises(AddressRefused, match="no public address"):
            await fetcher.get("http://news.example/")
    assert internet.asked == [PUBLIC]
    assert len(site.requests) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001"])
async def test_this_machine_is_refused_however_it_is_spelt(site: Site, host: str) -> None:
    """By the machine's own resolver, which understands more spellings than one thinks of."""
    site.routes["/"] = fixed(b"secret")
    async with Fetcher("test", CAUTIOUS) as fetcher:
        with pytest.raises(AddressRefused, match="no public address"):
            await fetcher.get(site.url("/", host=host))
    assert site.requests == []


async def test_a_setting_allows_private_addresses(site: Site) -> None:
    site.routes["/"] = fixed(b"hello")
    async with Fetcher("test", HASTY) as fetcher:
        assert (await fetcher.get(site.url("/"))).body == b"hello"


async def test_a_server_that_the_operator_named_may_be_anywhere(site: Site) -> None:
    """And only that one: another port, or what it redirects to, is looked at as ever."""
    site.routes["/"] = fixed(b"hello")
    named = replace(CAUTIOUS, own_servers=frozenset([server_of(site.url("/"))]))
    async with Fetcher("test", named) as fetcher:
        assert (await fetcher.get(site.url("/"))).body == b"hello"
        with Site({"/": fixed(b"secret")}) as other:
            site.routes["/away"] = redirect(other.url("/"))
            for url in (other.url("/"), site.url("/away")):
                with pytest.raises(AddressRefused, match="no public address"):
                    await fetcher.get(url)
            assert other.requests == []


async def test_the_next_address_is_tried_where_the_first_is_dead(site: Site) -> None:
    site.routes["/"] = fixed(b"hello")
    internet = Internet(site, dead=[PUBLIC_TOO])
    answer = await get("http://news.example/", internet, news=[[PUBLIC_TOO, PUBLIC]])
    assert answer.body == b"hello"
    assert internet.asked == [PUBLIC_TOO, PUBLIC]


async def test_a_name_that_does_not_resolve_is_told(site: Site) -> None:
    with pytest.raises(HostUnreachable, match="does not resolve"):
        await get("http://nowhere.example/", Internet(site))
