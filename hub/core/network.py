"""The network that an address belongs to: what is left of it after a while, and where it need not be exact."""

from __future__ import annotations

import ipaddress

_BITS = {4: 24, 6: 48}


def network_of(address: str) -> str:
    """Return the /24 or /48 of an address, of a network the same; empty for a text that is neither."""
    try:
        found = ipaddress.ip_address(address.partition("/")[0].partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ipaddress.ip_interface(f"{found}/{_BITS[found.version]}").network)
