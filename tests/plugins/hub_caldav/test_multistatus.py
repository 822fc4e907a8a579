"""WebDAV answers are read without DTD, entities, depth or floods."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from hub_caldav.multistatus import DAV, Unreadable, canonical, check, items

ONE = (
    '<D:multistatus xmlns:D="DAV:"><D:response><D:href>/a%40b/</D:href>'
    "<D:propstat><D:prop><D:getetag>1</D:getetag></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
    "<D:propstat><D:prop><D:displayname/></D:prop><D:status>HTTP/1.1 403 Forbidden</D:status></D:propstat>"
    "</D:response></D:multistatus>"
)


def test_only_properties_that_were_given_are_read() -> None:
    assert check(ONE.encode()) == f"{DAV}multistatus"
    (item,) = items(ElementTree.fromstring(ONE))
    assert item.text(f"{DAV}getetag") == "1"
    assert f"{DAV}displayname" not in item.properties


def test_a_status_of_the_resource_is_read() -> None:
    response = "<response><href>/x</href><status>{}</status></response>"
    for text, status in (("HTTP/1.1 404 Not Found", 404), ("odd", 200)):
        root = ElementTree.fromstring(f'<multistatus xmlns="DAV:">{response.format(text)}</multistatus>')
        assert [one.status for one in items(root)] == [status]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE m [<!ENTITY a "a"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE m SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE m [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]>',
        "<!DOCTYPE html>",
    ],
)
def test_a_document_type_is_refused_in_any_encoding(dtd: str, encoding: str) -> None:
    with pytest.raises(Unreadable):
        check(f'<?xml version="1.0" encoding="{encoding}"?>{dtd}<m/>'.encode(encoding))


@pytest.mark.parametrize("body", [b"", b"\0", b"{}", b"<a>", b"<a>&b;</a>", b'<?xml version="1.0" encoding="x"?><a/>'])
def test_what_is_not_xml_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        check(body)


def test_depth_and_floods_are_refused() -> None:
    with pytest.raises(Unreadable):
        check(b"<a>" * 100 + b"</a>" * 100)
    with pytest.raises(Unreadable):
        check(b"<a>" + b"<b/>" * 500_000 + b"</a>")


@pytest.mark.parametrize(
    ("one", "other"),
    [("/a%40b/c.ics", "/a@b/c.ics"), ("https://x.test/a/b", "/a/b"), ("/a%20b", "/a b"), ("/%c3%bc", "/%C3%BC")],
)
def test_two_spellings_of_a_path_are_one(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


def test_different_paths_stay_different() -> None:
    assert canonical("/a%2Fb") != canonical("/a/b/c")
