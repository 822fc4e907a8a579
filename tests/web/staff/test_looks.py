"""Who looked, as the staff member sees it, and what they answer by their own link."""

from __future__ import annotations

from collections.abc import Callable

from hub.actions.access_view import view_object
from hub.actions.staff_links import make_staff_link
from hub.core.security import OPERATOR
from tests.actions.looking import Scene, scene
from tests.web.conftest import Browser
from tests.world import World


def page_of(here: Scene) -> str:
    made = make_staff_link(here.world.hub, OPERATOR, here.world.business, here.grace)
    return f"/staff/{made[1]}/looks"


def test_they_agree_see_each_look_and_end_it(world: World, browser: Callable[[], Browser]) -> None:
    here, visitor = scene(world), browser()
    path = page_of(here)
    assert "Nobody asked" in visitor.get(path).text
    grant = here.ask()
    assert "Ben Barnes asks to see something of yours" in visitor.get(path.removesuffix("/looks")).text
    page = visitor.get(path).text
    assert "Ben Barnes" in page
    assert "grace@gmail.com" in page
    assert visitor.post(f"{path}/{grant}", {"answer": "approve"}).status_code == 303
    view_object(world.hub, here.by(here.ben), world.business, grant, here.object)
    assert "<h3>Looks</h3>" in visitor.get(path).text
    assert visitor.post(f"{path}/{grant}", {"answer": "end"}).status_code == 303
    assert "End it now" not in visitor.get(path).text


def test_a_link_that_who_asks_has_made_does_not_agree_for_them(world: World, browser: Callable[[], Browser]) -> None:
    here, visitor = scene(world), browser()
    grant = here.ask()
    token = make_staff_link(world.hub, here.by(here.ben), world.business, here.grace)[1]
    answer = visitor.post(f"/staff/{token}/looks/{grant}", {"answer": "approve"})
    assert answer.status_code == 409
    assert "Who asks knows this link" in answer.text


def test_they_answer_nothing_of_anybody_else_and_nothing_strange(world: World, browser: Callable[[], Browser]) -> None:
    here, visitor = scene(world), browser()
    grant, path = here.ask(), page_of(here)
    henry = make_staff_link(world.hub, OPERATOR, world.business, world.staff(connected=False))[1]
    assert visitor.post(f"/staff/{henry}/looks/{grant}", {"answer": "approve"}).status_code == 409
    assert "Ben Barnes" not in visitor.get(f"/staff/{henry}/looks").text
    assert visitor.post(f"{path}/{grant}", {"answer": "both"}).status_code == 422
    assert visitor.post(f"{path}/{'x' * 26}", {"answer": "approve"}).status_code == 404
