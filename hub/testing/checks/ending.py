"""Checks of how a grant ends: taken back by its owner, ended by the hub, or said to be ended when it is not."""

from __future__ import annotations

from collections.abc import Callable

from hub.core.errors import NeedsReconnect, ProviderError, Retry
from hub.core.provider import Grant
from hub.testing.checks.check import Check, Failed, Need, expect
from hub.testing.checks.repeating import fault
from hub.testing.lab.switches import Fault
from hub.testing.subject import KeyHooks, Subject

TAKEN_BACK = frozenset({"revoked", "expired"})
"""What the hub can tell people of a grant that is not renewed (`code` of NeedsReconnect)."""


def says_that_a_grant_was_taken_back(subject: Subject) -> None:
    """A refresh that the provider refuses for good is NeedsReconnect with a reason; a grant that lives is renewed."""
    keys = _keys(subject)
    grant = keys.connect()
    with fault(subject, Fault.GRANT_REVOKED):
        try:
            keys.hooks.hub_refresh(keys.setup, grant)
        except NeedsReconnect as error:
            expect(error.code in TAKEN_BACK, f"hub_refresh raises NeedsReconnect with the code {error.code!r}")
        except Exception as error:
            raise Failed(f"hub_refresh raises {type(error).__name__}, so nobody would connect it again") from error
        else:
            raise Failed("hub_refresh answers although the provider took the grant back")
    expect(_renews(keys, grant), "a grant that was not taken back is not renewed")


def an_ended_grant_is_dead(subject: Subject) -> None:
    """After `hub_revoke` the provider takes the credential no more, and to end it again is a success."""
    keys = _keys(subject)
    grant = keys.connect()
    expect(_lives(keys, grant), "an account that was just connected shows no calendars")
    keys.hooks.hub_revoke(keys.setup, grant)
    expect(not _lives(keys, grant), "the provider still takes, or renews, the credential whose grant was ended")
    try:
        keys.hooks.hub_revoke(keys.setup, grant)
    except NeedsReconnect:
        return  # the provider knows it no more: that is an end as well
    except ProviderError as error:
        raise Failed(f"a second hub_revoke raises {type(error).__name__}, so it would never be over") from error


def an_end_that_fails_stays_open(subject: Subject) -> None:
    """Where the provider cannot end the grant now `hub_revoke` raises Retry, and the next attempt ends it."""
    keys = _keys(subject)
    grant = keys.connect()
    with fault(subject, Fault.REVOKE_DOWN):
        try:
            keys.hooks.hub_revoke(keys.setup, grant)
        except Retry:
            pass
        except Exception as error:
            raise Failed(f"hub_revoke raises {type(error).__name__} where a later attempt would end it") from error
        else:
            raise Failed("hub_revoke says that the grant was ended, although the provider could not")
    keys.hooks.hub_revoke(keys.setup, grant)
    expect(not _lives(keys, grant), "the credential still works after the attempt that ended its grant")


def a_false_end_is_seen(subject: Subject) -> None:
    """A provider that says "ended" and goes on is found out: `hub_revoke` raises, or `hub_refresh` still renews.

    The hub tries `hub_refresh` after each end. A plugin without one looks itself whether the credential is dead.
    """
    keys = _keys(subject)
    grant = keys.connect()
    with fault(subject, Fault.REVOKE_LIES):
        try:
            keys.hooks.hub_revoke(keys.setup, grant)
        except NeedsReconnect as error:
            raise Failed("hub_revoke says that the provider knows the grant no more, although it lives") from error
        except ProviderError:
            return
        expect(_renews(keys, grant), "nobody sees that the grant lives: neither hub_revoke nor hub_refresh tells")


def _keys(subject: Subject) -> KeyHooks:
    assert subject.keys is not None, "the check says that it needs the key hooks"
    return subject.keys


def _lives(keys: KeyHooks, grant: Grant) -> bool:
    """Tell whether the provider still takes the credential, or renews it."""
    try:
        keys.signed_in(grant)("hub_list_calendars")
    except NeedsReconnect:
        return _renews(keys, grant)
    return True


def _renews(keys: KeyHooks, grant: Grant) -> bool:
    """Tell whether the grant is renewed; one that is never renewed is not."""
    renew: Callable[..., Grant] | None = getattr(keys.hooks, "hub_refresh", None)
    if renew is None:
        return False
    try:
        fresh = renew(keys.setup, grant)
    except NeedsReconnect:
        return False
    return bool(fresh.secret.get("access_token"))


def _check(run: Callable[[Subject], None], title: str, why: str, *faults: Fault, need: Need = Need.REVOCATION) -> Check:
    return Check(run.__name__, title, why, run, needs=frozenset({Need.KEYS, need}), faults=frozenset(faults))


ENDING = (
    _check(
        says_that_a_grant_was_taken_back,
        "Says that a grant was taken back",
        "The account would fail for ever, and nobody would be asked to connect it again.",
        Fault.GRANT_REVOKED,
        need=Need.REFRESH,
    ),
    _check(an_ended_grant_is_dead, "Ends a grant at the provider", "What was disconnected could still be read."),
    _check(
        an_end_that_fails_stays_open,
        "Goes on until a grant is ended",
        "What was disconnected could still be read.",
        Fault.REVOKE_DOWN,
    ),
    _check(
        a_false_end_is_seen,
        "Believes no end that is none",
        "A receipt would say that the provider ended what goes on.",
        Fault.REVOKE_LIES,
    ),
)
