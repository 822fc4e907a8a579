"""Rules about what may stand in the headers of a mail: names that pretend nothing, addresses of one reading."""

from __future__ import annotations

import re

from hub.core.errors import InputError
from hub.core.mail import one_line

LONGEST_NAME = 70
"""Characters kept of a name that is shown with an address."""

NOBODY = "there"
"""How a mail greets somebody whose name it does not repeat."""

_ADDRESS = re.compile(r"[!-;=?-~]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[!-;=?-~]+@\[[0-9A-Za-z.:]+\]")
_LOOKS_LIKE_A_LINK = re.compile(r"://|\bwww\b|/|@|\.\w{2}|\d{5}", re.IGNORECASE)


def check_address(text: str) -> str:
    """Return a bare ASCII address as given; raise InputError that does not repeat it."""
    if len(text) > 254 or not _ADDRESS.fullmatch(text):
        raise InputError("address", "This cannot be written into the header of a mail; use another address.")
    return text


def shown_name(text: str) -> str:
    """Return a name as it may be shown with an address.

    On one line, without what some programs take for an address of its own, at most `LONGEST_NAME` characters.
    """
    kept = "".join(one for one in one_line(text) if one not in '@<>"\\;,:')
    return " ".join(kept.split())[:LONGEST_NAME].strip()


def greeted_name(text: str) -> str:
    """Return a customer's name for a greeting, or `NOBODY` if it is no name.

    Whoever books types a name and an address, perhaps not their own: a name must not carry an advertisement with a link
    to somebody who asked for nothing.
    """
    name = one_line(text)
    return NOBODY if not name or len(name) > LONGEST_NAME or _LOOKS_LIKE_A_LINK.search(name) else name


def mail_host(base_url: str) -> str:
    """Return the host of an address as the right side of a Message-ID and of the hub's own address."""
    host = base_url.partition("://")[2].partition("/")[0]
    if host.startswith("["):
        return f"[IPv6:{host[1 : host.index(']')]}]"
    name = host.partition(":")[0]
    return f"[{name}]" if re.fullmatch(r"[0-9.]+", name) else name
