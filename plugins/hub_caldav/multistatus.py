"""The XML of WebDAV answers (RFC 4918 13), read without DTD, entities or depth.

Standard library only: the key hooks use it inside the broker. What the server says of one resource is an `Item`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit
from xml.parsers import expat

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"
CALENDARSERVER = "{http://calendarserver.org/ns/}"

_MAX_DEPTH = 60
_MAX_ELEMENTS = 400_000
_PATH_SAFE = "/!$&'()*+,;=:@~"


class Unreadable(Exception):
    """The body is not a WebDAV answer; the text says what it is instead."""


class Element(Protocol):
    """What is used of an XML element; those of lxml and of the standard library both have it."""

    @property
    def tag(self) -> Any:
        """The name, with its namespace in braces."""

    @property
    def text(self) -> str | None:
        """The text before the first child."""

    def get(self, name: str, /) -> str | None:
        """Return an attribute."""

    def find(self, path: str, /) -> Element | None:
        """Return the first child of that name."""

    def iterfind(self, path: str, /) -> Iterator[Element]:
        """Return the children of that name."""


@dataclass(frozen=True, slots=True)
class Item:
    """One resource of a multistatus: its href as sent, its status, and the properties that it has.

    ``status`` is that of the resource, 200 when only properties carry one.
    """

    href: str
    status: int
    properties: Mapping[str, Element]

    @property
    def path(self) -> str:
        """The href as a path in one spelling, to compare by."""
        return canonical(self.href)

    def text(self, name: str) -> str:
        """Return the text of a property, or an empty string."""
        element = self.properties.get(name)
        return (element.text or "").strip() if element is not None else ""

    def hrefs(self, name: str) -> list[str]:
        """Return the hrefs inside a property."""
        element = self.properties.get(name)
        found = element.iterfind(f"{DAV}href") if element is not None else iter(())
        return [href.text.strip() for href in found if href.text and href.text.strip()]


def check(body: bytes) -> str:
    """Return the name of the root element of a well-formed body, or raise Unreadable.

    Refuses a document type (and with it every entity), deep nesting and floods of elements, before any tree is built.
    """
    parser = expat.ParserCreate(namespace_separator="}")
    depth = elements = 0
    root = ""

    def start(name: str, _attributes: object) -> None:
        nonlocal depth, elements, root
        depth, elements = depth + 1, elements + 1
        root = root or name
        if depth > _MAX_DEPTH or elements > _MAX_ELEMENTS:
            raise Unreadable("XML nested too deeply or with too many elements")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_declaration: object) -> None:
        raise Unreadable("a document with a DTD, such as a web page")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    problem = ""
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError):
        problem = "something that is not XML"
    if problem:
        raise Unreadable(problem)
    return "{" + root if "}" in root else root


def items(root: Element) -> list[Item]:
    """Return what a multistatus says, one `Item` a response and href."""
    found = []
    for response in root.iterfind(f"{DAV}response"):
        properties: dict[str, Element] = {}
        for propstat in response.iterfind(f"{DAV}propstat"):
            if 200 <= _status(propstat.find(f"{DAV}status")) < 300:
                for prop in propstat.iterfind(f"{DAV}prop"):
                    properties.update((child.tag, child) for child in prop.iterfind("*"))
        status = _status(response.find(f"{DAV}status"))
        hrefs = [href.text.strip() for href in response.iterfind(f"{DAV}href") if href.text]
        found += [Item(href, status, properties) for href in hrefs]
    return found


def canonical(href: str) -> str:
    """Return the path of an href in one spelling, so that ``%40`` and ``@`` name the same thing."""
    return quote(unquote(urlsplit(href).path), safe=_PATH_SAFE)


def _status(element: Element | None) -> int:
    parts = (element.text or "").split() if element is not None else []
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 200
