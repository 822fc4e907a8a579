"""Deciding by the signed link of a mail: for whom it is, what it shows, what it does."""

from __future__ import annotations

from collections.abc import Callable

from hub.actions.access_link import access_link, access_token
from hub.actions.access_list import get_access
from hub.core.access import AccessState
from tests.actions.looking import scene, stuck_mail
from tests.post import with_post
from tests.web.conftest import Browser
from tests.world import World


def test_a_staff_member_agrees_and_ends_by_the_link_in_the_mail(world: World, browser: Callable[[], Browser]) -> None:
    here, visitor = scene(world), browser()
    grant = here.ask()
    path = access_link(world.hub, world.business, grant).removeprefix(world.hub.settings.base_url)
    page = visitor.get(path).text
    assert "Ben Barnes asks to see something of yours" in page
    assert "gmail" not in page  # whoever reads the mailbox sees no more than the mail says
    assert get_access(world.hub, world.business, grant).state is AccessState.ASKED
    assert visitor.post(path, {"answer": "approve"}).status_code == 303
    assert get_access(world.hub, world.business, grant).decided_by == "the staff member"
    assert visitor.post(path, {"answer": "refuse"}).status_code == 409
    assert visitor.post(path, {"answer": "end"}).status_code == 303
    assert get_access(world.hub, world.business, grant).state is AccessState.ENDED


def test_a_customer_refuses_by_the_link_in_the_mail(world: World, browser: Callable[[], Browser]) -> None:
    post = with_post(world)
    here, visitor = scene(world), browser()
    grant = here.ask("support", stuck_mail(world, post))
    path = f"/access/{access_token(world.hub, world.business, grant)}"
    assert visitor.post(path, {"answer": "refuse"}).status_code == 303
    found = get_access(world.hub, world.business, grant)
    assert (found.state, found.decided_by) == (AccessState.REFUSED, "the customer")


def test_a_link_is_for_its_own_request_and_only_for_support(world: World, browser: Callable[[], Browser]) -> None:
    here, visitor = scene(world), browser()
    first, second, security = here.ask(), here.ask(), here.ask("security")
    mac = access_token(world.hub, world.business, first).rpartition(".")[2]
    for token in (
        f"{world.business}.{second}.{mac}",
        access_token(world.hub, world.business, security),
        access_token(world.hub, world.business, "x" * 26),
        "é.é.é",
    ):
        assert visitor.get(f"/access/{token}").status_code == 404
        assert visitor.post(f"/access/{token}", {"answer": "approve"}).status_code == 404
