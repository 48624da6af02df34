"""What a person can do about an address that gives no usable answer."""

from __future__ import annotations

SHORT_WAIT_SECONDS = 10.0
"""The longest Retry-After that is waited for within one cycle."""
CHECK_ADDRESS = "open the address in a browser and correct it"
LATER = "try again later"
"""Whoever asked: a cycle says itself that the next one does."""
CHECK_HOST = "check the address and this machine's connection"
TOO_LARGE = "check that the address is a feed or a page; if it is, raise the cap"
PUBLIC_ONLY = "correct the address; for a server of your own set private_addresses under [fetch]"
HTTP_ONLY = "give an address that begins with http:// or https:// and names a host"
BE_PATIENT = "a later cycle asks again, or `noroshi sources retry` has the next one ask"
BLOCKED = "noroshi gets around no check; take another feed of theirs, or disable the source"


def remedy(status: int, wait: float | None) -> str:
    """For an error status, and a Retry-After of `wait` seconds where there is one."""
    if wait is not None and wait > SHORT_WAIT_SECONDS:
        return f"the host asks to come back in {wait:.0f} seconds"
    if status in {401, 402, 403, 451}:
        return "the host refuses us; open the address in a browser, or disable the source"
    if status in {404, 410}:
        return "the address is gone; find the new one or disable the source"
    if status >= 500 or status in {408, 425, 429}:
        return "the host has a passing problem; it may pass by itself"
    return CHECK_ADDRESS
