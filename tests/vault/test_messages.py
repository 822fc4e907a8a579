"""Calls and replies as plain data: the same on the other side, and nothing but the closed list."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core import errors
from hub.core.account_notice import AccountNoticeKind, Concerned
from hub.core.errors import HubError, InputError, ProviderError, Refused, Retry, UnknownId
from hub.core.provider import Form, Redirect, SettingField
from hub.core.purpose import Purpose
from hub.core.push import Incoming
from hub.vault.border import Answer, Failure, Handle, Outcome, Request, RoundTrip
from hub.vault.keycalls import Connected
from hub.vault.messages import (
    Call,
    ConfigurationCall,
    ConfigureCall,
    ConnectCall,
    DisconnectCall,
    Reply,
    RevokeCall,
    SendCall,
    VerifyCall,
    from_call,
    from_reply,
    to_call,
    to_reply,
)
from hub.vault.provider_settings import Configuration
from hub.vault.wire import Malformed

texts = st.text(max_size=20)
tables = st.dictionaries(texts, texts, max_size=4)
pairs = st.lists(st.tuples(texts, texts), max_size=4).map(tuple)
whole = st.integers(0, 2**40)
seconds = st.none() | st.integers(0, 99) | st.floats(0, allow_nan=False)
trips = st.builds(RoundTrip, texts, texts, tables)
calls = (
    st.builds(
        SendCall,
        st.builds(Handle, texts, texts, whole, st.sampled_from(Purpose), texts),
        st.builds(Request, texts, texts, pairs, st.binary(max_size=50), seconds),
    )
    | st.builds(ConnectCall, texts, texts, texts, st.none() | tables, st.none() | texts, trips)
    | st.builds(DisconnectCall, texts, texts)
    | st.builds(RevokeCall, texts, texts)
    | st.builds(ConfigureCall, texts, tables, texts)
    | st.builds(ConfigurationCall, texts)
    | st.builds(VerifyCall, texts, st.builds(Incoming, texts, tables, tables, st.binary(max_size=50)))
)
fields = st.builds(SettingField, texts, texts, texts, st.booleans(), st.booleans(), texts)
names = st.lists(texts, max_size=3).map(tuple)
replies = (
    st.booleans()
    | st.lists(st.builds(Concerned, texts, st.sampled_from(AccountNoticeKind), texts, texts), max_size=3).map(tuple)
    | st.builds(Answer, st.integers(100, 599), texts, st.sampled_from((10, 11)), pairs, st.binary(max_size=50))
    | st.builds(Failure, st.sampled_from(Outcome), texts, st.booleans(), whole)
    | st.builds(Form, st.lists(fields, max_size=3).map(tuple), texts)
    | st.builds(Redirect, texts, tables)
    | st.builds(Connected, texts, whole, texts, names)
    | st.builds(Configuration, tables, names, names, whole)
)


def over(frame: tuple[Mapping[str, Any], bytes]) -> tuple[Any, bytes]:
    head, body = frame
    return json.loads(json.dumps(head)), body


@given(calls)
def test_a_call_is_the_same_on_the_other_side(call: Call) -> None:
    assert to_call(*over(from_call(call))) == call


@given(replies)
def test_a_reply_is_the_same_on_the_other_side(reply: Reply) -> None:
    assert to_reply(*over(from_reply(reply))) == reply


def test_what_a_plugin_may_hand_in_as_a_mapping_or_list_crosses_too() -> None:
    redirect = Redirect("https://x.test/", MappingProxyType({"state": "1"}))
    assert to_reply(*over(from_reply(redirect))) == Redirect("https://x.test/", {"state": "1"})
    form = Form([SettingField("url", "URL")], "no")  # type: ignore[arg-type]
    assert to_reply(*over(from_reply(form))) == Form((SettingField("url", "URL"),), "no")
    chosen = Form((SettingField("lock", "Lock", default="b", choices=(("a", "A"), ("b", "B"))),))
    assert to_reply(*over(from_reply(chosen))) == chosen
    answer = MappingProxyType({"url": "https://x.test/"})
    call = ConnectCall("b", "dav", "full", answer, None, RoundTrip(keep=answer))
    trip = RoundTrip(keep=dict(answer))
    assert to_call(*over(from_call(call))) == ConnectCall("b", "dav", "full", dict(answer), None, trip)


TREE = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, HubError)]
MAKE: dict[type[HubError], Callable[[], HubError]] = {
    InputError: lambda: InputError("url", "must be an address.", code="url"),
    UnknownId: lambda: UnknownId("connection", "x"),
    Retry: lambda: Retry("later", after=7, code="busy", sent=True),
    Refused: lambda: Refused("purpose", "Not for this."),
}


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_error_of_the_tree_crosses_with_all_that_it_says(kind: type[HubError]) -> None:
    error = MAKE.get(kind, lambda: kind("It is so.", code="so"))()
    found = to_reply(*over(from_reply(error)))
    assert type(found) is kind
    assert (str(found), found.code) == (str(error), error.code)
    assert vars(found) == vars(error) | {"code": error.code}


def test_an_error_that_is_not_of_the_tree_crosses_as_the_one_above_it() -> None:
    class Own(Retry):
        """A plugin's own."""

    found = to_reply(*over(from_reply(Own("later", after=3))))
    assert type(found) is Retry
    assert found.after == 3


def test_a_cause_does_not_cross() -> None:
    error = ProviderError("It is so.")
    error.__cause__ = ValueError("canary")
    error.__context__ = ValueError("canary")
    head, body = from_reply(error)
    assert b"canary" not in json.dumps(head).encode() + body


HEAD = {"business": "b", "connection": "c", "epoch": 1, "purpose": "connect", "hook": ""}
SEND = {"do": "send", **HEAD, "method": "GET", "url": "https://x.test/", "headers": [["A", "b"]], "timeout": None}
CONNECT = {"do": "connect", "business": "b", "provider": "p", "level": "l", "answer": {}, "connection": None}
CONNECT |= {"redirect_url": "", "state": "", "keep": {}}


@pytest.mark.parametrize("good", [SEND, CONNECT])
def test_the_calls_that_are_spoilt_below_are_good(good: dict[str, Any]) -> None:
    to_call(good, b"")


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"do": "close"},
        {"do": "setup_send"},
        {"do": "revoke", "business": "b"},
        {"do": ["send"]},
        *({key: value for key, value in SEND.items() if key != missing} for missing in SEND),
        *({key: value for key, value in CONNECT.items() if key != missing} for missing in CONNECT),
        *({**SEND, name: value} for name in SEND for value in ({}, ["x"], 1.5 if name != "timeout" else "1")),
        {**SEND, "headers": [["A"]]},
        {**SEND, "headers": [["A", "b", "c"]]},
        {**SEND, "headers": ["AB"]},
        {**SEND, "headers": [["A", 1]]},
        {**SEND, "purpose": "marketing"},
        {**CONNECT, "answer": {"password": 1}},
        {**CONNECT, "answer": [["password", "x"]]},
        {**CONNECT, "keep": {"verifier": 1}},
    ],
    ids=str,
)
def test_a_call_that_is_not_quite_right_is_malformed(head: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        to_call(head, b"")


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"is": "done", "done": 1},
        {"is": "answer", "status": "200", "reason": "", "version": 11, "headers": []},
        {"is": "answer", "status": 200, "reason": "", "version": 11, "headers": {}},
        {"is": "failure", "outcome": "lost", "reason": "", "sent": True},
        {"is": "failure", "outcome": "refused", "reason": "", "sent": 1},
        {"is": "form", "fields": [{"name": "url"}], "problem": ""},
        {"is": "redirect", "url": "", "keep": {"state": None}},
        {"is": "connected", "connection": "c", "epoch": 1, "account_name": "a", "origins": [1]},
        {"is": "error", "error": "KeyboardInterrupt", "message": "", "code": ""},
        {"is": "error", "error": "Retry", "message": "", "code": ""},
        {"is": "error", "error": "Retry", "message": "", "code": "", "after": "soon"},
    ],
    ids=str,
)
def test_a_reply_that_is_not_quite_right_is_malformed(head: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        to_reply(head, b"")


def test_a_pickle_is_nothing_but_malformed() -> None:
    with pytest.raises(Malformed):
        to_call({"do": pickle.dumps(SEND).decode("latin-1")}, pickle.dumps(SEND))
