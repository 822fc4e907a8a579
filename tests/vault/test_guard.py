import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from hub.core.declared import parse_target
from hub.core.errors import Refused
from hub.vault.guard import Closed, Guard

PUBLIC = "93.184.216.34"


class Net:
    """A name server and a network: counts what is asked and dialled, and gives one end of a socket pair."""

    def __init__(self, **names: Sequence[str]) -> None:
        self.names = {name.replace("_", "."): list(addresses) for name, addresses in names.items()}
        self.asked: list[str] = []
        self.dialled: list[str] = []
        self.dead: set[str] = set()
        self.open: list[socket.socket] = []

    def resolve(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        if host not in self.names:
            raise socket.gaierror(-2, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in self.names[host]]

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.dialled.append(address)
        if address in self.dead:
            raise ConnectionRefusedError
        ours, theirs = socket.socketpair()
        self.open += [ours, theirs]
        return ours


@pytest.fixture
def net() -> Any:
    net = Net(cal_test=[PUBLIC])
    yield net
    for one in net.open:
        one.close()


def dial(net: Net, host: str, *allow: str, port: int = 443, scheme: str = "https", timeout: float = 5.0) -> None:
    guard = Guard(allow, net.resolve, net.connect)
    guard.dial(HTTPSConnection(host, port, timeout=timeout), scheme)


CLOSED_HOSTS = """
127.0.0.1 0.0.0.0 10.0.0.1 100.64.0.1 169.254.169.254 172.16.0.1 192.0.0.1 192.168.0.1 198.18.0.1 224.0.0.1 240.0.0.1
255.255.255.255 ::1 :: ::ffff:127.0.0.1 ::ffff:169.254.169.254 fd00::1 fe80::1 ff02::1 64:ff9b::7f00:1 64:ff9b:1::1
2002:7f00:1:: 2001::1 ::127.0.0.1 127.1 0x7f.1 0x7f000001 2130706433 0177.0.0.1 0 127.0.0.1. 1.2.3 0x 10.0.0.0x1
""".split()


@pytest.mark.parametrize("host", CLOSED_HOSTS)
def test_a_closed_address_is_never_dialled_nor_asked_for(host: str, net: Net) -> None:
    with pytest.raises(Closed) as caught:
        dial(net, host)
    assert caught.value.reason == "address"
    assert net.dialled == net.asked == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.5", "169.254.169.254", "::1", "fd00::1", "64:ff9b::a00:1"])
def test_a_name_that_leads_to_a_closed_address_is_not_dialled(address: str, net: Net) -> None:
    net.names["evil.test"] = [address]
    with pytest.raises(Closed):
        dial(net, "evil.test")
    assert net.dialled == []


@pytest.mark.parametrize("answers", [[PUBLIC, "127.0.0.1"], ["::1", PUBLIC], [PUBLIC, "2002:7f00:1::"]])
def test_one_closed_answer_spoils_the_name(answers: list[str], net: Net) -> None:
    net.names["mixed.test"] = answers
    with pytest.raises(Closed):
        dial(net, "mixed.test")
    assert net.dialled == []


def test_a_name_is_asked_once_and_the_literal_answer_is_dialled(net: Net) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])

    def rebinding(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        net.asked.append(host)
        return [(2, 1, 6, "", (address, port)) for address in next(answers)]

    net.resolve = rebinding  # type: ignore[method-assign]
    dial(net, "cal.test")
    assert (net.asked, net.dialled) == (["cal.test"], [PUBLIC])


def test_the_next_address_is_tried_when_one_does_not_answer(net: Net) -> None:
    net.names["two.test"], net.dead = ["1.1.1.1", PUBLIC], {"1.1.1.1"}
    dial(net, "two.test")
    assert net.dialled == ["1.1.1.1", PUBLIC]


def test_a_name_without_an_answer_is_unreachable(net: Net) -> None:
    net.dead = {PUBLIC}
    for host in ("cal.test", "unknown.test"):
        with pytest.raises(NewConnectionError):
            dial(net, host)


def test_a_name_server_that_hangs_costs_no_more_than_the_deadline(net: Net) -> None:
    release = threading.Event()
    net.resolve = lambda *_, **__: [()][release.wait(10) :]  # type: ignore[method-assign]
    started = time.monotonic()
    with pytest.raises(ConnectTimeoutError):
        dial(net, "slow.test", timeout=0.2)
    assert time.monotonic() - started < 2
    release.set()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://cal.test/", "scheme"),
        ("https://cal.test:22/", "port"),
        ("https://cal.test:25/", "port"),
        ("https://cal.test:80/", "port"),
        ("https://cal.test:6379/", "port"),
        ("https://cal.test:5432/", "port"),
        ("https://cal.test:11211/", "port"),
        ("https://2130706433/", "address"),
    ],
)
def test_only_https_on_ports_of_the_web_is_admitted(url: str, reason: str, net: Net) -> None:
    with pytest.raises(Closed) as caught:
        Guard([], net.resolve, net.connect).admit(parse_target(url))
    assert caught.value.reason == reason


@pytest.mark.parametrize("url", ["https://cal.test/", "https://cal.test:8443/", "https://cal.test:2080/"])
def test_https_on_the_usual_ports_is_admitted(url: str, net: Net) -> None:
    Guard([], net.resolve, net.connect).admit(parse_target(url))


def test_the_operators_own_origin_may_be_private_and_http(net: Net) -> None:
    net.names["dav.lan"] = ["192.168.1.5"]
    dial(net, "dav.lan", "http://dav.lan:5232", port=5232, scheme="http")
    dial(net, "127.0.0.1", "http://127.0.0.1:25", port=25, scheme="http")
    assert net.dialled == ["192.168.1.5", "127.0.0.1"]


@pytest.mark.parametrize(
    ("host", "port", "scheme"), [("dav.lan", 5233, "https"), ("dav.lan", 443, "https"), ("other.lan", 5232, "https")]
)
def test_the_operators_entry_opens_that_very_origin_and_no_neighbour(
    host: str, port: int, scheme: str, net: Net
) -> None:
    net.names |= {"dav.lan": ["192.168.1.5"], "other.lan": ["192.168.1.5"]}
    with pytest.raises(Closed):
        dial(net, host, "https://dav.lan:5232", port=port, scheme=scheme)
    assert net.dialled == []


def test_a_listed_name_still_never_leads_to_the_metadata_address(net: Net) -> None:
    net.names["dav.lan"] = ["169.254.169.254"]
    with pytest.raises(Closed):
        dial(net, "dav.lan", "https://dav.lan")
    assert net.dialled == []


def test_a_listed_origin_must_be_an_origin() -> None:
    with pytest.raises(Refused):
        Guard(["https://dav.lan/path"])


def test_a_refusal_is_no_oserror_and_names_no_address() -> None:
    # urllib3 would wrap or repeat an OSError, and the address would teach an attacker about the network.
    error = Closed("address")
    assert not isinstance(error, OSError)
    assert str(error) == "address"
