from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hub.actions.passkey import MOST, Added, add_options, add_passkey, list_passkeys, remove_passkey
from hub.actions.passkey_answer import passkeys_possible
from hub.actions.recovery import CODES, codes_left
from hub.actions.sessions import Session, Stage, find_session
from hub.actions.sign_in import sign_in
from hub.core.errors import InputError, StateError, UnknownId
from hub.parts import Hub
from tests.accounts import ADA, BEN, PASSWORD, VISIT, at_localhost, enter, join, own, turn_on_totp, written
from tests.authenticator import Authenticator
from tests.world import World


@pytest.fixture
def hub(world: World) -> Hub:
    own(world.hub)
    return at_localhost(world.hub)


def add(hub: Hub, session: Session, device: Authenticator, name: str = "Laptop") -> Added:
    return add_passkey(hub, VISIT, session, device.create(add_options(hub, session)), name)


def test_a_passkey_is_added_with_ten_recovery_codes_and_ends_the_other_sessions(hub: Hub) -> None:
    other, session = sign_in(hub, VISIT, ADA, PASSWORD), enter(hub)
    with written(hub, "passkey_added", "recovery_codes_made", "session_ended"):
        added = add(hub, session, Authenticator(), "  My  phone ")
    assert len(added.codes) == CODES
    assert added.passkey.name == "My phone"
    assert list_passkeys(hub, session) == [added.passkey]
    assert find_session(hub, other.token) is None


def test_with_codes_there_already_a_passkey_brings_no_new_ones(hub: Hub) -> None:
    session = enter(hub)
    turn_on_totp(hub, session)
    assert add(hub, session, Authenticator()).codes == ()
    assert codes_left(hub, session) == CODES


def test_the_browser_is_asked_for_a_passkey_that_verifies_and_stays(hub: Hub) -> None:
    session = enter(hub)
    device = Authenticator()
    add(hub, session, device)
    options = json.loads(add_options(hub, session))
    assert options["rp"] == {"id": "localhost", "name": "Engine Agency"}
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["attestation"] == "none"
    assert [one["id"] for one in options["excludeCredentials"]] == [json.loads(device.get(json.dumps(options)))["id"]]


def test_only_a_confirmed_session_adds_and_removes(hub: Hub, world: World) -> None:
    session = enter(hub)
    added = add(hub, session, Authenticator())
    answer = Authenticator().create(add_options(hub, session))
    world.clock.now += 600
    with pytest.raises(StateError, match="password"):
        add_options(hub, session)
    with pytest.raises(StateError, match="password"):
        add_passkey(hub, VISIT, session, answer, "Phone")
    with pytest.raises(StateError, match="password"):
        remove_passkey(hub, VISIT, session, added.passkey.id)
    assert len(list_passkeys(hub, session)) == 1


def test_half_a_session_adds_no_passkey(hub: Hub) -> None:
    turn_on_totp(hub, enter(hub))
    half = enter(hub)
    assert half.stage is Stage.HALF
    with pytest.raises(StateError):
        add_options(hub, half)


def test_a_challenge_is_good_for_one_answer_in_time(hub: Hub, world: World) -> None:
    session, device = enter(hub), Authenticator()
    options = add_options(hub, session)
    add_passkey(hub, VISIT, session, device.create(options), "Phone")
    with pytest.raises(StateError):
        add_passkey(hub, VISIT, session, Authenticator().create(options), "Phone")
    options = add_options(hub, session)
    world.clock.now += 300
    with pytest.raises(StateError):
        add_passkey(hub, VISIT, session, Authenticator().create(options), "Phone")


BAD = {
    "of another site": Authenticator(origin="https://evil.example"),
    "of a device that verified nobody": Authenticator(verifies=False),
}


@pytest.mark.parametrize("device", BAD.values(), ids=BAD)
def test_an_answer_that_is_not_right_adds_nothing(hub: Hub, device: Authenticator) -> None:
    session = enter(hub)
    with written(hub, ("passkey_added", "failed")), pytest.raises(InputError):
        add(hub, session, device)
    assert list_passkeys(hub, session) == []


GARBAGE = ["", "[]", "{}", "null", '{"id": 1}', "[" * 10_000, '{"rawId": "\\ud800", "response": 7}', "x" * 30_000]


@pytest.mark.parametrize("answer", GARBAGE)
def test_garbage_is_an_input_error(hub: Hub, answer: str) -> None:
    session = enter(hub)
    add_options(hub, session)
    with pytest.raises(InputError):
        add_passkey(hub, VISIT, session, answer, "Phone")


def test_a_cut_or_changed_answer_is_refused(hub: Hub) -> None:
    session = enter(hub)
    for change in (lambda raw: raw[:-30], lambda raw: raw[:40] + "AAAA" + raw[44:], lambda raw: "o2Nm" * 5000):
        answer = json.loads(Authenticator().create(add_options(hub, session)))
        answer["response"]["attestationObject"] = change(answer["response"]["attestationObject"])
        with pytest.raises(InputError):
            add_passkey(hub, VISIT, session, answer, "Phone")


def test_one_device_belongs_to_one_account(hub: Hub) -> None:
    device = Authenticator()
    add(hub, enter(hub), device)
    join(hub, BEN)
    with pytest.raises(InputError):
        add(hub, enter(hub, BEN), device)


def test_there_is_a_bound_to_the_number_of_passkeys(hub: Hub) -> None:
    session = enter(hub)
    for _ in range(MOST):
        add(hub, session, Authenticator())
    with pytest.raises(StateError, match="20"):
        add_options(hub, session)


def test_the_last_second_factor_takes_the_codes_with_it(hub: Hub) -> None:
    session = enter(hub)
    first, second = add(hub, session, Authenticator()), add(hub, session, Authenticator())
    with written(hub, "passkey_removed"):
        remove_passkey(hub, VISIT, session, first.passkey.id)
    assert codes_left(hub, session) == CODES
    remove_passkey(hub, VISIT, session, second.passkey.id)
    assert codes_left(hub, session) == 0
    assert enter(hub).stage is Stage.FULL


def test_nobody_removes_the_passkey_of_another(hub: Hub) -> None:
    added = add(hub, enter(hub), Authenticator())
    join(hub, BEN)
    for passkey_id in (added.passkey.id, "x" * 26, ""):
        with pytest.raises(UnknownId):
            remove_passkey(hub, VISIT, enter(hub, BEN), passkey_id)


@pytest.mark.parametrize(
    ("url", "possible"),
    [("", False), ("http://192.0.2.7", False), ("http://hub.example.com", False), ("https://[2001:db8::1]", False),
     ("https://hub.example.com", True), ("http://localhost:8765", True)],
)  # fmt: skip
def test_passkeys_are_offered_where_browsers_allow_them(hub: Hub, url: str, possible: bool) -> None:
    there = replace(hub, settings=hub.settings.model_copy(update={"public_url": url}))
    assert passkeys_possible(there) is possible
    if not possible:
        with pytest.raises(StateError, match="HUB_PUBLIC_URL"):
            add_options(there, enter(there))
