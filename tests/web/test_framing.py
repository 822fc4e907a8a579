from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.actions.businesses import change_business
from hub.actions.customer_link import customer_token
from hub.web.door import Rate
from tests.front import Front, make_front
from tests.web.conftest import Browser
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SITE = "https://ada.example"


@pytest.fixture
def front(world: World) -> Front:
    found = make_front(world)
    found.change(embed_origins=[SITE])
    return found


def shown_on(answer: object) -> str:
    headers = answer.headers  # type: ignore[attr-defined]
    ancestors = str(headers["Content-Security-Policy"]).partition("frame-ancestors ")[2]
    assert ("X-Frame-Options" in headers) == (ancestors == "'none'")
    return ancestors


OURS = f"'self' {SITE}"


def test_every_refusal_of_a_page_in_a_frame_shows_on_the_sites_of_the_business(
    front: Front, browser: Callable[[], Browser]
) -> None:
    visitor = browser()
    for answer, status in (
        (visitor.get(f"{front.path}?embed=1"), 200),
        (visitor.get(f"{front.home}/nothing?embed=1"), 404),
        (visitor.post(f"{front.path}?embed=1", headers={"Sec-Fetch-Site": "cross-site"}), 403),
        (visitor.post(front.path, {"embed": "1", "key": "ü", "start": "1"}), 422),
        (visitor.client.post(f"{front.path}?embed=1", data=b"x" * 600_000, content_type="text/plain"), 415),
        (visitor.get(f"{front.path}/details/never?embed=1"), 404),
    ):
        assert (answer.status_code, shown_on(answer)) == (status, OURS), answer.text


def test_too_often_is_said_within_the_frame(front: Front, browser: Callable[[], Browser]) -> None:
    visitor = browser()
    answers = [visitor.get(f"{front.home}?embed=1") for _ in range(int(Rate.PUBLIC.partition("/")[0]) + 1)]
    assert answers[-1].status_code == 429
    assert shown_on(answers[-1]) == OURS
    assert "too much at once" in answers[-1].text
    assert shown_on(visitor.get(front.home)) == "'none'"  # a page of its own is in nobody's frame


def test_a_refusal_of_a_customers_link_shows_on_the_sites_of_its_business(
    front: Front, browser: Callable[[], Browser], world: World
) -> None:
    visitor, token = browser(), customer_token(world.hub, world.business, "x" * 26)
    gone = visitor.get(f"/b/manage/{token}?embed=1")
    assert (gone.status_code, shown_on(gone)) == (404, OURS)
    forged = visitor.get(f"/b/manage/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}?embed=1")
    assert (forged.status_code, shown_on(forged)) == (404, "'none'")
    assert shown_on(visitor.get(f"/b/manage/{token}/move?embed=1")) == "'none'"  # nothing but the booking page


def test_what_is_nobodys_or_of_a_business_without_sites_shows_in_no_frame(
    front: Front, browser: Callable[[], Browser], other_business: str, world: World
) -> None:
    change_business(world.hub, other_business, 1, {"slug": "garage"})
    visitor = browser()
    assert shown_on(visitor.get("/b/nobody?embed=1")) == "'none'"
    assert shown_on(visitor.get("/b/garage/nothing?embed=1")) == "'none'"
    assert shown_on(visitor.get("/console/nothing?embed=1")) == "'none'"
    assert shown_on(visitor.get(f"{front.home}/nothing")) == "'none'"
