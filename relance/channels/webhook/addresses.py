"""Where a webhook may go: the form of its address, and the one gate that every connection passes.

A member chooses the address and Relance's own machine connects to it. Without the gate a webhook would be a
way into the operator's network (server-side request forgery).
"""

from __future__ import annotations

import re
import socket
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from aiohttp import AddrInfoType
from yarl import URL

LONGEST_URL = 2000

PRIVATE = (
    "The address leads into a private network, and webhooks go to public addresses only, "
    "unless the operator sets RELANCE_WEBHOOK_ALLOW_PRIVATE=1."
)

# The IANA special-purpose registries, written out: what Python's `is_global` says differs between its patch
# releases, and never covered the tunnels and translations that carry an IPv4 address inside an IPv6 one.
SPECIAL_IPV4 = [
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # this network, unspecified
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's platform and metadata, for all its public look
        "169.254.0.0/16",  # link-local; the metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
]
# Everything outside is loopback, link-local, unique local, multicast, NAT64, IPv4-compatible or unassigned.
GLOBAL_IPV6 = ip_network("2000::/3")
SPECIAL_IPV6 = [
    ip_network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
]

LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class PrivateAddress(OSError):
    """Relance itself refused to connect. An `OSError`, so that aiohttp tries the host's next address."""


def is_public(address: str) -> bool:
    """Whether a numeric IP address lies in the public internet; anything else than one does not."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is None:
        return ip.scope_id is None and ip in GLOBAL_IPV6 and not any(ip in block for block in SPECIAL_IPV6)
    ipv4 = ip.ipv4_mapped if isinstance(ip, IPv6Address) else ip
    return not any(ipv4 in block for block in SPECIAL_IPV4)


def open_public(target: AddrInfoType) -> socket.socket:
    """Make the socket for a connection to a public address; raise `PrivateAddress` for any other.

    aiohttp asks here with the very address it then connects to, after all name resolution and for numeric
    hosts alike, so a name that changes its answer between check and connection (DNS rebinding) gains nothing.
    """
    family, kind, protocol, _, address = target
    if not is_public(str(address[0])):
        raise PrivateAddress(PRIVATE)
    return socket.socket(family, kind, protocol)


@lru_cache(maxsize=1024)
def url_problem(url: str, allow_private: bool) -> str | None:
    """What is wrong with a webhook's address, as a sentence for a person, or None.

    Asks no name server: a name that leads into a private network passes here and is refused on connecting.
    """
    if not url:
        return "Give the address that the webhook is sent to, like https://example.com/hooks/relance."
    if len(url) > LONGEST_URL:
        return f"The address is too long: at most {LONGEST_URL} characters."
    if any(char.isspace() or not char.isprintable() for char in url):
        return "The address contains a blank or an invisible character: take it out."
    try:
        parsed = URL(url)
    except ValueError:
        return "This is not a web address: write it like https://example.com/hooks/relance."
    return _form_problem(parsed) or _host_problem(parsed, allow_private)


def _form_problem(url: URL) -> str | None:
    if url.scheme not in ("http", "https"):
        return "The address must begin with https:// or http://."
    if "@" in url.raw_authority:
        return "The address must not contain a user name or password: the signature tells who sends it."
    if not url.raw_host:
        return "The address has no host: write it like https://example.com/hooks/relance."
    return "The port must be from 1 to 65535." if url.port == 0 else None


def _host_problem(url: URL, allow_private: bool) -> str | None:
    host = (url.raw_host or "").removesuffix(".")
    labels = host.split(".")
    if ":" in host or NUMBER.fullmatch(labels[-1]):
        return _literal_problem(host, allow_private)
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        return "The address's host name is not a valid one: look for a typing error."
    return None if allow_private or labels[-1] != "localhost" else PRIVATE


def _literal_problem(host: str, allow_private: bool) -> str | None:
    try:
        ip_address(host)
    except ValueError:
        # http://2130706433/, http://0x7f.1/ and http://0177.0.0.1/ are all the loopback to a C library.
        return "Write an IP address in its usual form, like 198.51.100.7, or use a host name."
    return None if allow_private or is_public(host) else PRIVATE
