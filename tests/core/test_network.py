from __future__ import annotations

import pytest

from hub.core.network import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("2001:db8:1::/48", "2001:db8:1::/48"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("unix", ""),
        ("203.0.113.7:80", ""),
        ("\ud800", ""),
    ],
)
def test_an_address_is_cut_to_its_network_and_what_is_none_to_nothing(address: str, network: str) -> None:
    assert network_of(address) == network
