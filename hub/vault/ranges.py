"""Which addresses the hub may call: our own list, because the standard library's changes between versions.

`ipaddress.is_global` is true for 6to4, NAT64 and multicast addresses on some Pythons. Sources: the IANA IPv4 and IPv6
special-purpose address registries (RFC 6890 and its updates).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_CLOSED4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
_GLOBAL6 = IPv6Network("2000::/3")
_CLOSED6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # Teredo, benchmarking, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4: holds an IPv4 address
        "3fff::/20",
    )
)
_PRIVATE = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)


def is_open(address: str) -> bool:
    """Tell whether an address lies in the public internet. What is no address is not open."""
    parsed = _parse(address)
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _CLOSED4)
    if isinstance(parsed, IPv6Address):
        return parsed in _GLOBAL6 and not any(parsed in network for network in _CLOSED6)
    return False


def is_private(address: str) -> bool:
    """Tell whether an address can be an operator's own server: private, shared or loopback.

    Link-local addresses (where clouds keep their metadata), multicast and translated ones are not.
    """
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in _PRIVATE)


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    """Return the address, a mapped one as IPv4 (RFC 4291, section 2.5.5.2); None for none or one with a zone."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address):
        if parsed.scope_id is not None:
            return None
        return parsed.ipv4_mapped or parsed
    return parsed
