"""Invite links in the console: shown once, listed, ended."""

from __future__ import annotations

import re
from collections.abc import Callable

from hub.actions.holders import add_resource, change_holder
from hub.actions.staff_links import list_staff_links, make_staff_link
from hub.core.security import OPERATOR
from tests.tables import contents, nothing_changed
from tests.web.conftest import Browser
from tests.world import World

SignedIn = Callable[[str], Browser]
SEEN = ("console_session",)


def test_a_link_is_shown_once_and_works(world: World, signed_in: SignedIn, browser: Callable[[], Browser]) -> None:
    staff, agnes = world.staff(connected=False), signed_in("agent")
    path = f"/console/{world.business}/holders/{staff}/links"
    assert f"{path}" in agnes.get(path.removesuffix("/links")).text
    agnes.get(path)
    page = agnes.post(path, {"days": "30"}).text
    found = re.search(r"<code>http://[^/<]+(/staff/[\w-]+)</code>", page)
    assert found
    assert browser().get(found[1]).status_code == 200
    later = agnes.get(path).text
    assert found[1] not in later
    assert "last used" in later
    assert found[1].rpartition("/")[2] not in repr(contents(world.hub))


def test_a_link_is_ended_and_stays_in_the_list(world: World, signed_in: SignedIn) -> None:
    staff, agnes = world.staff(connected=False), signed_in("agent")
    link, _ = make_staff_link(world.hub, OPERATOR, world.business, staff)
    path = f"/console/{world.business}/holders/{staff}/links"
    agnes.get(path)
    page = agnes.follow(agnes.post(f"{path}/{link.id}/end")).text
    assert "Over or ended (1)" in page
    assert list_staff_links(world.hub, world.business, staff)[0].ended_at is not None


def test_days_that_are_not_offered_and_those_who_are_off_get_none(world: World, signed_in: SignedIn) -> None:
    staff, agnes = world.staff(connected=False), signed_in("agent")
    path = f"/console/{world.business}/holders/{staff}/links"
    agnes.get(path)
    assert agnes.post(path, {"days": "4000"}).status_code == 422
    change_holder(world.hub, world.business, staff, 1, {"active": False})
    agnes.get(path)
    with nothing_changed(world.hub, but=SEEN):
        assert agnes.post(path, {"days": "30"}).status_code == 409
    room = add_resource(world.hub, world.business, "Room")
    assert agnes.get(f"/console/{world.business}/holders/{room}/links").status_code == 404


def test_links_of_others_and_other_businesses_are_not_there(
    world: World, signed_in: SignedIn, other_business: str
) -> None:
    staff, other = world.staff(connected=False), world.staff(connected=False)
    link, _ = make_staff_link(world.hub, OPERATOR, world.business, staff)
    ada = signed_in("owner")
    ada.get(f"/console/{world.business}/holders/{staff}/links")
    given = {"token": ada.page.partition('name="token" value="')[2].partition('"')[0]}
    with nothing_changed(world.hub, but=SEEN):
        for base in (
            f"/console/{other_business}/holders/{staff}/links",
            f"/console/{world.business}/holders/{other}/links",
        ):
            assert ada.client.post(f"{base}/{link.id}/end", data=given).status_code == 404
        base = f"/console/{other_business}/holders/{staff}/links"
        assert ada.client.post(base, data={**given, "days": "30"}).status_code == 404
    assert signed_in("viewer").get(f"/console/{world.business}/holders/{staff}/links").status_code == 403
