"""What plugins may use, and what they may implement, changes only on purpose."""

from __future__ import annotations

import inspect

from hub import hookspecs, plugin

HOOKS = {
    "hub_booking_changed": "business booking state calendar_state",
    "hub_cancel_event": "account calendar written",
    "hub_changes": "account calendar cursor window",
    "hub_connect": "setup answer",
    "hub_connection_changed": "business connection health",
    "hub_create_event": "account calendar event",
    "hub_free_busy": "account calendars window",
    "hub_list_calendars": "account",
    "hub_provider": "",
    "hub_read_event": "account calendar written",
    "hub_receive": "request",
    "hub_refresh": "setup grant",
    "hub_revoke": "setup grant",
    "hub_send_message": "account message",
    "hub_unwatch": "account calendar watching",
    "hub_update_event": "account calendar written event",
    "hub_verify": "setup request",
    "hub_watch": "account calendar channel watching",
}


def test_the_hooks_are_the_ones_that_are_pinned_here() -> None:
    found = {
        name: " ".join(inspect.signature(function).parameters)
        for name, function in vars(hookspecs).items()
        if name.startswith("hub_")
    }
    assert found == HOOKS


def test_every_hook_says_where_it_is_called_and_what_happens_if_it_raises() -> None:
    for name in HOOKS:
        text = inspect.getdoc(getattr(hookspecs, name)) or ""
        assert "Called" in text, name
        assert "raises" in text or name in hookspecs.KEYS | {"hub_create_event", "hub_update_event", "hub_cancel_event"}


def test_told_and_key_hooks_are_hooks() -> None:
    assert set(HOOKS) >= hookspecs.TOLD | hookspecs.KEYS


def test_the_surface_for_plugins_is_sorted_complete_and_real() -> None:
    public = {
        name for name, value in vars(plugin).items() if not name.startswith("_") and not inspect.ismodule(value)
    } - {"annotations", "PROJECT"}
    assert set(plugin.__all__) == public
    assert plugin.__all__ == sorted(plugin.__all__, key=lambda name: (name.upper() != name, name[0].islower(), name))
