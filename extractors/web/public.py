"""Connections to public addresses only.

A feed may name any address, and its publisher decides what a name resolves to. Each connection
resolves its name once, looks at every address that comes, and connects to those very addresses: a
name that resolves to something else a moment later (DNS rebinding) gains nothing. Redirects are
connections like any other. The servers that the operator named are asked wherever they are: a
feed in one's own network is no trap, and what it links to elsewhere is looked at as ever.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import anyio
import httpcore

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host name and a port to its addresses, the best first; OSError where there are none."""
Server = tuple[str, int]
"""Host name or address, and port."""
Network = IPv4Network | IPv6Network
SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)


class NotPublic(Exception):
    """`host` leads to `address`, which is not on the public internet."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(f"{host} leads to {address}, which is no public address")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and so is an IPv4 address within it.

    By IANA's special-purpose registries; what is not known to be public is not.
    """
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _within(known) if isinstance(known, IPv6Address) else known
    if inner is not None:
        return inner.is_global and not inner.is_multicast and not _in(inner, NOT_PUBLIC)
    return _in(known, GLOBAL_UNICAST) and known.is_global and not _in(known, NOT_PUBLIC)


async def system_addresses(host: str, port: int) -> Sequence[str]:
    """What this machine's resolver says, in the order of RFC 6724."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PublicOnly(httpcore.AsyncNetworkBackend):
    """Connects by `inner` to public addresses; `NotPublic` where a name has any other.

    `own` are the servers (host as in the URL, port) that need not be public.
    """

    def __init__(
        self,
        resolve: Resolve = system_addresses,
        inner: httpcore.AsyncNetworkBackend | None = None,
        own: Collection[Server] = (),
    ) -> None:
        self._own = frozenset(own)
        self._resolve = resolve
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address of `host` that answers."""
        addresses = await self._addresses(host, port, timeout)
        share = timeout / max(1, len(addresses)) if timeout else None
        error: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failure:
                error = failure
        raise error

    async def sleep(self, seconds: float) -> None:
        """As any backend."""
        await anyio.sleep(seconds)

    async def _addresses(self, host: str, port: int, seconds: float | None) -> Sequence[str]:
        try:
            with anyio.fail_after(seconds):
                found = await self._resolve(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} does not resolve") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} does not resolve ({error})") from error
        for address in found:
            if (host, port) not in self._own and not is_public(address):
                raise NotPublic(host, address)
        return found[:MOST_ADDRESSES]


MOST_ADDRESSES = 4
"""That are tried; they share the time for connecting."""
GLOBAL_UNICAST = (ip_network("2000::/3"),)
"""The only part of IPv6 that IANA gives out (RFC 4291, section 2.4)."""
NAT64 = ip_network("64:ff9b::/96")
"""IPv4 addresses as IPv6-only networks write them (RFC 6052)."""
NOT_PUBLIC = (
    ip_network("192.0.0.0/24"),  # protocol assignments, RFC 6890
    ip_network("192.88.99.0/24"),  # relays of 6to4, RFC 7526
    ip_network("2001::/23"),  # protocol assignments, Teredo among them, RFC 2928
    ip_network("3fff::/20"),  # documentation, RFC 9637
)
"""What Python 3.11's `is_global` takes for public, wholly or in part."""


def _within(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that is reached through an IPv6 one: mapped, 6to4 or NAT64."""
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return inner


def _in(address: IPv4Address | IPv6Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
