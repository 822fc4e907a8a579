from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from hub.actions.account import OPERATOR_USER
from hub.actions.account_mail import LinkKind, find_link, link_token
from hub.actions.first_run import first_run_needed, setup_code
from hub.actions.invite import invite
from hub.actions.reset import make_reset_link
from hub.actions.sessions import find_session
from hub.actions.sign_in import sign_in
from hub.core.security import OPERATOR
from hub.parts import Hub
from hub.store.guard import Across
from hub.store.outbox import Outbox
from hub.store.sign_in import OneTimeLink
from hub.store.user import ConsoleUser
from hub.web.account.arrive import MAILS
from tests.accounts import ADA, BEN, OTHER_PASSWORD, PASSWORD, VISIT, turn_on_totp, written
from tests.accounts import enter as enter_by_action
from tests.web.account.conftest import enter, from_network, over_https, token_in
from tests.web.conftest import Browser
from tests.world import DAY, World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Open = Callable[[], Browser]
OWNER: dict[str, object] = {
    "agency": "Engine Agency",
    "name": "Ada Lovelace",
    "email": ADA,
    "password": PASSWORD,
    "zone": "Europe/London",
}


def invited(hub: Hub, role: str = "viewer", *businesses: str) -> str:
    made = invite(hub, OPERATOR, OPERATOR_USER, BEN, role, everywhere=not businesses, businesses=businesses)
    return f"/invitation/{made.token}"


def rows(hub: Hub, table: type[OneTimeLink] | type[Outbox]) -> int:
    query = sa.select(sa.func.count()).select_from(table).execution_options(across=Across.OPERATOR)
    with hub.database.reading() as conn:
        return conn.scalar(query) or 0


def test_the_first_owner_is_made_by_whoever_knows_the_code_and_nobody_after(world: World, browser: Open) -> None:
    visitor, code = browser(), setup_code(world.hub)
    assert visitor.get("/").headers["Location"] == "/first-run"
    assert visitor.get("/sign-in").headers["Location"] == "/first-run"
    visitor.get("/first-run")
    wrong = visitor.post("/first-run", OWNER | {"code": "0000-0000"})
    assert wrong.status_code == 422
    assert "set-up code" in wrong.text
    assert PASSWORD not in wrong.text
    assert first_run_needed(world.hub)
    made = visitor.post("/first-run", OWNER | {"code": code})
    assert "Your account is made" in visitor.follow(made).text
    again = visitor.post("/first-run", OWNER | {"code": code, "email": BEN})
    assert again.headers["Location"] == "/sign-in"
    assert enter(visitor, BEN).status_code == 422
    assert enter(visitor).status_code == 303


def test_a_first_run_without_anything_names_every_field(world: World, browser: Open) -> None:
    visitor = browser()
    visitor.get("/first-run")
    answer = visitor.post("/first-run", {})
    assert answer.status_code == 422
    assert answer.text.count('class="fault"') >= 5


def test_an_invitation_is_looked_at_any_number_of_times_and_accepted_once(hub: Hub, browser: Open) -> None:
    path, visitor = invited(hub), browser()
    for _ in range(3):
        assert BEN in browser().get(path).text
    visitor.get(path)
    form: dict[str, object] = {"name": "Ben Barnes", "password": PASSWORD, "zone": "UTC"}
    weak = visitor.post(path, form | {"password": "password1234"})
    assert weak.status_code == 422
    assert visitor.post(path, form).headers["Location"] == "/sign-in?done=welcome"
    with written(hub, ("bad_link", "refused")):
        assert visitor.post(path, form).status_code == 404
    assert enter(browser(), BEN).status_code == 303


@pytest.mark.parametrize("more", [{"role": "owner"}, {"email": ADA}, {"everywhere": "y"}, {"businesses": "x"}])
def test_whoever_accepts_chooses_neither_role_nor_address_nor_businesses(
    hub: Hub, browser: Open, more: dict[str, object]
) -> None:
    path, visitor = invited(hub), browser()
    visitor.get(path)
    form: dict[str, object] = {"name": "Ben Barnes", "password": PASSWORD, "zone": "UTC"}
    assert visitor.post(path, form | more).status_code == 422
    assert visitor.get(path).status_code == 200


@pytest.mark.parametrize("kind", ["old", "made up", "of another kind"])
def test_a_link_that_does_not_work_says_so_and_nothing_else(hub: Hub, world: World, browser: Open, kind: str) -> None:
    path = invited(hub)
    if kind == "old":
        world.clock.now += 7 * DAY
    path = {"made up": "/invitation/x", "of another kind": path.replace("invitation", "reset")}.get(kind, path)
    with written(hub, ("bad_link", "refused")):
        answer = browser().get(path)
    assert answer.status_code == 404
    assert BEN not in answer.text


def test_asking_for_a_new_password_tells_nobody_who_has_an_account(hub: Hub, browser: Open) -> None:
    texts = []
    for number, email in enumerate((ADA, "nobody@example.com")):
        before = rows(hub, OneTimeLink), rows(hub, Outbox)
        visitor = browser()
        visitor.get("/reset")
        with written(hub, "reset_asked"):
            answer = visitor.post("/reset", {"email": email}, **from_network(number))
        nonce = answer.headers["Content-Security-Policy"].partition("'nonce-")[2].partition("'")[0]
        texts.append((answer.status_code, answer.text.replace(nonce, ""), sorted(answer.headers.keys())))
        assert (rows(hub, OneTimeLink), rows(hub, Outbox)) == (before[0] + 1, before[1] + 1)
    assert texts[0] == texts[1]
    assert "Look into your mail" in texts[0][1]


def test_what_is_no_address_is_said_beside_the_field_and_mails_nothing(hub: Hub, browser: Open) -> None:
    visitor = browser()
    visitor.get("/reset")
    assert visitor.post("/reset", {}).status_code == 422
    assert rows(hub, Outbox) == 0


def test_one_network_asks_for_so_many_mails_and_others_still_may(hub: Hub, browser: Open) -> None:
    visitor = browser()
    for number in range(int(MAILS.partition("/")[0])):
        visitor.get("/reset")
        assert visitor.post("/reset", {"email": f"x{number}@example.com"}).status_code == 200
    visitor.get("/reset")
    with written(hub, ("too_many", "refused")):
        assert visitor.post("/reset", {"email": ADA}).status_code == 429
    visitor.get("/reset")
    assert visitor.post("/reset", {"email": ADA}, **from_network(9)).status_code == 200


def test_no_header_changes_where_a_mailed_link_leads(hub: Hub) -> None:
    visitor = Browser(over_https(hub).test_client())
    base = {"base_url": "https://hub.example"}
    visitor.get("/reset", **base)
    poisoned = visitor.post("/reset", {"email": ADA}, base_url="https://evil.example")
    assert poisoned.status_code == 400
    assert rows(hub, OneTimeLink) == 0
    visitor.get("/reset", **base)
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Proto": "http"}
    assert visitor.post("/reset", {"email": ADA}, headers=headers, **base).status_code == 200
    with hub.database.reading() as conn:
        statement = sa.select(Outbox.payload).execution_options(across=Across.OPERATOR)
        (payload,) = conn.execute(statement).scalars()
    assert set(payload) == {"link_id"}  # the letter is written later, with the configured address
    assert find_link(hub, link_token(hub, payload["link_id"]), LinkKind.RESET)


def test_a_new_password_ends_every_sign_in_and_the_second_step_stays(hub: Hub, browser: Open, world: World) -> None:
    turn_on_totp(hub, enter_by_action(hub))
    before = sign_in(hub, VISIT, ADA, PASSWORD)
    path, visitor = f"/reset/{make_reset_link(hub, before.user.id)}", browser()
    assert visitor.get(path).status_code == 200
    assert visitor.post(path, {"password": "short"}).status_code == 422
    answer = visitor.post(path, {"password": OTHER_PASSWORD})
    assert answer.headers["Location"] == "/sign-in?done=reset"
    assert token_in(visitor) == ""
    assert find_session(hub, before.token) is None
    assert visitor.get(path).status_code == 404
    assert enter(visitor, password=OTHER_PASSWORD).headers["Location"] == "/sign-in/second?next=/"
    with hub.database.reading() as conn:
        assert conn.scalar(sa.select(ConsoleUser.totp)) is not None
