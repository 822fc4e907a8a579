from __future__ import annotations

import json

import pytest

from hub.actions.passkey import add_options, add_passkey, remove_passkey
from hub.actions.passkey_sign_in import (
    begin_passkey_sign_in,
    confirm_by_passkey,
    confirm_options,
    give_passkey,
    passkey_sign_in,
    second_factor_options,
)
from hub.actions.sessions import Stage, find_session
from hub.actions.sign_in import sign_in
from hub.actions.users import dismiss_user
from hub.core.errors import InputError, StateError
from hub.parts import Hub
from tests.accounts import ADA, BEN, PASSWORD, VISIT, at_localhost, enter, join, opened, own, written
from tests.authenticator import Authenticator, raw, text
from tests.world import World


@pytest.fixture
def hub(world: World) -> Hub:
    own(world.hub)
    return at_localhost(world.hub)


@pytest.fixture
def device(hub: Hub) -> Authenticator:
    """Ada's passkey."""
    return registered(hub)


def registered(hub: Hub, email: str = ADA, **rules: bool) -> Authenticator:
    session, made = enter(hub, email), Authenticator(**rules)
    add_passkey(hub, VISIT, session, made.create(add_options(hub, session)), "Phone")
    return made


def test_a_passkey_alone_opens_a_full_session_without_a_user_name(hub: Hub, device: Authenticator) -> None:
    begun = begin_passkey_sign_in(hub)
    assert "allowCredentials" not in begun.options or json.loads(begun.options)["allowCredentials"] == []
    assert json.loads(begun.options)["userVerification"] == "required"
    with written(hub, "passkey_sign_in"):
        made = passkey_sign_in(hub, VISIT, begun.ticket, device.get(begun.options))
    session = opened(hub, made)
    assert (session.stage, session.user.name, session.is_confirmed(hub.clock())) == (Stage.FULL, "Ada Lovelace", True)


@pytest.mark.parametrize("counts", [True, False], ids=["that counts", "that is synced and never counts"])
def test_a_passkey_signs_in_again_and_again(hub: Hub, counts: bool) -> None:
    device = registered(hub, counts=counts)
    for _ in range(3):
        begun = begin_passkey_sign_in(hub)
        assert passkey_sign_in(hub, VISIT, begun.ticket, device.get(begun.options)).stage is Stage.FULL


@pytest.mark.parametrize("counts", [True, False], ids=["that counts", "that is synced and never counts"])
def test_a_ticket_signs_in_once(hub: Hub, counts: bool) -> None:
    device = registered(hub, counts=counts)
    begun = begin_passkey_sign_in(hub)
    answer = device.get(begun.options)
    made = passkey_sign_in(hub, VISIT, begun.ticket, answer)
    for again in (answer, device.get(begun.options)):
        with written(hub, ("passkey_sign_in", "refused")), pytest.raises((StateError, InputError)):
            passkey_sign_in(hub, VISIT, begun.ticket, again)
    assert find_session(hub, made.token) is not None


def test_a_ticket_works_for_five_minutes(hub: Hub, device: Authenticator, world: World) -> None:
    begun = begin_passkey_sign_in(hub)
    world.clock.now += 300
    with pytest.raises(StateError):
        passkey_sign_in(hub, VISIT, begun.ticket, device.get(begun.options))


def test_a_ticket_of_ones_own_making_is_refused(hub: Hub, device: Authenticator) -> None:
    begun = begin_passkey_sign_in(hub)
    body = raw(begun.ticket)
    later = body[:32] + (2**40).to_bytes(8, "big") + body[40:]
    for ticket in ("", "x", "é", "\ud800", text(body[:-1]), text(later), text(bytes(72)), begun.ticket + "AAAA"):
        with pytest.raises(StateError):
            passkey_sign_in(hub, VISIT, ticket, device.get(begun.options))


def test_a_counter_that_goes_back_is_refused(hub: Hub, device: Authenticator) -> None:
    begun = begin_passkey_sign_in(hub)
    passkey_sign_in(hub, VISIT, begun.ticket, device.get(begun.options))
    for count in (0, -1):  # the copy says the same number, then 0
        device.count += count - (1 if count == 0 else device.count)
        begun = begin_passkey_sign_in(hub)
        with written(hub, ("passkey_sign_in", "refused")), pytest.raises(InputError):
            passkey_sign_in(hub, VISIT, begun.ticket, device.get(begun.options))


def wrong_answers(hub: Hub, device: Authenticator, options: str) -> dict[str, str]:
    good = json.loads(device.get(options))

    def changed(**response: str) -> str:
        return json.dumps(good | {"response": good["response"] | response})

    stranger = Authenticator(site="localhost")
    stranger_key = Authenticator(site="localhost", credential_id=device.credential_id)
    careless = Authenticator(site="localhost", credential_id=device.credential_id, key=device.key, verifies=False)
    phished = Authenticator(
        origin="https://evil.example", site="localhost", credential_id=device.credential_id, key=device.key
    )
    elsewhere = Authenticator(site="evil.example", credential_id=device.credential_id, key=device.key)
    return {
        "an unknown passkey": stranger.get(options),
        "another key": stranger_key.get(options),
        "no verification": careless.get(options),
        "another origin": phished.get(options),
        "another site": elsewhere.get(options),
        "another challenge": device.get(options, challenge=text(bytes(32))),
        "another user": device.get(options, handle=text(b"x" * 26)),
        "a user handle of the wrong kind": device.get(options, handle="\ud800"),
        "a changed signature": changed(signature=text(bytes(70))),
        "no signature": changed(signature=""),
        "cut data": changed(authenticatorData=good["response"]["authenticatorData"][:20]),
        "garbage": "{}",
        "no JSON": "<xml/>",
    }


def test_an_answer_that_is_not_right_signs_nobody_in(hub: Hub, device: Authenticator) -> None:
    begun = begin_passkey_sign_in(hub)
    for answer in wrong_answers(hub, device, begun.options).values():
        with pytest.raises(InputError) as caught:
            passkey_sign_in(hub, VISIT, begun.ticket, answer)
        assert caught.value.code == "passkey"


def test_a_removed_passkey_and_one_of_a_dismissed_user_sign_nobody_in(hub: Hub) -> None:
    ada = enter(hub)
    added = add_passkey(hub, VISIT, ada, (gone := Authenticator()).create(add_options(hub, ada)), "Phone")
    remove_passkey(hub, VISIT, ada, added.passkey.id)
    ben = join(hub, BEN)
    his = registered(hub, BEN)
    dismiss_user(hub, VISIT, ada.user, ben)
    for device in (gone, his):
        begun = begin_passkey_sign_in(hub)
        with pytest.raises(InputError):
            passkey_sign_in(hub, VISIT, begun.ticket, device.get(begun.options))


def test_a_passkey_is_a_second_factor_and_gives_a_new_token(hub: Hub, device: Authenticator) -> None:
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    half = opened(hub, made)
    assert half.stage is Stage.HALF
    options = second_factor_options(hub, half)
    assert [raw(one["id"]) for one in json.loads(options)["allowCredentials"]] == [device.credential_id]
    with written(hub, "second_factor"):
        full = give_passkey(hub, VISIT, half, device.get(options))
    assert opened(hub, full).stage is Stage.FULL
    assert find_session(hub, made.token) is None
    with pytest.raises(StateError):
        give_passkey(hub, VISIT, half, device.get(options))


def test_five_wrong_answers_end_the_half_session(hub: Hub, device: Authenticator) -> None:
    made = sign_in(hub, VISIT, ADA, PASSWORD)
    half = opened(hub, made)
    wrong = Authenticator(site="localhost")
    for _ in range(4):
        with written(hub, ("second_factor", "failed")), pytest.raises(InputError):
            give_passkey(hub, VISIT, half, wrong.get(second_factor_options(hub, half)))
    with pytest.raises(StateError):
        give_passkey(hub, VISIT, half, wrong.get(second_factor_options(hub, half)))
    assert find_session(hub, made.token) is None


def test_the_passkey_of_another_user_is_no_second_factor(hub: Hub, device: Authenticator) -> None:
    join(hub, BEN)
    his = registered(hub, BEN)
    half = enter(hub)
    with pytest.raises(InputError):
        give_passkey(hub, VISIT, half, his.get(second_factor_options(hub, half)))


def test_a_challenge_for_one_use_is_none_for_another(hub: Hub, device: Authenticator, world: World) -> None:
    half = enter(hub)
    full = opened(hub, give_passkey(hub, VISIT, half, device.get(second_factor_options(hub, half))))
    answer = device.create(add_options(hub, full))
    with pytest.raises(StateError):
        confirm_by_passkey(hub, VISIT, full, answer)
    with pytest.raises(StateError):
        add_passkey(hub, VISIT, full, answer, "Phone")


def test_a_passkey_confirms_in_place_of_the_password(hub: Hub, device: Authenticator, world: World) -> None:
    begun = begin_passkey_sign_in(hub)
    made = passkey_sign_in(hub, VISIT, begun.ticket, device.get(begun.options))
    world.clock.now += 600
    session = opened(hub, made)
    assert not session.is_confirmed(world.clock())
    with written(hub, ("confirmed", "failed")), pytest.raises(InputError):
        confirm_by_passkey(hub, VISIT, session, Authenticator(site="localhost").get(confirm_options(hub, session)))
    with written(hub, "confirmed"):
        confirm_by_passkey(hub, VISIT, session, device.get(confirm_options(hub, session)))
    assert opened(hub, made).is_confirmed(world.clock())
