"""The receiver of notifications: what arrives is read by the plugin, answered as the hub answers, and waited for."""

from __future__ import annotations

import requests

from hub.core.errors import InputError
from hub.core.push import Echo, Incoming, Notice, NoticeKind
from hub.testing.receiver import receiving


def reading(request: Incoming) -> Echo | list[Notice]:
    if "token" in request.query:
        return Echo(request.query["token"])
    if not request.body:
        raise InputError("body", "It is empty.")
    return [Notice(NoticeKind.CHANGED, request.headers["x-ref"], request.body.decode())]


def test_what_arrives_is_read_answered_and_kept() -> None:
    with receiving(reading) as receiver, requests.Session() as session:
        session.trust_env = False
        assert session.post(receiver.url, data="secret", headers={"X-Ref": "r1"}).status_code == 200
        notice = receiver.wait(lambda one: one.ref == "r1")
        assert notice == Notice(NoticeKind.CHANGED, "r1", "secret")
        assert session.post(f"{receiver.url}?token=hello+there").text == "hello there"
        assert session.post(receiver.url).status_code == 400
        assert [one.method for one in receiver.requests] == ["POST", "POST"]


def test_what_does_not_come_is_not_waited_for_for_ever() -> None:
    with receiving(reading) as receiver:
        assert receiver.wait(lambda one: True, 0.05) is None
        with requests.Session() as session:
            session.trust_env = False
            session.post(receiver.url, data="secret", headers={"X-Ref": "r1"})
        assert receiver.wait(lambda one: True) is not None
        assert receiver.wait(lambda one: True, 0.05, times=2) is None
