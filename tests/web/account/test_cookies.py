from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.actions.sessions import LONGEST
from hub.parts import Hub
from tests.accounts import enter as enter_by_action
from tests.accounts import turn_on_totp
from tests.web.account.conftest import HTTPS, enter, over_https
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def kept(headers: list[str], name: str) -> tuple[str, set[str]]:
    """Return the value of a cookie that is set, and its attributes in lower case."""
    (found,) = [one for one in headers if one.startswith(f"{name}=")]
    value, *attributes = found.split("; ")
    return value.partition("=")[2], {one.lower() for one in attributes}


def test_over_tls_the_cookie_is_for_this_host_alone_and_goes_over_tls_alone(hub: Hub) -> None:
    visitor = Browser(over_https(hub).test_client())
    answer = enter(visitor, base_url=HTTPS)
    value, attributes = kept(answer.headers.getlist("Set-Cookie"), "__Host-hub_session")
    assert len(value) >= 43
    assert {"secure", "httponly", "samesite=lax", "path=/", f"max-age={LONGEST}"} <= attributes
    assert not any(one.startswith("domain") for one in attributes)
    assert "max-age=" in answer.headers["Strict-Transport-Security"]
    assert visitor.get("/account", base_url=HTTPS).status_code == 200


def test_without_tls_the_cookie_is_still_unseen_by_scripts(hub: Hub, browser: Callable[[], Browser]) -> None:
    answer = enter(browser())
    _, attributes = kept(answer.headers.getlist("Set-Cookie"), "hub_session")
    assert {"httponly", "samesite=lax", "path=/"} <= attributes
    assert "secure" not in attributes


def test_a_cookie_without_the_prefix_counts_for_nothing_over_tls(hub: Hub) -> None:
    app = over_https(hub)
    visitor, other = Browser(app.test_client()), app.test_client()
    answer = enter(visitor, base_url=HTTPS)
    value, _ = kept(answer.headers.getlist("Set-Cookie"), "__Host-hub_session")
    other.set_cookie("hub_session", value, domain="hub.example")  # as a page of a neighbour's host could set it
    assert other.get("/account", base_url=HTTPS).status_code == 303


def test_half_a_sign_in_is_kept_for_ten_minutes(hub: Hub, browser: Callable[[], Browser]) -> None:
    turn_on_totp(hub, enter_by_action(hub))
    answer = enter(browser())
    assert "max-age=600" in kept(answer.headers.getlist("Set-Cookie"), "hub_session")[1]
