"""Runs Radicale with a few people's calendars behind a front with fault switches, as a side of the lab."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import requests

from hub.testing.faulty import faulty
from hub.testing.lab.caldav.faults import CaldavFaults
from hub.testing.lab.caldav.owner import CaldavOwner
from hub.testing.lab.side import Side, Site
from hub.testing.servers import radicale

USER = "ada"
_MAKE = (
    '<?xml version="1.0"?><C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>'
    "<D:displayname>Appointments</D:displayname></D:prop></D:set></C:mkcalendar>"
)


@contextmanager
def open_side(site: Site) -> Iterator[Side]:
    """Run it until the block ends; ``client_secret`` is the password. Raises Unavailable where Radicale is missing."""
    password = site.client_secret
    with radicale(site.folder, username=USER, password=password) as server:
        with suppress(requests.RequestException), requests.Session() as session:
            session.trust_env = False
            session.auth = (USER, password)
            session.request("MKCALENDAR", f"{server.home}appointments/", data=_MAKE, timeout=10)
        with faulty(server.origin, port=site.ports[0]) as front:
            owner = CaldavOwner(f"{server.origin}/", {USER: password}, "Europe/Berlin", CaldavFaults(front))
            yield Side(
                plugin="caldav",
                title="CalDAV (Radicale)",
                provider=owner,
                origins=(front.url.rstrip("/"),),
                notes=(f"Connect with the address {front.url}, the user name {USER} and the password {password}.",),
            )
