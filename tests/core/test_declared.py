import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.declared import Declared, normal_origin, parse_target
from hub.core.errors import Refused
from hub.core.provider import CONNECTION_HOST, DataCategory, Operation
from hub.core.purpose import Purpose

ALL = frozenset(Purpose)
ORIGIN = "https://dav.example.test"


def operation(name: str, method: str, host: str, path: str, purposes: frozenset[Purpose] = ALL) -> Operation:
    return Operation(name, method, host, path, purposes, DataCategory.EVENTS)


DECLARED = Declared(
    [
        operation("read", "GET", CONNECTION_HOST, "/cal/{event}", frozenset({Purpose.CHECK_AVAILABILITY})),
        operation("find", "PROPFIND", CONNECTION_HOST, "/{rest+}"),
        operation("list", "GET", "www.example.test", "/v3/users/me/list"),
        operation("near", "GET", "www.example.test:8443", "/v3/{name}/x"),
    ]
)


def find(method: str, url: str, purpose: Purpose = Purpose.CHECK_AVAILABILITY, origins: object = (ORIGIN,)) -> str:
    return DECLARED.find(method, parse_target(url), purpose, origins).name  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "url", "name"),
    [
        ("GET", f"{ORIGIN}/cal/ada%40x.test.ics?expand=1", "read"),
        ("PROPFIND", f"{ORIGIN}/", "find"),
        ("PROPFIND", f"{ORIGIN}/a/b//c/", "find"),
        ("PROPFIND", "HTTPS://DAV.Example.test:443/a", "find"),
        ("PROPFIND", ORIGIN, "find"),
        ("GET", "https://www.example.test/v3/users/me/list", "list"),
        ("GET", "https://www.example.test:8443/v3/a/x", "near"),
    ],
)
def test_a_declared_request_is_known_by_its_operation(method: str, url: str, name: str) -> None:
    assert find(method, url) == name


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", f"{ORIGIN}/cal/a"),
        ("get", f"{ORIGIN}/cal/a"),
        ("GET", f"{ORIGIN}/cal/a/b"),
        ("GET", f"{ORIGIN}/cal/"),
        ("GET", f"{ORIGIN}/xcal/a"),
        ("GET", "http://dav.example.test/cal/a"),
        ("GET", "https://dav.example.test:8443/cal/a"),
        ("GET", "https://dav.example.test.evil.test/cal/a"),
        ("GET", "https://dav.example.test./cal/a"),
        ("GET", "https://www.example.test/v3/users/me/list/"),
        ("GET", "https://www.example.test:8443/v3//x"),
        ("PROPFIND", "https://www.example.test/"),
    ],
)
def test_anything_else_is_undeclared(method: str, url: str) -> None:
    with pytest.raises(Refused) as caught:
        find(method, url)
    assert caught.value.reason == "undeclared"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://dav.example.test/",
        "gopher://127.0.0.1:6379/_x",
        "http+unix://%2Fvar%2Frun/x",
        f"{ORIGIN}/a/../b",
        f"{ORIGIN}/a/./b",
        f"{ORIGIN}/..",
        f"{ORIGIN}/a/%2e%2e/b",
        f"{ORIGIN}/a/%2E./b",
        f"{ORIGIN}/a%2fb",
        f"{ORIGIN}/a%5cb",
        f"{ORIGIN}/a\\b",
        f"{ORIGIN}/a;v=1/b",
        f"{ORIGIN}/ada/..;/bob",
        f"{ORIGIN}//other/",
        f"{ORIGIN}/a b",
        f"{ORIGIN}/a\r\nHost: x",
        f"{ORIGIN}/a%00",
        f"{ORIGIN}/a%0d%0ab",
        f"{ORIGIN}/a%zz",
        f"{ORIGIN}/ä",
        f"{ORIGIN}/?a=b c",
        f"{ORIGIN}/a#b",
        "https://ada:secret@dav.example.test/",
        "https://dav.example.test@evil.test/",
        "https://dav.example.test\\@evil.test/",
        "https://127。0。0。1/",
        "https://[fe80::1%25eth0]/",
        "https://[nonsense::zz]/",
        "https://dav.example.test:0/",
        "https://dav.example.test:65536/",
        "https://dav.example.test:/",
        "https:///path",
        "//dav.example.test/",
        "",
        f"{ORIGIN}/{'a' * 9000}",
    ],
)
def test_an_address_that_two_programs_could_read_differently_is_refused(url: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_target(url)
    assert caught.value.reason == "address"


def test_an_operation_serves_only_the_purposes_that_it_lists() -> None:
    with pytest.raises(Refused) as caught:
        find("GET", f"{ORIGIN}/cal/a", Purpose.CREATE_EVENT)
    assert caught.value.reason == "purpose"


def test_the_connections_host_means_its_confirmed_origins_and_any_while_connecting() -> None:
    with pytest.raises(Refused):
        find("PROPFIND", "https://other.test/", origins=(ORIGIN,))
    assert find("PROPFIND", "https://other.test/", origins=(ORIGIN, "https://other.test")) == "find"
    assert find("PROPFIND", "https://other.test/", origins=None) == "find"
    with pytest.raises(Refused):
        find("GET", "https://other.test/v3/users/me/list", origins=None)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Dav.Example.test:443/", "https://dav.example.test"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://[0:0::1]:443", "https://[::1]"),
        ("http://host:443", "http://host:443"),
    ],
)
def test_an_origin_has_one_form(text: str, origin: str) -> None:
    assert normal_origin(text) == origin


def test_an_origin_has_no_path() -> None:
    with pytest.raises(Refused):
        normal_origin("https://dav.example.test/path")


@given(st.text(max_size=60))
def test_no_text_is_read_as_another_resource_than_it_says(text: str) -> None:
    try:
        target = parse_target(ORIGIN + "/" + text)
    except Refused:
        return
    assert target.origin == ORIGIN
    assert target.resource == "/" + text
