"""What the agency sees of requests, and what the person sees whose data it is."""

from __future__ import annotations

import pytest

from hub.actions.access_decide import approve_access, tell_now
from hub.actions.access_list import access_to, asked_of, get_access, list_access
from hub.actions.access_view import view_object
from hub.core.access import Named, Subject
from hub.core.errors import InputError, UnknownId
from tests.actions.looking import scene
from tests.actions.test_calendars import account
from tests.world import World


def test_the_agency_sees_all_requests_page_by_page_and_masked(world: World, strangers: dict[str, str]) -> None:
    here = scene(world)
    asked = [here.ask() for _ in range(3)]
    first, cursor = list_access(world.hub, world.business, limit=2)
    rest, end = list_access(world.hub, world.business, cursor=cursor, limit=2)
    assert [one.id for one in (*first, *rest)] == asked[::-1]
    assert end == ""
    assert "gmail" not in repr(first)
    assert list_access(world.hub, strangers["ben"])[0] == []
    with pytest.raises(InputError):
        list_access(world.hub, world.business, cursor="x")
    with pytest.raises(UnknownId):
        get_access(world.hub, strangers["ben"], asked[0])


def test_a_person_sees_who_asked_and_who_looked_with_their_own_names_in_full(world: World) -> None:
    here = scene(world)
    grant = here.ask()
    assert [one.id for one in asked_of(world.hub, world.business, Subject.STAFF, here.grace)] == [grant]
    approve_access(world.hub, here.staff, world.business, grant)
    view_object(world.hub, here.by(here.ben), world.business, grant, here.object)
    (found,) = access_to(world.hub, world.business, Subject.STAFF, here.grace)
    assert (found.user, found.objects[0].name, len(found.looks)) == ("Ben Barnes", "grace@gmail.com", 1)
    assert found.looks[0].told_at == world.clock.now
    assert asked_of(world.hub, world.business, Subject.STAFF, here.grace) == []
    assert access_to(world.hub, world.business, Subject.STAFF, world.staff(connected=False)) == []


def test_what_is_kept_back_and_what_is_anothers_is_not_among_it(world: World) -> None:
    here = scene(world)
    henry = world.staff(connected=False)
    his = Named(here.object.kind, account(world, "henry@gmail.com", owner=henry))
    grant = here.ask("security", here.object, his, delay="order")
    approve_access(world.hub, here.by(here.ada), world.business, grant)
    for one in (here.object, his):
        view_object(world.hub, here.by(here.ben), world.business, grant, one)
    assert access_to(world.hub, world.business, Subject.STAFF, here.grace) == []
    tell_now(world.hub, here.by(here.adam), world.business, grant)
    (found,) = access_to(world.hub, world.business, Subject.STAFF, here.grace)
    assert [one.object for one in found.objects] == [one.object for one in found.looks] == [here.object]
    assert "henry" not in repr(found)
